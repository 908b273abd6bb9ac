"""Letters in: a file, a folder, a glob, a .zip, a list of these, bytes, or text.

Everything here is bounded, because letters come from the web: the size of a letter, the number and depth of
archive members, the links that are followed. What cannot be read becomes a `Document` whose `read` raises, so
that a caller that goes on can count it.
"""

from __future__ import annotations

import glob
import io
import os
import stat
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from imrdata.errors import SourceError

LETTER_SUFFIXES = frozenset({".pdf", ".md", ".markdown", ".txt", ".htm", ".html"})
# Files that lie beside letters and are none; any other file of a folder or archive is told, if not read.
NO_LETTER_SUFFIXES = frozenset(
    (
        *(
            ".csv",
            ".tsv",
            ".json",
            ".jsonl",
            ".xml",
            ".xls",
            ".xlsx",
            ".parquet",
            ".log",
            ".ini",
            ".db",
            ".toml",
            ".yaml",
        ),
        *(".yml", ".py", ".ipynb", ".sh", ".gif", ".jpg", ".jpeg", ".png", ".svg", ".css", ".js"),
    )
)
MAX_LETTER_BYTES = 32 * 2**20  # the published PDFs have about 30 kB
MAX_MEMBERS = 1_000_000  # of one archive
MAX_RATIO = 200  # unpacked to packed size of one member; text reaches about 10

Source = str | os.PathLike[str] | bytes | Iterable["Source"]


@dataclass(frozen=True)
class Document:
    """One letter to be read: where it is, and how to get its bytes.

    Attributes:
        name: How the letter is called in tables and messages.
        path: The file, where it is one.
        member: The place in the archive's list of members, where the file is an archive.
        content: The bytes, where they are in memory.
        problem: Why the letter cannot be read, when that is known beforehand.
    """

    name: str
    path: Path | None = None
    member: int | None = None
    content: bytes | None = None
    problem: SourceError | None = None

    def read(self) -> bytes:
        """The bytes of the letter.

        Raises:
            SourceError: The file is missing, unreadable, too large, or unsafe.
        """
        if self.problem is not None:
            raise self.problem
        if self.content is not None:
            content = self.content
        elif self.member is not None:
            content = _read_member(self._open_archive(), self.member)
        else:
            content = _read_file(self._place)
        if len(content) > MAX_LETTER_BYTES:
            raise _too_large(len(content))
        return content

    @property
    def identity(self) -> str:
        """By what the same document is known again, whatever folder the process is in."""
        if self.member is None or self.problem is not None:
            return os.path.abspath(self._place)
        return f"{os.path.abspath(self._place)}!{self._open_archive().infolist()[self.member].filename}"

    def stamp(self) -> str:
        """Something that changes when the document does, found without reading it: size and time, or a checksum."""
        if self.problem is not None:
            return f"{self.problem.reason}: {self.problem.message}"
        try:
            if self.member is not None:
                info = self._open_archive().infolist()[self.member]
                return f"{info.file_size} {info.CRC:08x}"
            status = self._place.stat()
        except (OSError, SourceError) as error:
            return str(error)
        return f"{status.st_size} {status.st_mtime_ns}"

    def _open_archive(self) -> zipfile.ZipFile:
        try:
            status = self._place.stat()
        except OSError as error:
            raise SourceError("there is no such file", step="source", reason="missing_path") from error
        archive = _archive(self._place, status.st_size, status.st_mtime_ns)
        members = archive.infolist()
        if self.member is None or self.member >= len(members) or not self._is_called(members[self.member].filename):
            raise SourceError("the archive was changed while it was read", step="source", reason="changed_archive")
        return archive

    def _is_called(self, member: str) -> bool:
        return self.name.endswith(f"!{member}")

    @property
    def _place(self) -> Path:
        return self.path if self.path is not None else Path(self.name)


def documents(source: Source) -> Iterator[Document]:
    """The letters of a source, one by one, in a stable order.

    Args:
        source: A path (file, folder, .zip, or glob), the bytes of a letter or archive, the text of a letter
            (any string that holds a line break), or an iterable of these.

    Yields:
        A `Document` a letter. A path that is missing, or a folder, archive or glob without letters, yields one
        whose `read` raises `SourceError`.

    Raises:
        TypeError: The source is of another type.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        yield from _in_memory(bytes(source))
    elif isinstance(source, str) and ("\n" in source or "\r" in source):
        yield Document("<text>", content=source.encode("utf-8", "surrogatepass"))
    elif isinstance(source, str | os.PathLike):
        yield from _at(os.fspath(source))
    elif isinstance(source, Iterable):
        for one in source:
            yield from documents(one)
    else:
        raise TypeError(f"a source is a path, bytes, text, or a list of these, not {type(source).__name__}")


def document_at(name: str, identity: str) -> Document:
    """The document that was listed as `name` once, found again by its identity."""
    if os.path.exists(identity) or "!" not in identity:
        return Document(name, path=Path(identity))
    places = [place for place, character in enumerate(identity) if character == "!"]
    path = next((Path(identity[:place]) for place in places if os.path.isfile(identity[:place])), None)
    if path is None:
        return _unreadable(name, "missing_path", "there is no such file or folder")
    try:
        with _open(path) as archive:
            members = [info.filename for info in archive.infolist()]
            return Document(name, path=path, member=members.index(identity[len(str(path)) + 1 :]))
    except (SourceError, ValueError):
        return _unreadable(name, "missing_path", "the archive no longer has this member")


def kind_of(name: str) -> str:
    """What a file inside a folder or an archive is taken for, by its name: letter, archive, none, or unknown."""
    base = PurePosixPath(name).name
    suffix = PurePosixPath(base).suffix.lower()
    if base.startswith((".", "~$")) or suffix in NO_LETTER_SUFFIXES:
        return "none"
    if suffix == ".zip":
        return "archive"
    return "letter" if suffix in LETTER_SUFFIXES else "unknown"


def _in_memory(content: bytes) -> Iterator[Document]:
    if not content.startswith(b"PK\x03\x04"):
        yield Document("<bytes>", content=content)
        return
    try:
        with _open(io.BytesIO(content)) as archive:
            for document in _members("<bytes>", None, archive):
                yield _unpacked(document, archive)
    except SourceError as problem:
        yield Document("<bytes>", problem=problem)


def _unpacked(document: Document, archive: zipfile.ZipFile) -> Document:
    """The member of an archive in memory, with its bytes."""
    if document.problem is not None or document.member is None:
        return document
    try:
        return Document(document.name, content=_read_member(archive, document.member))
    except SourceError as problem:
        return Document(document.name, problem=problem)


def _at(location: str) -> Iterator[Document]:
    if not location.strip():
        yield _unreadable("", "missing_path", "the path is empty")
        return
    path = Path(location)
    try:
        if path.is_dir():
            yield from _folder(path)
        elif path.exists():
            yield from _file(path, location)
        elif glob.has_magic(location):
            yield from _glob(location)
        else:
            yield _unreadable(location, "missing_path", "there is no such file or folder")
    except (OSError, ValueError) as error:  # a name too long, a NUL in it, a folder that may not be read
        yield _unreadable(location[:200], "unreadable", f"cannot be read: {error}")


def _file(path: Path, name: str) -> Iterator[Document]:
    if path.suffix.lower() != ".zip":
        yield Document(name, path=path)
        return
    try:
        with _open(path) as archive:
            yield from _members(name, path, archive)
    except SourceError as problem:
        yield Document(name, problem=problem)


def _glob(pattern: str) -> Iterator[Document]:
    found = False
    for name in sorted(glob.glob(pattern, recursive=True)):
        found = True
        yield from _at(name)
    if not found:
        yield _unreadable(pattern, "no_letters", "no file matches this pattern")


def _folder(root: Path) -> Iterator[Document]:
    found = False
    real_root = root.resolve()
    for folder, subfolders, names in os.walk(root, followlinks=False):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            kind = kind_of(name)
            found = found or kind != "none"
            if kind == "unknown":
                yield _unknown_kind(str(path))
            elif kind != "none" and path.is_symlink() and not path.resolve().is_relative_to(real_root):
                message = "a link that leads out of the folder is not followed"
                yield _unreadable(str(path), "link_leaves_folder", message)
            elif kind != "none":
                yield from _file(path, str(path))
    if not found:
        kinds = " ".join(sorted(LETTER_SUFFIXES))
        yield _unreadable(str(root), "no_letters", f"the folder holds no letters ({kinds} .zip)")


def _members(name: str, path: Path | None, archive: zipfile.ZipFile) -> Iterator[Document]:
    members = [(info.filename, place) for place, info in enumerate(archive.infolist()) if not info.is_dir()]
    if len(members) > MAX_MEMBERS:
        message = f"the archive has {len(members):,} members; the limit is {MAX_MEMBERS:,}"
        yield _unreadable(name, "too_many_members", message)
        return
    found = False
    for member, place in sorted(members):
        label = f"{name}!{member}"
        kind = kind_of(member)
        if climbs_out(member):
            yield _unreadable(label, "unsafe_path", "the member's path leads out of the archive")
        elif kind == "archive":
            yield _unreadable(label, "nested_archive", "an archive inside an archive is not opened")
        elif kind == "letter":
            yield Document(label, path=path, member=place)
        elif kind == "unknown":
            yield _unknown_kind(label)
        else:
            continue
        found = True
    if not found:
        yield _unreadable(name, "no_letters", "the archive holds no letters")


def climbs_out(member: str) -> bool:
    """Whether an archive member's path is absolute or leads out of the archive."""
    path = PurePosixPath(member.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or (len(member) > 1 and member[1] == ":")


def _read_file(path: Path) -> bytes:
    try:
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for without end
                raise SourceError("is no regular file", step="source", reason="unreadable")
            size = status.st_size
            if size > MAX_LETTER_BYTES:
                raise _too_large(size)
            return file.read(MAX_LETTER_BYTES + 1)
    except FileNotFoundError as error:
        raise SourceError("there is no such file", step="source", reason="missing_path") from error
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", step="source", reason="unreadable") from error


def _open(file: Path | io.BytesIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        message = f"the archive cannot be opened: {error}"
        raise SourceError(message, step="source", reason="damaged_archive") from error


@lru_cache(maxsize=2)
def _archive(path: Path, size: int, changed: int) -> zipfile.ZipFile:
    """The archive, kept open: its list of members is read once, not once a letter."""
    return _open(path)


def _read_member(archive: zipfile.ZipFile, place: int) -> bytes:
    info = archive.infolist()[place]
    if info.file_size > MAX_LETTER_BYTES:
        raise _too_large(info.file_size)
    if info.file_size > max(MAX_RATIO * info.compress_size, 2**20):
        raise SourceError("the member unpacks to far more than a letter", step="source", reason="archive_bomb")
    try:
        with archive.open(info) as stream:
            return stream.read(MAX_LETTER_BYTES + 1)
    except Exception as error:  # zipfile, zlib, lzma and bz2 raise many kinds on hostile input
        message = f"the member cannot be unpacked: {error}"
        raise SourceError(message, step="source", reason="damaged_archive") from error


def _too_large(size: int) -> SourceError:
    return SourceError(
        f"has {size / 2**20:,.0f} MiB; a letter has at most {MAX_LETTER_BYTES // 2**20}",
        step="source",
        reason="too_large",
    )


def _unknown_kind(name: str) -> Document:
    kinds = " ".join(sorted(LETTER_SUFFIXES))
    return _unreadable(name, "unknown_kind", f"a file of a kind that is not read; letters are {kinds} .zip")


def _unreadable(name: str, reason: str, message: str) -> Document:
    return Document(name, problem=SourceError(message, step="source", reason=reason))
