"""Remove what is printed around the text of a page: marks of synthetic letters, line numbers, "(continued)"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import pairwise

from imrdata.resources import patterns, vocabulary
from imrdata.terms import SYNTHETIC_MARK

Lines = list[str]

_ROMAN = [ten + one for ten in ("", "x") for one in ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")]
PAGE_NUMBER = re.compile(  # "3", "- 3 -", "Page 3", "3/3", "[3 of 3]", "iii"
    rf"""(?ix) (?P<capital> (?= \W* (?-i:P) ) )?  # "page 13." ends a sentence
    (?P<sign> (?: [\[({{]{{0,2}} (?:page | pg\.? | p\.) | [-\u2013\u2014\[(|] ) [ ]? )?
    (?P<number>\d{{1,3}} | {"|".join(_ROMAN)} )
    (?: [ ]?(?:of|/)[ ]? (?P<total>\d{{1,3}}) )? (?: [ ]?[-\u2013\u2014\])}}|]{{1,2}} )? (?(capital)\.?)"""
)
IN_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_PAGEIN_WORDS = re.compile(rf"\n[Pp](?i:age) (?i:({'|'.join(IN_WORDS)})(?: of ({'|'.join(IN_WORDS)}))?)(?=\n|\Z)")
DIGITS = re.compile(r"\d+")
_COUNTER = re.compile(  # "ABC000004", "FAX 555 0102 P. 3/5"
    r"""(?ix) (?: \A[a-z][a-z _-]{1,20} (?=\d{4}) | \b(?:p(?:ages?|g)?|sheet)\b[ .:\#]* )
    (?P<number>\d{1,10}) (?: [ ]?(?:/|of)[ ]?(?P<total>\d{1,4}) )? \Z"""
)
_MARK = re.compile("[ \n]".join(map(re.escape, SYNTHETIC_MARK.split())))
_LINE_NUMBER = re.compile(r"\d{1,4}")
_NUMBERED_LINES = 8
_WATERMARK = 4  # letters
_CAPITALS = re.compile(r"\n(?:[^a-z\n]{3,119}+|[Pp]age \d{1,3}+|[A-Z][a-z]{3,15}+)(?=\n|\Z)")
_TIME = re.compile(r":(?<=\d:)\d\d")
_MAY_CONTINUE = re.compile(r"\n[^\w\n]{0,4}[Cc](?i:ont)")  # most letters have none, and need no slower pattern


def marked_once(pages: list[str]) -> list[str]:
    """Keep only the first mark of a synthetic letter; each page has one, on one or two lines."""
    whole = "\f".join(pages)
    first = _MARK.search(whole) if "imrdata" in whole else None
    if first is None:
        return pages
    *others, last = _MARK.split(whole[first.end() :])
    rest = "".join([words[:-1] if words.endswith((" ", "\n")) else words for words in others]) + last
    return [page.strip("\n") for page in (whole[: first.end()] + rest).split("\f")]


def in_digits(text: str) -> str:
    """Return a text with the page numbers that fill a line, such as "Page Two of Four", in digits."""
    return _PAGEIN_WORDS.sub(_numbered, f"\n{text}")[1:]


def _numbered(match: re.Match[str]) -> str:
    return "\nPage " + " of ".join(str(IN_WORDS.index(word.lower()) + 1) for word in match.groups() if word)


def without_continuations(texts: list[str]) -> list[str]:
    """Remove lines such as "(continued on next page)"."""
    if not any([_MAY_CONTINUE.search(f"\n{text}") for text in texts]):  # noqa: C419 - faster than a generator
        return texts
    return [_continuation().sub("", f"\n{text}").lstrip("\n") for text in texts]


@cache
def _continuation() -> re.Pattern[str]:
    return re.compile(rf"\n(?i:{patterns('page_lines', 'continuation')})(?=\n|\Z)")


def without_line_numbers(pages: list[Lines]) -> list[Lines]:
    """Remove the line numbers in the margin of pages; once the first page has them, a short page has them too."""
    first = _unnumbered(pages[0], _NUMBERED_LINES)
    fewest = _NUMBERED_LINES if first is pages[0] else 1
    return [first, *(_unnumbered(lines, fewest) for lines in pages[1:])]


def _unnumbered(lines: Lines, fewest: int) -> Lines:
    """Remove line numbers 1, 2, 3 ... from the margin; PDF readers print them before each line or in a block."""
    if not (lines[0][:1].isdigit() or lines[-1][:1].isdigit()):
        return lines
    heads = [line.partition(" ") for line in lines]
    first = int(heads[0][0]) if _LINE_NUMBER.fullmatch(heads[0][0]) else 0
    if len(heads) >= fewest and all(head == str(first + at) for at, (head, _, _) in enumerate(heads)):
        return [words for _, _, words in heads if words] or [""]
    for step in (1, -1):
        block = lines[::step]
        count = next((at for at, line in enumerate(block) if not _LINE_NUMBER.fullmatch(line)), len(block))
        numbers = [int(line) for line in block[:count][::step]]
        if count >= max(fewest, 2) and numbers == list(range(numbers[0], numbers[0] + count)):
            return block[count:][::step] or [""]
    return lines


def without_watermark(lines: Lines) -> tuple[Lines, str]:
    """Remove the lines of single capitals from a page, and return their word, if they are a watermark."""
    letters = [line for line in lines if len(line) == 1 and line.isupper()]
    if len(letters) < _WATERMARK:
        return lines, ""
    return [line for line in lines if line not in letters] or [""], "".join(letters)


@cache
def page_words(kind: str) -> re.Pattern[str]:
    """Return the words of a kind: of stamps, of page titles, or of the letter's own lines."""
    return re.compile(f"(?i){patterns('page_lines', kind)}")


@lru_cache(maxsize=2**10)  # headings repeat
def is_stamp(line: str) -> bool:
    """Return whether a line has words of stamps: "RECEIVED JAN 05 2017"."""
    return page_words("stamp").search(line) is not None


@cache
def _marks() -> tuple[tuple[str, ...], re.Pattern[str]]:
    words = tuple(row["pattern"].upper() for row in vocabulary("page_lines") if row["kind"] == "mark")
    return words, re.compile(rf"[a-z,] (?:{'|'.join(words)}) [a-z]")


def mark_within(text: str) -> re.Match[str] | None:
    """Find a mark in capitals between words in lower case: "a stiff CONFIDENTIAL thumb"."""
    words, pattern = _marks()
    return pattern.search(text) if any(map(text.__contains__, words)) else None


def stray_lines(texts: Iterable[str]) -> Iterator[str]:
    """Yield lines in capitals, or with a time of day, that may be stamps, fax lines or page numbers."""
    for text in texts:
        for found in _CAPITALS.findall(f"\n{text}"):
            if _may_be_stray(found[1:]):
                yield found[1:]
        if mark := mark_within(text):
            yield text[text.rfind("\n", 0, mark.end()) + 1 :].split("\n", 1)[0]
        for time in _TIME.finditer(text):
            line = text[text.rfind("\n", 0, time.start()) + 1 :].split("\n", 1)[0]
            if len(set(page_words("stamp").findall(line))) > 1 or "Page " in line:
                yield line


@lru_cache(maxsize=2**10)
def _may_be_stray(line: str) -> bool:
    number = PAGE_NUMBER.fullmatch(line)
    return (number is not None and number["sign"] is not None) or is_stamp(line)


def number_of(printed: str) -> int:
    """Return the number printed in digits or as a Roman numeral."""
    return int(printed) if printed.isdecimal() else _ROMAN.index(printed.lower()) + 1


def are_counted(lines: Lines) -> bool:
    """Return whether lines that differ only in their digits have one number that counts them."""
    columns = zip(*(map(int, DIGITS.findall(line)) for line in lines), strict=True)
    counts = [list(dict.fromkeys(column)) for column in columns]
    return any(len(one) > 1 and one == list(range(one[0], one[0] + len(one))) for one in counts)


def skips(lines: Lines) -> str | None:
    """Return what is odd about numbers stamped on pages: one is skipped, or the last is not the printed total."""
    found = [match for line in lines if (match := _COUNTER.search(line))]
    if len(found) < len(lines):
        return None
    numbers = [int(one["number"]) for one in found]
    steps = {after - before for before, after in pairwise(numbers)}
    total = int(found[-1]["total"] or 0)
    if (steps <= {0} or steps == {1}) and total <= numbers[-1]:
        return None
    return f"the pages are stamped {', '.join(map(str, numbers))}" + (f" of {total}" if total else "")


def has_title_words(line: str) -> bool:
    """Return whether a line has only words of titles."""
    return all(map(page_words("title_word").fullmatch, re.findall("[a-z]+", line.lower())))
