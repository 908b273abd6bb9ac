r"""Clean a letter's text, so that different PDF readers give the same result.

Each step is a pure function ``str -> str``. `clean` runs them in order and is idempotent. The result has

- one ``\n`` between lines, no empty lines, no spaces at the ends of lines, and single spaces inside;
- plain spaces and hyphens (readers print U+00A0, U+2010, U+FFFE, U+0002 and others);
- no word split at the end of a line: the rest of a hyphenated word is moved to the line of its beginning.

Blank lines have no meaning: PDFium prints none, and other readers also print them at the ends of pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable

# PDFium prints U+0002 or U+FFFE for a hyphen at the end of a line, and drops the line break.
_LOST_BREAKS = {"\x02": "-\n", "\ufffe": "-\n"}
_CONTROLS = {chr(code): " " for code in range(32) if chr(code) not in "\n\r"} | {"\x7f": " "}
_PLAIN = (
    _CONTROLS
    | {chr(code): " " for code in range(0x80, 0xA0)}  # terminals interpret some as commands
    | dict.fromkeys("\r\f\v\x85\u2028\u2029", "\n")
    | dict.fromkeys("\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))), " ")
    | dict.fromkeys("\u2010\u2011\u00ad", "-")
    | dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", "")
    | dict.fromkeys(map(chr, [*range(0x202A, 0x202F), *range(0x2061, 0x206A)]), "")  # direction marks
    | {chr(0xFEE0 + code): chr(code) for code in range(0x21, 0x7F)}  # full-width letters and signs
    | {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "st", "\ufb06": "st"}
    | _LOST_BREAKS
)
_ONE_FOR_ONE = [(odd, plain) for odd, plain in _PLAIN.items() if odd.isascii() and len(plain) == 1]
_ODD = re.compile("[" + re.escape("".join(_PLAIN)) + "\ud800-\udfff]")
_ASCII = bytes.maketrans(*(bytes(map(ord, side)) for side in zip(*_ONE_FOR_ONE, strict=True)))

_RUNS = re.compile(r" {2,}")
_RULES = ("- - -", "* * *", "_ _ _", "---", "___", "===", "***", "###", "~~~", "\u2014\u2014\u2014")
_RULE = re.compile(  # also "{1}-----" and "--- Page 2 ---", which converters print between pages
    r"""(?mx) ^[ ]* (?:\{\d{1,3}\})? (?P<sign>[-_=*~\#\u2014]) (?:[ ]?(?P=sign)){2,}
    (?: [ ]* (?: (?P<page>[Pp]age[ ]\d{1,3}(?:[ ]of[ ]\d{1,3})?) | (?i:page[ ]break) ) [ ]* (?P=sign){2,} )? [ ]*$"""
)
_HYPHEN = re.compile(r"\d\u00ad|\u00ad\d")  # some fonts have U+00AD for all hyphens
_SOFT = re.compile(r"(?:\u00ad|\u00ac(?=\n))(?:\n[ ]*(\S+)[ ]?)?")
# The rest of a word split after its hyphen; "two-" / "and three-level" is not a split word.
_BROKEN_WORD = re.compile(
    r"""(?x) -\n (?<=[^\s\-]-\n) (?! (?:and|or|to)\b )
    (?P<rest> (?:[^\s\-]\S*-\n){0,8} [^\s\-] (?:\S*[^\s\-])? ) (?=[ \n]|\Z) [ \n]?"""
)


def plain_characters(text: str) -> str:
    """Replace line breaks, spaces, hyphens and ligatures by plain ones; remove characters without a width."""
    if text.isascii():  # translating bytes takes half the time; "\r\n" leaves a blank line
        return text.replace("\x02", "-\n").encode("ascii").translate(_ASCII).decode("ascii")
    text = text.replace("\r\n", "\n")
    return _ODD.sub(lambda match: _PLAIN.get(match.group(), "\ufffd"), text)


def without_soft_hyphens(text: str) -> str:
    """Remove U+00AD, or U+00AC, and the line break after it, unless it stands for all hyphens of the text."""
    is_hyphen = _HYPHEN.search(text)
    return text if is_hyphen else _SOFT.sub(lambda match: f"{match[1]}\n" if match[1] else "", text)


def tight_lines(text: str) -> str:
    """Remove empty lines, lines drawn with signs, spaces at the ends of lines, and repeated spaces."""
    # A single character is found much faster than several; a list is faster than a generator.
    if any([rule[0] in text and rule in text for rule in _RULES]):  # noqa: C419
        text = _RULE.sub(lambda rule: rule["page"] or "", text)
    text = "\n".join(filter(None, map(str.strip, text.split("\n"))))
    return _RUNS.sub(" ", text) if "  " in text else text


def whole_words(text: str) -> str:
    """Join words that are split at a hyphen at the end of a line: ``10-28-`` / ``2016`` becomes ``10-28-2016``."""
    return _BROKEN_WORD.sub(lambda match: "-" + match.group(1).replace("-\n", "-") + "\n", text).rstrip("\n")


STEPS: tuple[Callable[[str], str], ...] = (plain_characters, tight_lines, whole_words)


def clean(text: str) -> str:
    """Run all steps in order."""
    for step in STEPS:
        text = step(text)
    return text
