"""Numbers and bullets before the words of a request: "1)", "#2", "Request three:", "1 of 2:"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from imrdata.letters.found import Span
from imrdata.letters.layouts.outline import Item, require_numbers
from imrdata.resources import patterns

# Signs, dashes, arrows, shapes, dingbats, and characters of symbol fonts, which PDF readers map to private use.
_SIGNS = (
    ">*+~\u00a7\u00b7\u00bb\u2012-\u2015\u2022\u2023\u2043\u2190-\u21ff\u2212\u2219"
    "\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\ue000-\uf8ff-"
)
_BULLET = re.compile(rf"\s*[{_SIGNS}]\s+(?=\S)")
_ROUND_BULLET = re.compile(r"\s*o\s+(?=\S)")
_BARE_NUMBER = re.compile(r"\s*(?P<number>[0-9]{1,2})\s+(?=[^\s\d])")
_MANY = 3  # requests, which bare numbers do not count by chance
_ROMAN = {"i": 1, "v": 5, "x": 10}
_CARDINALS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


@cache
def _number() -> re.Pattern[str]:
    return re.compile(
        rf"""(?ix)
        \s* (?P<word> \(?\s? (?: (?:(?:disputed|decision|for|on|the)\s){{0,3}}
              (?:{patterns("reading_words", "numbered_word")}) (?:\s(?:no\.?|number))? | no\.? ) (?:\s|(?=\#)) )?
        (?P<mark> \#\s? | [(\[]\s? )?
        (?: (?P<number>[0-9]{{1,2}}) | (?P<roman>[ivx]{{1,5}}(?![a-z])) | (?P<letter>[a-z](?![a-z]))
          | (?P<circled>[\u2460-\u2473]) | (?P<spelled>(?:{"|".join(_CARDINALS + _ORDINALS)})\b) )
        (?: (?:st|nd|rd|th)\b )? (?: \srequest(?=\s?:) )?
        (?: (?: \sof\s | (?P<slash>\s?/\s?) ) (?P<total>[0-9]{{1,2}}) (?= \s?[:)\]] | (?(slash)\s(?=[a-z])|(?!)) ) )?
        (?P<sign> \s?[.):\]]{{1,2}} (?(number)|(?=\s)) | (?(letter)(?!)) \s?[-\u2013\u2014](?=\s(?!level|view))
          | (?<=[\u2460-\u2473]) | (?(word)(?=\s)|(?!)) | (?(slash)(?=\s)|(?!))
          | (?<=\#[0-9])(?=\s) | (?<=\#[0-9][0-9])(?=\s) )
        \s* (?=[^\s\d])"""
    )


def number_mark(text: str, span: Span) -> re.Match[str] | None:
    """Match the number of a request."""
    return _number().match(text, *span)


def is_bulleted(line: str) -> bool:
    """Return whether a line begins with a bullet."""
    return _BULLET.match(line) is not None


def without_marks(text: str, items: Sequence[Item]) -> list[Item]:
    """Remove the bullets and numbers of requests from their words.

    A number is removed if the numbers of all requests count them, or if it alone can be no amount: "#1 MRI".

    Raises:
        LetterError: The numbers have a gap: a request may be missing.
    """
    marks = [number_mark(text, item.request) for item in items]
    found: Sequence[re.Match[str] | None] = _numbers_of_all(text, items, marks) or [
        _mark(text, item, mark) for item, mark in zip(items, marks, strict=True)
    ]
    return [
        item._replace(request=(match.end(), item.request[1])) if match else item
        for match, item in zip(found, items, strict=True)
    ]


def _numbers_of_all(
    text: str, items: Sequence[Item], marks: Sequence[re.Match[str] | None]
) -> Sequence[re.Match[str]] | None:
    """Return the marks of requests that are numbered 1, 2, 3 ..., or all have the same round bullet."""
    if found := _all_found(marks):
        if all(
            item.number in _numbers(match) and int(match["total"] or len(items)) == len(items)
            for match, item in zip(found, items, strict=True)
        ):
            return found
        if len(items) > 1 and {(match["number"], match["sign"]) for match in found} == {("1", ".")}:
            return found  # Markdown counts by itself
        _require_no_gap(found)
    if len(items) >= _MANY:
        bare = list(filter(None, [_BARE_NUMBER.match(text, *item.request) for item in items]))
        if [int(match["number"]) for match in bare] == [item.number for item in items]:
            return bare
    return _all_found([_ROUND_BULLET.match(text, *item.request) for item in items])


def _all_found(matches: Sequence[re.Match[str] | None]) -> list[re.Match[str]]:
    """Return the matches if there is none without; else none."""
    found = list(filter(None, matches))
    return found if len(found) == len(matches) else []


def _require_no_gap(found: Sequence[re.Match[str]]) -> None:
    """Check that numbers in ascending order, which are no amounts such as "#30", do not skip one."""
    numbers = [int(match["number"] or 0) for match in found]
    are_clear = numbers[0] == 1 or all(match["sign"] or match["word"] for match in found)
    if are_clear and len(numbers) > 1 and numbers[0] > 0 and numbers == sorted(set(numbers)):
        require_numbers(numbers)


def _mark(text: str, item: Item, match: re.Match[str] | None) -> re.Match[str] | None:
    """Return the bullet of one request, or its number, unless it may be an amount: "(1) brace", "1/2 tablet"."""
    is_clear = match and (match["number"] or match["circled"] or match["spelled"]) and item.number in _numbers(match)
    if match and is_clear and not (match["mark"] or "").startswith("(") and not (match["slash"] and not match["sign"]):
        return match
    return _BULLET.match(text, *item.request)


def _numbers(match: re.Match[str]) -> set[int]:
    """Return the numbers that a mark may mean: "i" is a Roman numeral and the ninth letter."""
    if match["number"]:
        return {int(match["number"])}
    if match["circled"]:
        return {ord(match["circled"]) - ord("\u2460") + 1}
    if match["spelled"]:
        word = match["spelled"].lower()
        return {(_CARDINALS if word in _CARDINALS else _ORDINALS).index(word) + 1}
    numbers = {ord(match["letter"].lower()) - ord("a") + 1} if match["letter"] else set()
    if match["roman"]:
        digits = [*(_ROMAN[letter] for letter in match["roman"].lower()), 0]
        numbers.add(sum(-one if one < after else one for one, after in pairwise(digits)))
    return numbers
