"""The pages of a letter, proven whole and joined without what stands at the edge of each of them.

A running line is the first or last line of pages that comes again on other pages with only its digits changed. It is
taken off where something besides the repetition shows that it is none of the letter's own: a number that counts the
pages, the case number, a stamp, or that the first page begins with it, too. Where only the repetition speaks, it is
told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from imrdata.errors import LetterError
from imrdata.letters.case_numbers import PRINTED_CASE_NUMBER, normal_case_number
from imrdata.letters.found import Diagnostic
from imrdata.letters.text.cleaning import plain_characters, tight_lines, whole_words
from imrdata.terms import SYNTHETIC_MARK

_ROUNDS = 8  # lines at one edge of a page that may be running lines
_NEAR_EDGE = 3
_SHORT_LINE, _LONG_LINE = 30, 120
_WORDS_OF_A_PAGE = 20  # a page of fewer words may come twice by chance
_NUMBERED_LINES = 8
_EDGES = (0, -1)

_PAGE_OF = re.compile(r"(?i)[\W_]{0,4}(?:page|pg\.?) ?(\d{1,3}) ?(?:of|/) ?(\d{1,3})[\W_]{0,4}")
_PAGE_NUMBER = re.compile(  # "3", "- 3 -", "Page 3", "3/3", "[3 of 3]"
    r"(?i)(?P<sign>(?:page|pg\.?|p\.|[-\u2013\u2014\[(|]) ?)?(?P<number>\d{1,3})"
    r"(?: ?(?:of|/) ?(?P<total>\d{1,3}))?(?: ?[-\u2013\u2014\])|])?"
)
_CASE_NUMBER = re.compile(PRINTED_CASE_NUMBER)
_TITLE_WORD = re.compile(
    r"""(?x) case | cont | continued | date | decision | determination | federal | file | final | for | imr | imro | inc
    | independent | letter | maximus | medical | no | number | of | page | pg | re | review | services | the | your"""
)
_RUNNING_TITLE = re.compile(r"(?i)Final Determination Letter for (?:IMR )?Case Number")
_STAMP = re.compile(
    r"""(?ix) \b (?: confidential | copy | draft | duplicate | fax | facsimile | privileged
        | (?: e-? | electronically\ ) filed | received\ by | scanned | downloaded | printed\ on )\b
    | \b (?: https? | file )://
    | \b\d{1,2}:\d{2}\b  # the time of day
    | \b\d{3}[ -.]\d{3}-\d{4}\b  # a telephone number"""
)
# Words of the letter itself: a line with one of them is never a running line.
_LETTERS_OWN = re.compile(
    r"""(?ix) necessary | upheld | overturned | guideline | rationale | authorized | \b(?:MTUS|ODG|ACOEM)\b | section
    | request | citation | claims\ admin"""
)
_LINE_NUMBER = re.compile(r"\d{1,4}")
_DIGITS = re.compile(r"\d+")
_COUNTED = re.compile(r"(?i)(?:^|page|pg|p\.|#|\W0*|[A-Z]0*)(\d{1,9})(?: ?(?:/|of) ?\d{1,3})?\W*$")

Lines = list[str]


class _PageNumber(NamedTuple):
    """A page number as printed: on which page, at which of its lines, and out of how many."""

    page: int
    at: int
    number: int
    total: int | None
    is_marked: bool


def join_pages(printed: Sequence[str]) -> tuple[str, list[Diagnostic]]:
    """The cleaned text of a letter's pages, and what its reader should know of them.

    Args:
        printed: The text of each page, as a PDF or a text with form feeds gives it.

    Raises:
        LetterError: A page is missing, comes twice or out of its order, or is one of another letter.
    """
    pages = [_without_line_numbers(tight_lines(plain_characters(page)).split("\n")) for page in printed]
    _drop_page_of(pages)
    _drop_titles(pages)
    told: list[Diagnostic] = []
    filled = [page for page in pages if any(page)]
    if len(filled) > 1:
        for _ in range(_ROUNDS):
            if not (_drop_numbers(pages) | _drop_running_lines(filled, told)):
                break
        _refuse_repeated(filled)
    elif filled:
        _drop_numbers(filled)
        _drop_count(filled[0])
    text = "\n".join("\n".join(filter(None, page)) for page in filled)
    return whole_words(text.strip("\n")), list(dict.fromkeys(told))


def _refusal(reason: str, message: str) -> LetterError:
    return LetterError(message, step="text", reason=reason)


def _refuse_repeated(pages: Iterable[Lines]) -> None:
    words = [" ".join(page) for page in pages]
    for page, count in Counter(words).items():
        if count > 1 and page.count(" ") >= _WORDS_OF_A_PAGE:
            numbers = [at + 1 for at, other in enumerate(words) if other == page]
            raise _refusal("repeated_page", f"the pages {' and '.join(map(str, numbers))} have the same words")


def _without_line_numbers(lines: Lines) -> Lines:
    """The lines without the numbers 1, 2, 3 ... in their margin, which readers give in front of them or in a block."""
    for step in (1, -1):
        block = lines[::step]
        count = next((at for at, line in enumerate(block) if not _LINE_NUMBER.fullmatch(line)), len(block))
        numbers = [int(line) for line in block[:count][::step]]
        if count >= _NUMBERED_LINES and numbers == list(range(numbers[0], numbers[0] + count)):
            return block[count:][::step] or [""]
    heads = [line.partition(" ") for line in lines] if lines[0][:1].isdigit() else []
    if len(heads) < _NUMBERED_LINES or not _LINE_NUMBER.fullmatch(heads[0][0]):
        return lines
    first = int(heads[0][0])
    is_numbered = all(head == str(first + at) for at, (head, _, _) in enumerate(heads))
    return [words for _, _, words in heads if words] if is_numbered else lines


def _drop_page_of(pages: list[Lines]) -> None:
    """Takes off each "Page 2 of 5", wherever it stands, after all of them are proven to be in their order."""
    found = [
        _PageNumber(page, at, int(match[1]), int(match[2]), True)
        for page, lines in enumerate(pages)
        for at, line in enumerate(lines)
        if len(line) < _SHORT_LINE and (match := _PAGE_OF.fullmatch(line))
    ]
    if found:
        _refuse_disorder(found, len(pages))
        _drop(pages, found)


def _drop(pages: list[Lines], numbers: Iterable[_PageNumber]) -> None:
    for one in numbers:
        pages[one.page][one.at] = ""
    for page in {one.page for one in numbers}:
        pages[page][:] = list(filter(None, pages[page])) or [""]


def _refuse_disorder(found: Sequence[_PageNumber], count: int) -> None:
    """Refuses pages whose printed numbers are not 1, 2, 3 ... to the last; the first page may print none."""
    if count > 1:  # a page may print its number at the head and at the foot
        found = list({(one.page, one.number): one for one in found}.values())
    numbers = [one.number for one in found]
    total = max(one.total or 0 for one in found)
    told = f"the pages are numbered {', '.join(map(str, numbers))}" + (f" of {total}" if total else "")
    if len(set(numbers)) < len(numbers):
        raise _refusal("repeated_page", told)
    if sorted(numbers) != numbers:
        raise _refusal("pages_out_of_order", told)
    # Without form feeds, a number stands between two pages.
    pages = [one.page for one in found] if count > 1 else list(range(1, len(found) + 1))
    offsets = {number - page for page, number in zip(pages, numbers, strict=True)}
    last = numbers[-1] + (count - 1 - pages[-1] if count > 1 else 1)
    if len(offsets) > 1 or max(offsets) > 1 or last < total:
        raise _refusal("missing_page", told)


def _drop_titles(pages: list[Lines]) -> None:
    """Takes off the lines that name the case again, after they are proven to name the same one."""
    own: str | None = None
    for number, lines in enumerate(pages):
        text = "\n".join(lines)
        places = {*range(_NEAR_EDGE), *range(len(lines) - _NEAR_EDGE, len(lines))} if number else set()
        if "etter for" in text or "ETTER FOR" in text:
            places |= {at for at, line in enumerate(lines) if _RUNNING_TITLE.match(line)}
        first = _CASE_NUMBER.search(text) if own is None else None
        own = normal_case_number(first.group()) if first else own
        for at in places & set(range(len(lines))):
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
    """Whether a line with a case number is a page's title, and not the header of another letter."""
    if after and after[0].startswith(("Date", "Priority")):
        return False
    if _RUNNING_TITLE.match(line):
        return True
    return _has_title_words(_CASE_NUMBER.sub("", line))


def _has_title_words(line: str) -> bool:
    """Whether a line has no words but those of titles."""
    return all(map(_TITLE_WORD.fullmatch, re.findall("[a-z]+", line.lower())))


def _drop_numbers(pages: list[Lines]) -> bool:
    """Takes off the page numbers at the first and last lines."""
    edges = [_page_numbers(pages, edge) for edge in _EDGES]
    both = sorted(edges[0] + edges[1])
    if both and _counts(both, len(pages)):
        _drop(pages, both)
        return True
    is_changed = False
    for found in filter(None, edges):
        if _counts(found, len(pages)):
            _drop(pages, found)
            is_changed = True
        elif len(found) > 1 and (all(one.is_marked for one in found) or len(found) == sum(map(any, pages))):
            _refuse_disorder(found, len(pages))
    return is_changed


def _page_numbers(pages: list[Lines], edge: int) -> list[_PageNumber]:
    found = []
    for page, lines in enumerate(pages):
        match = _PAGE_NUMBER.fullmatch(lines[edge]) if len(lines[edge]) < _SHORT_LINE and len(lines) > 1 else None
        if match:
            total = int(match["total"]) if match["total"] else None
            is_marked = match["sign"] is not None or total is not None
            found.append(_PageNumber(page, edge % len(lines), int(match["number"]), total, is_marked))
    return found


def _counts(found: Sequence[_PageNumber], count: int) -> bool:
    """Whether numbers count the pages."""
    offsets = {one.number - one.page for one in found}
    if len(offsets) > 1 or not (len({one.page for one in found}) > 1 or found[0].is_marked or offsets == {1}):
        return False
    if any(one.total for one in found):
        _refuse_disorder([one for one in found if one.total], count)
    return True


def _drop_count(lines: Lines) -> None:
    """Takes off 1, 2, 3 ... from a text without form feeds: bare page numbers of which the last ends the text."""
    found = [at for at, line in enumerate(lines) if len(line) < _SHORT_LINE and _PAGE_NUMBER.fullmatch(line)]
    numbers = [int(_DIGITS.findall(lines[at])[0]) for at in found]
    if len(found) > 1 and found[-1] == len(lines) - 1 and numbers == list(range(1, len(found) + 1)):
        _drop([lines], [_PageNumber(0, at, 0, None, False) for at in found])


def _drop_running_lines(pages: list[Lines], told: list[Diagnostic]) -> bool:
    """Takes off one line at the head or the foot of all pages; the first page may lack it."""
    is_changed = False
    for edge in _EDGES:
        for first in (0, 1) if len(pages) > 2 else (0,):  # noqa: PLR2004 - one page repeats nothing
            bearing = pages[first:]
            lines = [page[edge] for page in bearing]
            if len({_DIGITS.sub("0", line) for line in lines}) > 1 or not lines[0]:
                continue
            if _is_running(lines, is_head_of_all=edge == 0 and first == 0):
                keeps_mark = first == 0 and (SYNTHETIC_MARK in lines[0] or _CASE_NUMBER.search(lines[0]))
                for page in bearing[1:] if keeps_mark else bearing:
                    page[:] = (page[1:] if edge == 0 else page[:-1]) or [""]
                is_changed = True
            elif len(pages) > 2 and not _LETTERS_OWN.search(lines[0]):  # noqa: PLR2004 - two lines may be alike by chance
                told.append(Diagnostic("repeated_line", f"{len(lines)} pages begin or end with {lines[0]!r}"))
            break
    return is_changed


def _is_running(lines: Lines, *, is_head_of_all: bool) -> bool:
    """Whether something besides its repetition shows that a line is none of the letter's own."""
    if SYNTHETIC_MARK in lines[0] or _CASE_NUMBER.search(lines[0]) or _STAMP.search(lines[0]):
        return not _LETTERS_OWN.search(lines[0])
    if is_head_of_all:
        return True
    counts = [int(match[1]) for line in lines if (match := _COUNTED.search(line))]
    is_counted = counts == list(range(counts[0], counts[0] + len(lines))) if counts else False
    is_title = " " in lines[0] and _has_title_words(lines[0])
    return (is_counted or is_title) and not _LETTERS_OWN.search(lines[0])
