"""Find letters in a file, a folder, a glob, a .zip, a list of these, bytes, or text.

Everything here is limited, because letters come from the web: the size of a letter, the number and depth of archive
members, the links that are followed. A named path that does not exist raises an error. A file that is found but cannot
be read becomes a `Document` whose `read` raises, so that callers can continue and count it. Files whose names show
that they are not letters are only counted.
"""

from __future__ import annotations

import glob
import io
import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from imrdata.datasets.archives import (
    MAX_LETTER_BYTES,
    MAX_MEMBERS,
    climbs_out,
    kept_archive,
    member_names,
    open_archive,
    read_file,
    read_member,
    too_large,
)
from imrdata.datasets.file_kinds import KINDS, Skipped, is_folder, is_scan, kind_of, unknown_kind
from imrdata.datasets.store import is_dataset
from imrdata.errors import DatasetError, SourceError, printable, unescaped
from imrdata.letters.case_numbers import typed_case_number

ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_LONGEST_SHOWN = 200
_NOT_A_LIST = ("read", "keys", "columns")  # what open files, mappings and frames have, over which one can iterate

Source = str | os.PathLike[str] | bytes | Iterable["Source"]


@dataclass(frozen=True)
class Document:
    """A letter to read: its location, and how to get its bytes."""

    name: str  # in tables and messages
    path: Path | None = None  # of the file, if any
    member: int | None = None  # the position in the archive's list of members, if the file is an archive
    content: bytes | None = None  # if it is in memory
    problem: SourceError | None = None  # why the letter cannot be read, if this is already known
    ocr: str = "never"  # which of its pages to read by text recognition: or auto, or always
    keep_unrecognised: bool = False  # read a text of unknown layout instead of refusing it
    identity: str = ""  # in a build, see `listed`: what identifies it, regardless of the current folder
    stamp: str = ""  # in a build: what changes when the document does, its size and time, or a checksum

    def read(self) -> bytes:
        """Read the bytes of the letter; a SourceError if the file is missing, unreadable, too large, or unsafe."""
        if self.problem is not None:
            raise self.problem
        if self.content is not None:
            content = self.content
        elif self.member is not None:
            content = read_member(self._archive()[0], self.member)
        else:
            content = read_file(self._place)
        if len(content) > MAX_LETTER_BYTES:
            raise too_large(len(content))
        return content

    def listed(self, identity: str = "") -> Document:
        """Return the document with its stamp, and its identity unless that is known; its bytes are not read."""
        if not identity:
            identity = os.path.abspath(self._place)
            if self.member is not None and self.problem is None:
                identity += f"!{self._archive()[1][self.member]}"
        return replace(self, identity=identity, stamp=self._stamp())

    def _stamp(self) -> str:
        if self.problem is not None:
            return f"{self.problem.reason}: {self.problem.message}"
        try:
            if self.member is not None:
                info = self._archive()[0].infolist()[self.member]
                return f"{info.file_size} {info.CRC:08x}"
            status = self._place.stat()
        except (OSError, SourceError) as error:
            return str(error)
        return f"{status.st_size} {status.st_mtime_ns}"

    def _archive(self) -> tuple[zipfile.ZipFile, list[str]]:
        try:
            status = self._place.stat()
        except OSError as error:
            raise SourceError("there is no such file", step="source", reason="missing_path") from error
        archive, names = kept_archive(self._place, status.st_size, status.st_mtime_ns)
        if self.member is None or self.member >= len(names) or not self.name.endswith(_shown(f"!{names[self.member]}")):
            raise SourceError("the archive was changed while it was read", step="source", reason="changed_archive")
        return archive, names

    @property
    def _place(self) -> Path:
        return self.path if self.path is not None else Path(self.name)


def documents(source: Source, skipped: Skipped | None = None) -> Iterator[Document]:
    """Yield the letters of a source, as for `imrdata.load`, in a stable order, and count the files that are skipped.

    A path that does not exist, or is a folder without letters, is a SourceError. For a file that cannot be read, it is
    `Document.read` that raises one.
    """
    skipped = skipped if skipped is not None else Skipped()
    if isinstance(source, bytes | bytearray | memoryview):
        yield from _in_memory(bytes(source), skipped)
    elif isinstance(source, str) and ("\n" in source or "\r" in source):
        yield Document("<text>", content=source.encode("utf-8", "surrogatepass"))
    elif isinstance(source, str | os.PathLike):
        yield from _named(os.path.expanduser(source), skipped)
    elif isinstance(source, Iterable) and not any(hasattr(source, name) for name in _NOT_A_LIST):
        for one in source:
            yield from documents(one, skipped)
    else:
        hint = "; give the path of the file, or what its read() returns" if hasattr(source, "read") else ""
        raise TypeError(f"a source is a path, bytes, text, or a list of these, not {type(source).__name__}{hint}")


def require_there(source: Source, dest: Path | None = None, skipped: Skipped | None = None) -> None:
    """Check before reading that all paths of a source exist and have letters, and that no folder contains `dest`."""
    if isinstance(source, str | os.PathLike):
        place = os.path.expanduser(source)
        if os.path.isfile(place):
            return
        is_folder = os.path.isdir(place)
        if dest is not None and is_folder and Path(os.path.realpath(dest)).is_relative_to(os.path.realpath(place)):
            message = f"the dataset {dest} would be inside its source {place}; choose a folder beside it"
            raise DatasetError(message, reason="inside_source")
        next(documents(source, skipped), None)
    elif isinstance(source, list | tuple | set | frozenset):
        if not source:
            raise SourceError("the list of sources is empty", step="source", reason="no_letters")
        for one in source:
            require_there(one, dest, skipped)


def is_there(identity: str) -> bool:
    """Return whether the document with this identity, or its archive, exists."""
    return os.path.exists(identity) or _archive_of(identity) is not None


def document_at(name: str, identity: str) -> Document:
    """Find a document listed earlier as `name`, by its identity."""
    if os.path.exists(identity) or "!" not in identity:
        return Document(name, path=Path(identity))
    path = _archive_of(identity)
    if path is None:
        return _unreadable(name, "missing_path", "there is no such file or folder")
    try:
        with open_archive(Path(path)) as archive:
            names, member = member_names(archive), identity[len(path) + 1 :]
            member = member if member in names else unescaped(member)
            return Document(name, path=Path(path), member=names.index(member))
    except (SourceError, ValueError):
        return _unreadable(name, "missing_path", "the archive no longer has this member")


def _archive_of(identity: str) -> str | None:
    """Return the file of ``archive.zip!member``."""
    places = [place for place, character in enumerate(identity) if character == "!"]
    return next((identity[:place] for place in places if os.path.isfile(identity[:place])), None)


def _in_memory(content: bytes, skipped: Skipped) -> Iterator[Document]:
    if not content.startswith(b"PK\x03\x04"):
        yield Document("<bytes>", content=content)
        return
    try:
        with open_archive(io.BytesIO(content)) as archive:
            for document in _members("<bytes>", None, archive, skipped):
                yield document if document.member is None else _unpacked(document.name, archive, document.member)
    except SourceError as problem:
        yield Document("<bytes>", problem=problem)


def _unpacked(name: str, archive: zipfile.ZipFile, member: int) -> Document:
    """Return the member of an archive in memory, with its bytes."""
    try:
        return Document(name, content=read_member(archive, member))
    except SourceError as problem:
        return Document(name, problem=problem)


def _named(location: str, skipped: Skipped) -> Iterator[Document]:
    """Yield the letters at a given path."""
    if not location.strip():
        raise _missing(location, "missing_path", "the path is empty")
    if ADDRESS.match(location):
        raise _missing(location, "an_address", "is a URL, not a path on this machine; download the letters first")
    if is_dataset(location):
        told = "is a built dataset, not letters; load it alone, or name the folder of its letters"
        raise _missing(location, "no_letters", told)
    if os.path.isdir(location):
        found = False
        for document in _folder(location, skipped):
            found = True
            yield document
        if not found:
            names = (name for _, _, names in os.walk(location) for name in names)
            told = '; ocr="auto" reads its pictures, with Tesseract' if any(map(is_scan, names)) else ""
            raise _missing(location, "no_letters", f"the folder holds no letters ({KINDS}){told}")
    elif os.path.exists(file := location) or os.path.exists(file := unescaped(location)):
        yield from _file(file, skipped)
    elif "!" in location and (_archive_of(file := location) or _archive_of(file := unescaped(location))):
        yield document_at(location, file)
    elif glob.has_magic(location):
        yield from _glob(location, skipped)
    else:
        hint = "" if os.path.isabs(location) else f" in {os.getcwd()}"
        is_case = typed_case_number(location) is not None
        told = "load(...).letter takes a case number" if is_case else "a letter's text must contain a line break"
        message = f"there is no such file or folder{hint}; {told}"
        raise _missing(location, "missing_path", message)


def _glob(pattern: str, skipped: Skipped) -> Iterator[Document]:
    names = sorted(glob.glob(pattern, recursive=True))
    if not names:
        raise _missing(pattern, "no_letters", "no file matches this pattern")
    for name in names:
        yield from _folder(name, skipped) if os.path.isdir(name) else _file(name, skipped)


def _file(name: str, skipped: Skipped) -> Iterator[Document]:
    path = Path(name)
    if name.encode("utf-8", "replace").decode() != name:
        yield _unreadable(_shown(name), "name_not_utf8", "the name of the file or of a folder is not UTF-8; rename it")
    elif path.suffix.lower() != ".zip":
        yield Document(_shown(name), path=path)
    else:
        try:
            with open_archive(path) as archive:
                yield from _members(name, path, archive, skipped)
        except SourceError as problem:
            yield Document(name, problem=problem)


def _folder(root: str, skipped: Skipped) -> Iterator[Document]:
    """Yield the letters in a folder and its subfolders; unreadable folders do not stop the walk."""
    real_root = os.path.realpath(root)
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError as error:
            yield _unreadable(_shown(folder), "unreadable", f"the folder cannot be read: {error.strerror}")
            continue
        subfolders = []
        for entry in entries:
            kind = kind_of(entry.name, are_scans_read=skipped.but_scans)
            if kind == "none":
                skipped.count += 1
            elif is_folder(entry):
                subfolders.append(entry.path)
            elif entry.is_symlink() and (refused := _refused_link(entry.path, real_root)):
                yield refused
            elif kind == "unknown":
                yield _unreadable(_shown(entry.path), "unknown_kind", unknown_kind(entry.name))
            else:
                yield from _file(entry.path, skipped)
        waiting += reversed(subfolders)


def _refused_link(path: str, real_root: str) -> Document | None:
    if not Path(os.path.realpath(path)).is_relative_to(real_root):
        return _unreadable(_shown(path), "link_leaves_folder", "a link that leads out of the folder is not followed")
    if os.path.isdir(path):
        message = "a link to a folder is not followed; its letters are read from where they are"
        return _unreadable(_shown(path), "linked_folder", message)
    return None


def _members(name: str, path: Path | None, archive: zipfile.ZipFile, skipped: Skipped) -> Iterator[Document]:
    names = member_names(archive)
    members = sorted((names[place], place) for place, info in enumerate(archive.infolist()) if not info.is_dir())
    if len(members) > MAX_MEMBERS:
        yield _unreadable(name, "too_many_members", f"it has {len(members):,} members; the limit is {MAX_MEMBERS:,}")
        return
    found = False
    for member, place in members:
        label = _shown(f"{name}!{member}")
        filename = archive.infolist()[place].filename
        kind = "unsafe" if climbs_out(filename) else kind_of(filename, are_scans_read=skipped.but_scans)
        if kind == "none":
            skipped.count += 1
            continue
        found = True
        if kind == "unsafe":
            yield _unreadable(label, "unsafe_path", "the member's path leads out of the archive")
        elif kind == "archive":
            yield _unreadable(label, "nested_archive", "an archive inside an archive is not opened")
        elif kind == "letter":
            yield Document(label, path=path, member=place)
        else:
            yield _unreadable(label, "unknown_kind", unknown_kind(filename))
    if not found:
        yield _unreadable(name, "no_letters", "the archive holds no letters")


def _shown(name: str) -> str:
    """Escape bytes that are not UTF-8, and characters that control a terminal, for tables and messages."""
    return printable(name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))


def _missing(location: str, reason: str, message: str) -> SourceError:
    return SourceError(message, step="source", reason=reason, source=_shown(location)[:_LONGEST_SHOWN])


def _unreadable(name: str, reason: str, message: str) -> Document:
    return Document(name, problem=SourceError(message, step="source", reason=reason))
