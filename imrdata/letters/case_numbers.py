"""Case numbers: their forms in letters, file names and input, and the standard form ``CMyy-nnnnnnn``.

``CM`` must be followed by seven digits. With fewer, a digit was lost, and the number could be that of another case. The
oldest letters have numbers such as ``IMR 13-000004`` or ``IMR 13-103``.
"""

from __future__ import annotations

import re
from functools import lru_cache

# The first reviews were in 2013. Callers that know the time give an earlier last year, see `reading.read_text`.
FIRST_CASE_YEAR, LAST_CASE_YEAR = 2013, 2039
_YEAR = r"(?:1[3-9]|[23][0-9])"
CASE_NUMBER = rf"^CM{_YEAR}-[0-9]{{7}}$"  # the standard form

_NORMAL_LENGTH = 12
_DASH = r"[ ]?[_\u2010-\u2015\u2212\uff0d-][ ]?"
PRINTED_CASE_NUMBER = (  # begins with a set of letters, for which `re` looks much faster
    rf"""(?x: [CcIi][Mm] (?:
        (?<=[Cc].) [ ]? {_YEAR} (?:{_DASH}|[ ])? [0-9]{{7}}                        # "CM16-0000123"
        | (?<=[Ii].) [Rr] [ ]? (?: \# | (?i:No\.?) )? [ ]? (?:
            {_YEAR}{_DASH}[0-9]{{7}}                                               # "IMR No. 14-0000123"
            | 1[34]{_DASH} (?: [0-9]{{6}} | [1-9][0-9]{{2,3}} ) ) )                # "IMR 13-000004", "IMR 13-103"
    (?![0-9A-Za-z]) )"""
)
_NEARLY = re.compile(r"[CcIi][Mm](?<![A-Za-z0-9]..)[^\n0-9]{0,8}[0-9]")  # where a case number may be printed
_STANDARD = re.compile(rf"CM{_YEAR}-[0-9]{{7}}(?![0-9A-Za-z])")
_SAME_DIGITS = re.sub("[0-9]", "3", "".join(map(chr, range(128))))  # as a table, faster than a dictionary
_PRINTED = re.compile(rf"(?<![A-Za-z0-9]){PRINTED_CASE_NUMBER}")
_MISPRINTED = re.compile(rf"(?<![A-Za-z0-9])(?i:CM)[ ]?[0-9A-Za-z]{{2}}{_DASH}[0-9A-Za-z]{{4,10}}\b")


def normal_case_number(printed: str) -> str:
    """Return ``CMyy-nnnnnnn`` for any printed form, e.g. ``IMR 13-000004``."""
    if len(printed) == _NORMAL_LENGTH and printed[:2] == "CM" and printed[4] == "-":  # nearly all
        return printed
    digits = "".join(re.findall(r"[0-9]+", printed))
    return f"CM{digits[:2]}-{int(digits[2:]):07d}"


@lru_cache(maxsize=4)  # asked for by each search in a header
def header_shape(header: str) -> str:
    """Return a header with each digit replaced by 3: headers of one template are then equal, and are analyzed once.

    Labels and dates do not depend on the value of a digit, and a case number remains one. A header with a case number
    in another form than the standard one is returned unchanged.
    """
    if all([_STANDARD.match(header, near.start()) for near in _NEARLY.finditer(header)]):  # noqa: C419 - faster
        return header.translate(_SAME_DIGITS)
    return header


def case_numbers_in(text: str, start: int = 0, end: int | None = None) -> list[str]:
    """Return the unique case numbers in ``text[start:end]`` in standard form, in printed order."""
    printed = _PRINTED.finditer(text, start, len(text) if end is None else end)
    return list(dict.fromkeys(normal_case_number(match.group()) for match in printed))


_TYPED = re.compile(rf"[ ]*(?:CM|IMR)?[ #]*({_YEAR})[ ._/\u2010-\u2015\u2212-]*([0-9]{{7}})[ ]*", re.IGNORECASE)


def typed_case_number(text: str) -> str | None:
    """Return a typed case number in standard form: ``cm16-0000123``, ``CM16 0000123``, ``160000123``."""
    typed = _TYPED.fullmatch(text)
    if typed is not None:
        return f"CM{typed[1]}-{typed[2]}"
    printed = _PRINTED.fullmatch(text.strip())
    return normal_case_number(printed.group()) if printed is not None else None


def case_number_in_name(name: str) -> str | None:
    """Return the case number in a file name in standard form; it must begin with ``CM`` or ``IMR``."""
    found = case_numbers_in(name.replace("\\", "/").replace("!", "/").rpartition("/")[2].replace("_", "-"))
    return found[0] if len(found) == 1 else None


def misprinted_case_number(text: str, start: int, end: int) -> str | None:
    """Return what looks like a case number in ``text[start:end]`` but is invalid: ``CM16-021000``, ``CM76-0210000``."""
    printed = (match.group() for match in _MISPRINTED.finditer(text, start, end))
    return next((words for words in printed if not _PRINTED.fullmatch(words)), None)


def case_year(case_number: str) -> int:
    """Return the year in a case number: the year in which the application was received, or an adjacent one."""
    return 2000 + int(case_number[2:4])
