"""Check that the pages of a letter are complete, and join them without page headers and footers.

A running line is a first or last line that recurs on other pages with only its digits changed. It is removed if
something besides the repetition shows that it is not part of the text: a page number, the case number, a stamp, or
that the first page also begins with it. If only the repetition indicates it, the line is reported; it is removed at
the foot and kept at the head.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from imrdata.errors import LetterError
from imrdata.letters.case_numbers import PRINTED_CASE_NUMBER, normal_case_number
from imrdata.letters.found import Diagnostic
from imrdata.letters.text.cleaning import plain_characters, tight_lines, whole_words, without_soft_hyphens
from imrdata.letters.text.margins import (
    DIGITS,
    PAGE_NUMBER,
    Lines,
    are_counted,
    has_title_words,
    in_digits,
    is_stamp,
    marked_once,
    number_of,
    page_words,
    skips,
    stray_lines,
    without_continuations,
    without_line_numbers,
    without_watermark,
)
from imrdata.resources import patterns

_ROUNDS = 8  # possible running lines at one edge of a page
_NEAR_EDGE = 3
_SHORT_NUMBER, _SHORT_LINE, _LONG_LINE, _START_OF_PAGE = 12, 30, 120, 400
_WORDS_OF_A_PAGE = 8  # a page with fewer words may occur twice by chance
_EDGES = (0, -1)

_PAGE_OF = re.compile(r"(?i)[\W_]{0,4}(?:page|pg\.?) ?(\d{1,3}) ?(?:of|/) ?(\d{1,3})[\W_]{0,4}")
_CASE_NUMBER = re.compile(PRINTED_CASE_NUMBER)
_RUNNING_TITLE = re.compile(r"(?i)Final Determination Letter for (?:IMR )?Case Number")
_SENTENCE_END = re.compile(r"(?<!approx)(?<=[a-z]{5})[.?!][\"'\u2019\u201d)]*\Z")
_WITHIN_SENTENCE = re.compile(r"(?s)[a-z]{2,}[ ,\n](?:(?!.*:\s*(?i:upheld|overt))[^:]*?[.](?!\S)|[^:]*?[a-z]{4}[.]\n)")
_SPACED = re.compile(r"\w(?: \w){3,20}")  # "V O I D"


class _PageNumber(NamedTuple):
    """A printed page number: its page, its line, and the total, if printed."""

    page: int
    at: int
    number: int
    total: int | None
    is_marked: bool


def join_pages(printed: Sequence[str]) -> tuple[str, list[Diagnostic], tuple[int, ...]]:
    """Return the cleaned text of a letter's pages, diagnostics, and the start of each page.

    Args:
        printed: The text of each page, from a PDF or a text with form feeds.

    Raises:
        LetterError: A page is missing, repeated, out of order, or from another letter.
    """
    if any("\u00ad" in page or "\u00ac" in page for page in printed):
        printed = without_soft_hyphens("\f".join(printed)).split("\f")
    texts = marked_once([in_digits(tight_lines(plain_characters(page))) for page in printed])
    pages = without_line_numbers([text.split("\n") for text in without_continuations(texts)])
    pages = _without_watermarks(pages)
    _refuse_not_in_force(pages)
    _drop_page_of(pages)
    _drop_titles(pages)
    told: list[Diagnostic] = []
    filled = _filled(pages)
    if len(filled) > 1:
        for _ in range(_ROUNDS):
            if not (_drop_numbers(pages) | _drop_running_lines(_filled(pages), told)):
                break
        filled = _filled(pages)
        _refuse_repeated(filled)
        _refuse_gaps(filled)
    elif filled:
        _drop_counted(filled[0])
        while _drop_unpaged(filled[0], told):
            pass
        _drop_numbers(filled)
    texts = ["\n".join(filter(None, page)) for page in pages]
    doubts = [f"a line within the text may be a stamp: {line!r}" for line in stray_lines(texts)]
    twice = [one for page in filled for one, two in pairwise(page) if one == two and len(one) > _SHORT_LINE]
    doubts += [f"a line stands twice in a row: {line!r}" for line in twice]
    told += [Diagnostic("repeated_line", doubt) for doubt in doubts]
    starts = accumulate((len(text) + bool(text) for text in texts[:-1]), initial=0)
    return whole_words("\n".join(filter(None, texts))), list(dict.fromkeys(told)), tuple(starts)


@cache
def _not_in_force() -> re.Pattern[str]:
    return re.compile(patterns("document_titles", "not_in_force"))


def _refuse_not_in_force(pages: Iterable[Lines]) -> None:
    """Refuse a letter with a page that begins or ends with a mark such as "VOID" or "DRAFT"."""
    for number, lines in enumerate(pages, start=1):
        for line in (lines[0], lines[-1]):
            words = line.replace(" ", "") if line[1:2] == " " and _SPACED.fullmatch(line) else line
            if _not_in_force().match(words):
                raise _refusal("not_a_decision", f"page {number} is marked {line[:60]!r}")


def _without_watermarks(pages: Iterable[Lines]) -> list[Lines]:
    """Remove words printed from top to bottom, a letter a line; refuse the letter if they say "DRAFT"."""
    rest = []
    for number, (lines, word) in enumerate(map(without_watermark, pages), start=1):
        if any(_not_in_force().match(one[:end]) for one in (word, word[::-1]) for end in range(4, len(word) + 1)):
            raise _refusal("not_a_decision", f"page {number} is marked {word[:60]!r}")
        rest.append(lines)
    return rest


def _filled(pages: Iterable[Lines]) -> list[Lines]:
    return [page for page in pages if any(page)]


def _refusal(reason: str, message: str) -> LetterError:
    return LetterError(message, step="text", reason=reason)


def _refuse_repeated(pages: Iterable[Lines]) -> None:
    words = [" ".join(page) for page in pages]
    for page, count in Counter(words).items():
        if count > 1 and page.count(" ") >= _WORDS_OF_A_PAGE:
            numbers = [at + 1 for at, other in enumerate(words) if other == page]
            raise _refusal("repeated_page", f"the pages {' and '.join(map(str, numbers))} have the same words")


def _refuse_gaps(pages: Iterable[Lines]) -> None:
    """Refuse a page that begins within a sentence although the page before it ends with a whole one."""
    for number, (before, after) in enumerate(pairwise(pages), start=2):
        words = "\n".join(after[:_NEAR_EDGE])[:_START_OF_PAGE]
        if words[:1].islower() and _WITHIN_SENTENCE.match(words) and _SENTENCE_END.search(before[-1]):
            raise _refusal("missing_page", f"page {number} does not continue the page before it: {words[:60]!r}")


def _drop_page_of(pages: list[Lines]) -> None:
    """Remove each "Page 2 of 5", anywhere on a page, after checking their order."""
    found = [
        _PageNumber(page, at, int(match[1]), int(match[2]), True)
        for page, lines in enumerate(pages)
        for at, line in enumerate(lines)
        if len(line) < _SHORT_LINE and (match := _PAGE_OF.fullmatch(line))
    ]
    if found:
        _refuse_disorder(found, pages)
        _drop(pages, found)


def _drop(pages: list[Lines], numbers: Iterable[_PageNumber]) -> None:
    for one in numbers:
        pages[one.page][one.at] = ""
    for page in {one.page for one in numbers}:
        pages[page][:] = list(filter(None, pages[page])) or [""]


def _refuse_disorder(found: Sequence[_PageNumber], pages: Sequence[Lines]) -> None:
    """Refuse pages whose printed numbers are not 1, 2, 3 ... to the last; the first page may have none."""
    count = len(pages)
    if count == len(found) == 1 and found[0].at < len(pages[0]) - 1:
        return  # one number in a text without form feeds: lines with the others may be lost
    if count > 1:  # a page may have its number at the head and at the foot
        found = list({(one.page, one.number): one for one in found}.values())
    elif [one.number for one in found[::2]] == [one.number for one in found[1::2]]:
        found = found[1::2]  # at the head and at the foot
    numbers = [one.number for one in found]
    total = max(one.total or 0 for one in found)
    told = f"the pages are numbered {', '.join(map(str, numbers))}" + (f" of {total}" if total else "")
    if len(set(numbers)) < len(numbers):
        raise _refusal("repeated_page", told)
    if sorted(numbers) != numbers:
        raise _refusal("pages_out_of_order", told)
    # Without form feeds, a number is between two pages.
    places = [one.page for one in found] if count > 1 else list(range(1, len(found) + 1))
    offsets = {number - page for page, number in zip(places, numbers, strict=True)}
    if count == len(found) == 1:
        offsets = {1}
    last = numbers[-1] + (count - 1 - places[-1] if count > 1 else found[-1].at < len(pages[0]) - 1)
    if len(offsets) > 1 or max(offsets) > 1 or last < total:
        raise _refusal("missing_page", told)


def _drop_titles(pages: list[Lines]) -> None:
    """Remove lines that repeat the case number, after checking that it is the same."""
    own: str | None = None
    for number, lines in enumerate(pages):
        text = "\n".join(lines)
        places = {*(range(_NEAR_EDGE) if number else ()), *range(len(lines) - _NEAR_EDGE, len(lines))}
        if "etter for" in text or "ETTER FOR" in text:
            places |= {at for at, line in enumerate(lines) if _RUNNING_TITLE.match(line)}
        if len(pages) == 1 and _CASE_NUMBER.search(lines[-1]):  # without form feeds, a foot is anywhere
            shape = DIGITS.sub("0", lines[-1])
            places |= {at for at, line in enumerate(lines) if DIGITS.sub("0", line) == shape}
        first = _CASE_NUMBER.search(text) if own is None else None
        own = normal_case_number(first.group()) if first else own
        if first and number == 0:
            places.discard(text.count("\n", 0, first.start()))
        for at in sorted(place for place in places if 0 <= place < len(lines)):
            printed = _CASE_NUMBER.search(lines[at]) if len(lines[at]) < _LONG_LINE else None
            if printed is None or not _is_title(lines[at], lines[at + 1 : at + 2]):
                continue
            if normal_case_number(printed.group()) != own:
                message = f"page {number + 1} names {normal_case_number(printed.group())}, the letter {own}"
                raise _refusal("page_of_another_case", message)
            lines[at] = ""
        if "" in lines:
            lines[:] = list(filter(None, lines)) or [""]


def _is_title(line: str, after: Lines) -> bool:
    """Return whether a line with a case number is the title of a page, not the header of another letter."""
    if after and after[0].startswith(("Date", "Priority")):
        return False
    if _RUNNING_TITLE.match(line):
        return True
    return has_title_words(_CASE_NUMBER.sub("", line))


def _drop_numbers(pages: list[Lines]) -> bool:
    """Remove page numbers from the first and last lines."""
    edges = [_page_numbers(pages, edge) for edge in _EDGES]
    both = sorted(edges[0] + edges[1])
    if both and _counts(both, pages):
        _drop(pages, both)
        return True
    for found in filter(None, edges):
        if _counts(found, pages):
            _drop(pages, found)
            return True  # the places of the other numbers have changed
        if len(found) > 1 and (all(one.is_marked for one in found) or len(found) == len(_filled(pages))):
            _refuse_disorder(found, pages)
    return False


def _page_numbers(pages: list[Lines], edge: int) -> list[_PageNumber]:
    found = []
    for page, lines in enumerate(pages):
        match = PAGE_NUMBER.fullmatch(lines[edge]) if len(lines[edge]) < _SHORT_LINE else None
        if match:
            total = int(match["total"]) if match["total"] else None
            is_marked = match["sign"] is not None or total is not None
            found.append(_PageNumber(page, edge % len(lines), number_of(match["number"]), total, is_marked))
    return found


def _counts(found: Sequence[_PageNumber], pages: Sequence[Lines]) -> bool:
    """Return whether numbers count the pages."""
    offsets = {one.number - one.page for one in found}
    if len(offsets) > 1 or not (len({one.page for one in found}) > 1 or found[0].is_marked or offsets == {1}):
        return False
    if any(one.total for one in found):
        _refuse_disorder([one for one in found if one.total], pages)
    return True


def _drop_counted(lines: Lines) -> None:
    """Remove page numbers 1, 2, 3 ... and repeated stamps from a text without form feeds."""
    found = [
        _PageNumber(0, at, number_of(match["number"]), None, (match["sign"] or "").strip() not in ("", "(", "[", "|"))
        for at, line in enumerate(lines)
        if len(line) < _SHORT_NUMBER and (match := PAGE_NUMBER.fullmatch(line))
    ]
    numbers = [one.number for one in found]
    if len(found) > 1 and all(lines[one.at][:4].lower() == "page" for one in found):
        _refuse_disorder(found, [lines])
    first = numbers[0] if len(numbers) > 1 or (found and found[0].is_marked) else 0
    if first in (1, 2) and numbers == list(range(first, first + len(numbers))):
        _drop([lines], found)
    if len(set(lines)) < len(lines):
        repeated = [line for line, count in Counter(lines).items() if count > 1 and is_stamp(line)]
        stamps = set(filter(page_words("stamp").fullmatch, repeated))
        lines[:] = [line for line in lines if line not in stamps] or [""]


def _drop_unpaged(lines: Lines, told: list[Diagnostic]) -> bool:
    """Remove running lines from a text without form feeds: those like its first or last line."""
    count = len(lines)
    for edge in _EDGES:
        line = lines[edge]
        if len(line) >= _LONG_LINE or line.endswith("."):
            continue
        shape = DIGITS.sub("0", line)
        least, most = len(line) - _NEAR_EDGE, len(line) + _NEAR_EDGE
        near = [at for at, other in enumerate(lines) if least < len(other) < most]
        alike = [at for at in near if DIGITS.sub("0", lines[at]) == shape]
        is_known = len(alike) > 1 or is_stamp(line) or (" " in line and has_title_words(line))
        if not is_known or page_words("letter").search(line):
            continue
        is_running = len(alike) > 1 and _is_running([lines[at] for at in alike])
        above = (other for other in reversed(lines[:-1]) if not is_stamp(other))
        is_behind = edge == -1 and next(above, "").endswith(".")  # the last sentence of the letter
        if is_behind and not is_running:
            told.append(Diagnostic("repeated_line", f"the text ends with {line!r}"))
            is_running = True
        if is_running:
            told += [Diagnostic("joined_pages", odd)] if (odd := skips([lines[at] for at in alike])) else []
            _drop([lines], [_PageNumber(0, at, 0, None, False) for at in alike])
    return len(lines) < count


def _drop_running_lines(pages: list[Lines], told: list[Diagnostic]) -> bool:
    """Remove one line at the head or the foot of all pages; the first page may lack it."""
    is_changed = False
    for edge in _EDGES if len(pages) > 1 else ():
        for first in (0, 1) if len(pages) > 2 else (0,):  # noqa: PLR2004 - one page repeats nothing
            bearing = pages[first:]
            lines = [page[edge] for page in bearing]
            if len({DIGITS.sub("0", line) for line in lines}) > 1 or not lines[0]:
                continue
            is_running = (edge == 0 and first == 0) or _is_running(lines)
            if not is_running:
                # Two lines may be alike by chance, except after the last sentence of the letter.
                is_behind = edge == -1 and not lines[-1].endswith(".") and "".join(pages[-1][-2:-1]).endswith(".")
                if page_words("letter").search(lines[0]) or (len(pages) == 2 and not is_behind):  # noqa: PLR2004
                    break
                told.append(Diagnostic("repeated_line", f"{len(lines)} pages begin or end with {lines[0]!r}"))
            told += [Diagnostic("joined_pages", odd)] if (odd := skips(lines)) else []
            if is_running or (edge == -1 and not lines[-1].endswith(".")):
                keeps_number = first == 0 and _CASE_NUMBER.search(lines[0])
                for page in bearing[1:] if keeps_number else bearing:
                    page[:] = (page[1:] if edge == 0 else page[:-1]) or [""]
                is_changed = True
            break
    return is_changed


def _is_running(lines: Lines) -> bool:
    """Return whether something besides its repetition shows that a line is not part of the text."""
    line = lines[0]
    if page_words("letter").search(line):
        return False
    if _CASE_NUMBER.search(line) or is_stamp(line):
        return True
    return are_counted(lines) or (" " in line and has_title_words(line))
