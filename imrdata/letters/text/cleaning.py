r"""One text from every reader: the named steps that take a reader's habits off a letter.

Each step is a pure ``str -> str``. `clean` runs them in order; cleaning twice is cleaning once. The result has

- one ``\n`` between lines, no empty line, no space at a line's ends, single spaces inside;
- plain spaces and hyphens (readers print U+00A0, U+2010, U+FFFE, U+0002 ... for them);
- no word broken at a line's end: the rest of a hyphenated word is moved up to its beginning.

Blank lines carry no meaning on purpose: PDFium prints none, others print them at page ends too.
"""

from __future__ import annotations

import re
from collections.abc import Callable

# PDFium prints U+0002 or U+FFFE for a hyphen at a line's end, and drops the line's end.
_LOST_BREAKS = {"\x02": "-\n", "\ufffe": "-\n"}
_CONTROLS = {chr(code): " " for code in range(32) if chr(code) not in "\n\r"} | {"\x7f": " "}
_PLAIN = (
    _CONTROLS
    | {chr(code): " " for code in range(0x80, 0xA0)}  # a terminal takes some for commands
    | dict.fromkeys("\r\f\v\x85\u2028\u2029", "\n")
    | dict.fromkeys("\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))), " ")
    | dict.fromkeys("\u2010\u2011\u00ad", "-")
    | dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", "")
    | dict.fromkeys(map(chr, [*range(0x202A, 0x202F), *range(0x2061, 0x206A)]), "")  # direction marks
    | {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "st", "\ufb06": "st"}
    | _LOST_BREAKS
)
_ONE_FOR_ONE = [(odd, plain) for odd, plain in _PLAIN.items() if odd.isascii() and len(plain) == 1]
_ODD = re.compile("[" + re.escape("".join(_PLAIN)) + "\ud800-\udfff]")
_ASCII = bytes.maketrans(*(bytes(map(ord, side)) for side in zip(*_ONE_FOR_ONE, strict=True)))

_RUNS = re.compile(r" {2,}")
# The rest of a word broken after its hyphen; "two-" / "and three-level" is no broken word.
_BROKEN_WORD = re.compile(
    r"-\n(?<=[^\s\-]-\n)(?!(?:and|or|to)\b)((?:[^\s\-]\S*-\n)*[^\s\-](?:\S*[^\s\-])?)(?=[ \n]|\Z)[ \n]?"
)


def plain_characters(text: str) -> str:
    """Every line end, space, hyphen and ligature in its plain form; characters without a width are gone."""
    if text.isascii():  # translated as bytes, in half the time; of "\r\n" a blank line remains
        return text.replace("\x02", "-\n").encode("ascii").translate(_ASCII).decode("ascii")
    text = text.replace("\r\n", "\n")
    return _ODD.sub(lambda match: _PLAIN.get(match.group(), "\ufffd"), text)


def tight_lines(text: str) -> str:
    """No empty lines, no spaces at a line's ends, single spaces inside."""
    text = "\n".join(filter(None, map(str.strip, text.split("\n"))))
    return _RUNS.sub(" ", text) if "  " in text else text


def whole_words(text: str) -> str:
    """A word that a line's end broke at its hyphen is whole again: ``10-28-`` / ``2016`` is ``10-28-2016``."""
    if "-\n" not in text:
        return text
    return _BROKEN_WORD.sub(lambda match: "-" + match.group(1).replace("-\n", "-") + "\n", text).rstrip("\n")


STEPS: tuple[Callable[[str], str], ...] = (plain_characters, tight_lines, whole_words)


def clean(text: str) -> str:
    """The text through all steps, in their order."""
    for step in STEPS:
        text = step(text)
    return text
