"""Check the streams of a PDF, because PDFium silently skips damaged ones.

PDFium copies the pages into a new document, decrypted but still compressed, and zlib checks each stream.
"""

from __future__ import annotations

import base64
import ctypes
import re
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from imrdata.errors import LetterError

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

_STREAM = b">>stream\r\n"
_LENGTH = re.compile(rb"/Length (\d+)")
_FILTER = re.compile(rb"/Filter ?\[? ?(?:/ASCII85Decode ?)?/FlateDecode ?[\]/>]")  # only these filters
_PIECE = 1 << 20
_MOST = 1 << 26  # unpacked bytes to check per stream


def check(document: PdfDocument) -> None:
    """Refuse a PDF if a page's stream is damaged or words may be missing.

    Raises:
        LetterError: Words of a page may be missing or invisible.
    """
    from pypdfium2 import PdfDocument as Document  # noqa: PLC0415 - as in `pdf`

    copy = Document.new()
    try:
        copy.import_pages(document)
        content = saved(copy)
    finally:
        copy.close()
    for head, data in _streams(content):
        filters = _FILTER.search(head)
        if filters and b"/Length1" not in head and not _is_whole(data, is_ascii=b"85" in filters[0]):
            message = "a stream of a page is damaged; words of it may be missing"
            raise LetterError(message, step="text", reason="damaged_page")


def _streams(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Return the dictionary and the packed bytes of each stream that PDFium wrote, except images."""
    place = content.find(_STREAM)
    while place >= 0:
        head = content[content.rfind(b" obj", 0, place) : place]
        start, length = place + len(_STREAM), _LENGTH.search(head)
        end = start + int(length[1]) if length else start
        if b"/Subtype/Image" not in head:
            yield head, content[start:end]
        place = content.find(_STREAM, end)


def _is_whole(data: bytes, *, is_ascii: bool) -> bool:
    """Return whether a stream unpacks completely; its checksum is verified."""
    unpacker = zlib.decompressobj()
    unpacked = 0
    try:
        if is_ascii:
            data = base64.a85decode(data.strip().removesuffix(b"~>"), ignorechars=b" \t\n\r\x0b\x0c\0")
        while not unpacker.eof and unpacked < _MOST:
            unpacked += len(unpacker.decompress(data, _PIECE))
            data = unpacker.unconsumed_tail
            if not data:
                return unpacker.eof
    except (zlib.error, ValueError):
        return False
    return True


def saved(document: PdfDocument) -> bytes:
    """Return the document saved again without encryption."""
    from pypdfium2 import raw  # noqa: PLC0415

    parts: list[bytes] = []

    def write(_: object, data: int, size: int) -> int:
        parts.append(ctypes.string_at(data, size))
        return 1

    writer = raw.FPDF_FILEWRITE(version=1)
    writer.WriteBlock = type(writer.WriteBlock)(write)
    raw.FPDF_SaveAsCopy(document.raw, writer, raw.FPDF_REMOVE_SECURITY)
    return b"".join(parts)
