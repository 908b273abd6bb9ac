"""Check the objects of a PDF: its streams, because PDFium silently skips damaged ones, and the fonts of its pages.

PDFium copies the pages into a new document, decrypted but still compressed, and zlib checks each stream.
"""

from __future__ import annotations

import base64
import ctypes
import re
import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from imrdata.errors import LetterError
from imrdata.letters.found import Diagnostic

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

_STREAM = b">>stream\r\n"
_LENGTH = re.compile(rb"/Length (\d+)")
_FILTER = re.compile(rb"/Filter ?\[? ?(?:/ASCII85Decode ?)?/FlateDecode ?[\]/>]")  # only these filters
_LONG_NAMES = rb"/(?:Flate|ASCII85|ASCIIHex|LZW|RunLength|DCT|JPX|CCITTFax|JBIG2)Decode|/Crypt"
_KNOWN_FILTERS = re.compile(_LONG_NAMES + rb"|/(?:Fl|A85|AHx|LZW|RL|DCT|CCF)\b")
_NOT_SHOWN = re.compile(rb"[)>]\s*\]\s*(?!TJ\s)[A-Za-z]{1,2}\s+(?:ET|Q|T\*|/\w+|[-\d.]+\s+[-\d.])")  # words without TJ
_PIECE = 1 << 20
_MOST = 1 << 26  # unpacked bytes to check per stream
_OBJECT = re.compile(rb"(?s)\n(\d+) 0 obj\r\n(.*?)(?:>>stream\r\n|endobj)")
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
_OF_OTHERS = re.compile(rb"/(?:Annots|Contents|Parent|XObject)\b[^/>]*")
_REFERENCE = re.compile(rb"(\d+) 0 R")
_BASE_FONT = re.compile(rb"/BaseFont/(?:[A-Z]{6}\+)?([^\s/<>\[\]]+)")
_NO_WIDTHS = re.compile(rb"\[(?: ?0){8,} ?\]")
_LONGEST_HEAD = 4096  # bytes of a page's dictionary before its type
_DEEP = 3  # references from a page to a font: by its resources and their fonts

Fonts = dict[bytes, bytes]


def check(document: PdfDocument, content: bytes, has_words: list[bool]) -> list[Diagnostic]:
    """Refuse a PDF if words of a page may be missing; tell whether pages are of several PDFs, or may be missing.

    Args:
        document: The PDF.
        content: The bytes of the file.
        has_words: Whether each page has words.

    Raises:
        LetterError: Words of a page may be missing or invisible.
    """
    from pypdfium2 import PdfDocument as Document  # noqa: PLC0415 - as in `pdf`

    copy = Document.new()
    try:
        copy.import_pages(document)
        pages = saved(copy)
    finally:
        copy.close()
    for head, data in _streams(pages):
        filters = _FILTER.search(head)
        is_unknown = b"/Filter" in head and not _KNOWN_FILTERS.search(head)
        if is_unknown or (filters and b"/Length1" not in head and not _is_whole(data, is_ascii=b"85" in filters[0])):
            message = "a stream of a page is damaged; words of it may be missing"
            raise LetterError(message, step="text", reason="damaged_page")
    if b" Tf" in content and _NOT_SHOWN.search(content):  # else the streams are packed, and were checked
        raise LetterError("words of a page are not printed", step="text", reason="damaged_page")
    if _NO_WIDTHS.search(pages):
        message = "a font has no widths, so letters are printed over one another and words are lost"
        raise LetterError(message, step="text", reason="damaged_page")
    return [Diagnostic("joined_pages", message) for message in _doubts(pages, content, has_words)]


def _doubts(pages: bytes, content: bytes, has_words: list[bool]) -> Iterator[str]:
    if _are_of_several(list(_fonts(pages))):
        yield "the pages have no font in common, as when pages of several PDFs are joined"
    held = {_object_number(content, match.start()) for match in _PAGE.finditer(content)}
    if len(held) > len(has_words):  # an older state of the file has the others
        yield f"the file holds {len(held)} pages, and shows {len(has_words)}"
    within = [number for number, has in enumerate(has_words) if not has and any(has_words[number:])]
    if within and any(has_words[: within[-1]]):
        yield f"page {within[-1] + 1} is blank, and other pages follow"


def _object_number(content: bytes, at: int) -> bytes:
    """Return the number of the object of a position; in an updated file, an object has several places."""
    end = content.rfind(b" obj", max(0, at - _LONGEST_HEAD), at)
    return b" ".join(content[max(0, end - 12) : max(0, end)].split()[-2:])


def _fonts(content: bytes) -> Iterator[Fonts]:
    """Yield the fonts of each page that has any: their names by the numbers of their objects."""
    objects = dict(_OBJECT.findall(content))
    for page in filter(_PAGE.search, objects.values()):
        fonts: Fonts = {}
        words = _OF_OTHERS.sub(b"", page)
        for _ in range(_DEEP):
            reached = {number: objects.get(number, b"") for number in _REFERENCE.findall(words)}
            named = {number: _BASE_FONT.search(one) for number, one in reached.items()}
            fonts |= {number: name[1] for number, name in named.items() if name}
            words = b" ".join(one for number, one in reached.items() if not named[number])
        if fonts:
            yield fonts


def _are_of_several(pages: list[Fonts]) -> bool:
    """Return whether pages have different fonts, or different objects for one font; one PDF has each font once."""
    names = {name for fonts in pages for name in fonts.values()}
    of_names = ([{number for number in fonts if fonts[number] == name} for fonts in pages] for name in names)
    return any(_are_apart(filter(None, sets)) for sets in ([set(fonts) for fonts in pages], *of_names))


def _are_apart(sets: Iterable[set[bytes]]) -> bool:
    groups: list[set[bytes]] = []
    for one in sets:
        joined = one.union(*(group for group in groups if group & one))
        groups = [joined, *(group for group in groups if not group & one)]
    return len(groups) > 1


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
