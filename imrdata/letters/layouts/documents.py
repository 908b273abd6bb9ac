"""Recognize documents that are not letters, and the words before and after a letter, by their printed titles."""

from __future__ import annotations

import re
from functools import cache, lru_cache, partial

from imrdata.letters.case_numbers import header_shape
from imrdata.letters.found import Diagnostic, collapse
from imrdata.letters.layouts.labels import CASE_NUMBER, header_lines, header_wordings, marks_of_others
from imrdata.letters.layouts.outline import refusal
from imrdata.letters.layouts.request_start import ends_paragraph, is_complete, sentence_ends
from imrdata.letters.verdict import claims, last_sentence, verdict_of
from imrdata.resources import patterns, vocabulary, words_pattern

_LONGEST_TAIL = 120  # characters after the last verdict; 188 of 194 letters have at most 36
_LONGEST_SENTENCE = 500
_STOPS = (". ", ".\n", "? ", "?\n")
_NUMBER = re.compile(r"\d{1,2}\s?[.)]\s")
_NECESSARY = re.compile(r"[Mm](?i:edically\s+(?:necessary|appropriate))")
_LONGEST_CLOSING = 140  # characters from a verdict to the end of its sentence
_PROSE = re.compile(r"(?<!\S)(?:\S{1,80}\s+){7}[^\n]{0,300}[.,:;]\s*(?:\n|\Z)")
_SENTENCE = re.compile(r"\n(?=[^\n]*\s[a-z]{2,}\s)[^\n]*[\w)\]][.?!\]](?=\n|\Z)")  # as a line of its own
_verdict_end = partial(
    words_pattern, r"(?i)WORDS\b[^.\n]{0,100}[.\n]", "reading_words", "verdict_word", "verdict_phrase"
)
_other_voice = partial(words_pattern, r"\bWORDS\b", "reading_words", "other_voice")  # in lower case
_reviewer_note = partial(words_pattern, r"(?i)\bWORDS\b", "reading_words", "reviewer_note")
_CAPITALISED = r"[A-Z][\w'\u2019/()-]*+"
_TITLE = re.compile(  # "DECLARATION", "Mailing Instructions": each word is capitalized; "On August" is not a title
    rf"""(?x: \s* (?=[A-Z]) (?P<title> (?! (?:On|In|At|By|From|Since|Until|As)\s ) (?: [A-Z]{{8,}}
        | {_CAPITALISED} (?: \s+ (?: of|and|the|for|to|by|on | {_CAPITALISED} ) ){{0,8}} \s+ {_CAPITALISED} ) )
    [ ]*:?[ ]* (?=\n) )"""
)
_TITLES_BEHIND = re.compile(rf"\n{_TITLE.pattern}"), re.compile(rf"\.{_TITLE.pattern}")  # faster than one pattern


@cache
def titles(*kinds: str) -> re.Pattern[str]:
    """Match titles of some kinds at the start of a line, with the line break before it."""
    return re.compile(rf"\n[ ]*(?:{patterns('document_titles', *kinds)})", re.ASCII)


def _rows(*kinds: str) -> list[dict[str, str]]:
    return [row for row in vocabulary("document_titles") if row["kind"] in kinds]


_NO_DECISION = ("no_decision", "not_in_force")
_CHANGED = ("changed_outcome", "later_decision")


@cache
def _behind(has_colon: bool) -> re.Pattern[str]:
    """Match where a title of words behind a letter may begin: not in prose in lower case without a colon."""
    titled, order = (
        patterns("document_titles", "changed_outcome", "after_letter"),
        patterns("document_titles", "court_order"),
    )
    begins = r"(?=[^a-z]|[^:\n]*:)" if has_colon else "(?=[^a-z])"
    return re.compile(rf"\n[ ]*(?:{begins}(?:{titled})|(?:{order}))", re.ASCII)


@cache
def _rulings() -> tuple[str, ...]:
    """Return the words of court rulings in capitals, anywhere in a line; plain words are found faster than patterns."""
    return tuple(row["pattern"] for row in _rows("court_ruling"))


def require_decision(text: str, end: int) -> None:
    """Check that ``text[:end]`` has no title of a document that decides nothing.

    Raises:
        LetterError: It has one.
    """
    if not _has_title(header_shape(text[:end])):
        return
    for match in titles(*_NO_DECISION).finditer("\n" + text[:end]):
        if match.group().strip()[0].islower():  # prose
            continue
        words = text[match.start() : end].lstrip()
        meaning = next(row["meaning"] for row in _rows(*_NO_DECISION) if re.match(row["pattern"], words))
        message = f"this is {meaning}, not a final determination: {match.group().strip()!r}"
        raise refusal("not_a_decision", message, text[match.start() : match.start() + 200])


@lru_cache(maxsize=2**8)  # most headers have one of a few shapes
def _has_title(shape: str) -> bool:
    return titles(*_NO_DECISION).search(f"\n{shape}") is not None


def front(text: str, first_label: int) -> tuple[Diagnostic, ...]:
    """Return diagnostics of the words before a letter's first label, except its letterhead.

    Raises:
        LetterError: The words are prose, as in a document that quotes a letter.
    """
    if not (shape := header_shape(text[:first_label])) or header_lines(shape)[:1] == (0,):
        return ()  # nearly all
    end = min(header_lines(shape), default=first_label)
    letterhead = titles("letterhead")
    lines = [line.strip() for line in text[:end].split("\n")]
    rest = "\n".join(line for line in lines if line and not _is_mark(line) and not letterhead.fullmatch(f"\n{line}"))
    if not rest:
        return ()
    if _PROSE.search(rest):
        raise refusal("text_before_letter", "there is prose above the header of the letter", rest[:200])
    return (Diagnostic("text_before_letter", f"words above the header of the letter: {rest[:80]!r}"),)


def _is_mark(line: str) -> bool:
    return line.startswith("Synthetic letter made by")


def letter_end(text: str, start: int, end: int) -> tuple[int, tuple[Diagnostic, ...]]:
    """Return the end of a letter whose last part is ``text[start:end]``, and diagnostics of the words after it.

    Raises:
        LetterError: It is followed by a court order, or by words that change a decision.
    """
    before = max(0, start - 1)
    first = _behind(text.find(":", before) >= 0).search(text, before)  # most letters have none
    _refuse_changes(text, before, first.start() if first else None, end)
    known = _title_behind("after_letter", text, first.start(), end) if first else None
    stop = known.start() + 1 if known else end
    if stop <= start or not text[start:stop].strip():
        return end, ()
    if known is None:
        verdict = _closing_before_title(text, start, end)
        title = _TITLE.match(text, verdict, end) if verdict is not None and end - verdict > _LONGEST_TAIL else None
        if title is None:
            return _verdict_paragraph(text, start, end)
        if title["title"] == title["title"].upper():
            stop = title.start("title")
        words = title["title"]
    else:
        words = known.group().strip()
        _refuse_change(titles(*_CHANGED).search(text, stop))
    return stop, (Diagnostic("text_after_letter", f"words after the last rationale: {words[:80]!r}"),)


def told_behind(text: str, start: int) -> tuple[Diagnostic, ...]:
    """Return a diagnostic of decision words, or sentences, below the names or credentials that close a letter.

    Raises:
        LetterError: They change a decision.
    """
    _refuse_change(titles(*_CHANGED).search(text, start))
    words = collapse(text[start:])
    lowered = words.lower()
    places = [at for row in _rows("decision_word") if (at := lowered.find(row["pattern"])) >= 0]
    if places:
        excerpt = words[max(0, min(places) - 60) : min(places) + 20]
        return (Diagnostic("text_after_letter", f"words on a decision behind the letter: {excerpt!r}"),)
    lowered = text.lower()
    known = max(lowered.rfind(row["pattern"], start) for row in _rows("closing_word"))
    if known > start:
        start = lowered.find(".\n", known) + 1 or len(text)
    sentence = _SENTENCE.search(text, start)
    if sentence is None:
        return ()
    return (Diagnostic("text_after_letter", f"words behind the letter: {sentence.group().strip()[:80]!r}"),)


def _refuse_changes(text: str, before: int, first: int | None, end: int) -> None:
    """Check that no words change a decision; `first` is where the first title behind it may begin."""
    if first is not None:
        _refuse_change(_title_behind("changed_outcome", text, first, end))
    if end < len(text):
        _refuse_change(titles(*_CHANGED).search(text, end))
    order = titles("court_order").search(text, first, end) if first is not None else None
    behind = collapse(text[before:])
    rulings = [words for words in _rulings() if words in behind]
    if order or rulings:
        message = "a court order follows the letter, which it quotes"
        raise refusal("not_a_decision", message, order.group().strip()[:200] if order else rulings[0])


def require_no_later_decision(words: str) -> None:
    """Check that the words behind a verdict do not begin with a sentence that changes it.

    Raises:
        LetterError: They do.
    """
    _refuse_change(titles(*_CHANGED, "not_in_force").match(f"\n{words}"))


def _refuse_change(changed: re.Match[str] | None) -> None:
    if changed:
        message = f"words after the last decision change it: {changed.group().strip()!r}"
        raise refusal("unclear_outcome", message, changed.string[changed.start() : changed.start() + 200].strip())


def _verdict_paragraph(text: str, start: int, end: int) -> tuple[int, tuple[Diagnostic, ...]]:
    """Return the end of the last verdict if a paragraph ends there, and diagnostics of the words after it."""
    if (stop := _other_writer(text, start, end)) is not None:
        return _told_and_cut(text, start, stop, end)
    closing = last_sentence(collapse(text[max(start, end - _LONGEST_SENTENCE) : end]))
    if _is_verdict(closing):  # nearly all
        return end, ()
    first = _NECESSARY.search(text, start, end)
    for stop in sentence_ends(text, first.end(), end) if first else ():
        sentence = last_sentence(collapse(text[max(start, stop - _LONGEST_SENTENCE) : stop]))
        if _NECESSARY.search(sentence) and _states_verdict(sentence):
            words = text[stop:end].strip()
            require_no_later_decision(words)
            is_own = _states_verdict(last_sentence(collapse(words))) or _reviewer_note().search(words)
            if not is_complete(words) or _NUMBER.match(words) or is_own:
                break  # nothing, the beginning of another request, or a rationale that begins with a verdict
            return _told_and_cut(text, start, stop, end)
    return end, ()


@lru_cache(maxsize=2**12)  # closing sentences repeat
def _is_verdict(closing: str) -> bool:
    """Return whether a sentence is a verdict on medical necessity, and changes no decision."""
    is_verdict = _NECESSARY.search(closing) and verdict_of(closing)
    return bool(is_verdict and not titles(*_CHANGED).match(f"\n{closing}"))


def _told_and_cut(text: str, start: int, stop: int, end: int) -> tuple[int, tuple[Diagnostic, ...]]:
    words = text[stop:end].strip()
    is_behind = text[stop] == "\n" and _states_verdict(last_sentence(text[start:stop]))
    told = Diagnostic("text_after_letter", f"words after the last rationale: {words[:80]!r}")
    return stop + 1 if is_behind and ends_paragraph(text, start, stop, end) else end, (told,)


def _other_writer(text: str, start: int, end: int) -> int | None:
    """Return where words of another writer begin, such as an attorney, from the sentence of the last verdict on."""
    verdict = max(text.rfind("edically", start, end), start, end - _LONGEST_SENTENCE)
    begin = _sentence_start(text, start, verdict)
    voice = _voice(text[begin:end])
    return None if voice is None else _sentence_start(text, begin, begin + voice)


def _sentence_start(text: str, start: int, end: int) -> int:
    """Return the start of the last sentence of ``text[start:end]``."""
    for stop in _STOPS:
        start = max(start, text.rfind(stop, start, end) + 1)
    return start


@lru_cache(maxsize=2**12)  # closing sentences repeat
def _voice(words: str) -> int | None:
    """Return where words of another writer are first named."""
    voice = _other_voice().search(words.lower())
    return voice.start() if voice else None


@lru_cache(maxsize=2**12)  # closing sentences repeat
def _states_verdict(sentence: str) -> bool:
    return any(claim.outcome for claim in claims(sentence))


def _title_behind(kind: str, text: str, start: int, end: int) -> re.Match[str] | None:
    """Return the first title of a kind in ``text[start:end]`` that is not the continuation of a sentence."""
    for match in titles(kind).finditer(text, start, end):
        first = match.group().strip(" \n*=_-[(")[:1]
        if (first.isupper() or ":" in match.group()) and is_complete(
            text[max(0, match.start() - 119) : match.start() + 1]
        ):
            return match
    return None


def _closing_before_title(text: str, start: int, end: int) -> int | None:
    """Return the end of the first sentence that may close a letter and is followed by a title."""
    if text[start:end].isupper():  # each line looks like a title
        return None
    for at in sorted(title.start() for behind in _TITLES_BEHIND for title in behind.finditer(text, start, end)):
        stop = at + 1
        verdict = _verdict_end().search(text, max(start, stop - _LONGEST_CLOSING), stop)
        while verdict and verdict.end() < stop:
            verdict = _verdict_end().search(text, verdict.end(), stop)
        if verdict:
            return stop
    return None


def require_one_letter(text: str, layout: str, decisions: int) -> None:
    """Check that the text has no heading of another layout and no second header.

    Args:
        text: The cleaned text.
        layout: The layout of the text.
        decisions: The start of the decisions, after which there is no header.

    Raises:
        LetterError: It has one.
    """
    numbers: dict[str, list[int]] = {}
    for mark in marks_of_others(text, layout):
        words = text[mark.start : mark.end]
        if mark.name == CASE_NUMBER:
            numbers.setdefault(words.upper(), []).append(mark.start)
        elif not words.islower():
            raise refusal("several_letters", f"a heading of another letter is in the text: {words!r}", words)
    if len(numbers) > 1:
        raise refusal("several_letters", f"the text holds more than one letter: {', '.join(sorted(numbers))}")
    later = _later_number().search(text, decisions) if text.find("CM", decisions) > 0 else None
    if later and len({later["number"].upper(), *numbers}) > 1:
        message = f"a case number follows the decisions: {later['number']}"
        raise refusal("several_letters", message, text[later.start() : later.start() + 200])
    if any(start > decisions for starts in numbers.values() for start in starts):
        raise refusal("several_letters", f"a second header, of {next(iter(numbers))}, follows the decisions")


@cache
def _later_number() -> re.Pattern[str]:
    """Match a labeled case number within a line, as where the lines of a second letter are joined."""
    return re.compile(rf"(?i:{header_wordings('case_number')})\s*:\s*(?P<number>CM\s?\d\d-\d+)", re.ASCII)
