"""Read the guidelines other than the MTUS that a part of a guideline line names: ODG, ACOEM, and other sources."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imrdata.letters.fields.guideline_citations import CitedGuideline, bodies_named, citation, of_body, title_of
from imrdata.letters.fields.guideline_names import OTHER, bodies, scan_form, titles
from imrdata.letters.fields.lexicon import Hit

_LEADS_ON = re.compile(  # before the next item: ", and an article in the "
    r"""(?ix) (?: [,;] | \band )
    (?P<lead> (?:[ ]on)? (?: [ ] an? [ ] (?:article|study) [ ] (?:in|from|of) )? (?:[ ]the)? (?:[ ]?https?://)? ) \Z"""
)
_NEW_SENTENCE = re.compile(r"[a-z)]{3}\.(?P<lead>(?: The)?(?: ?https?://)?)\Z")  # after ODG or ACOEM


def non_mtus_citations(line: str, start: int, end: int) -> Iterator[CitedGuideline]:
    """Return the bodies named other than the MTUS; each extends to the next. Other words are another source."""
    words = line[start:end]
    if not words.strip(" .,;:"):
        return
    named = bodies_named(words)
    if not named and "(ACOEM" in words:  # "Low Back Disorders (ACOEM February 13, 2020)"
        named = bodies(scan_form(words))
    others = listed_others(words, named)
    cited = sorted([*((body, None) for body in named), *((other, other.row) for other in others)])
    if not cited:
        title = next((other.row for other in titles(OTHER, scan_form(words))), None)
        cited = [(Hit(0, 0, OTHER), title)]
    starts = [0] + [hit.start for hit, _ in cited[1:]]  # words before the first belong to it
    for (hit, title), begin, stop in zip(cited, starts, [*starts[1:], len(words)], strict=True):
        is_last = stop == len(words)
        if hit in named:
            yield of_body(words, hit, begin, stop, start, strip=not is_last)
        else:
            yield citation(OTHER, title, words, begin, stop, start, strip=not is_last)


def listed_others(words: str, named: list[Hit[str]], first: int | None = None) -> list[Hit[str]]:
    """Return where further sources without a known body begin: after a separator, and not in a body's title.

    `first` is the start of the first guideline, else that of the first body.
    """
    begin, first = first or 0, named[0].start if first is None and named else first
    found: list[Hit[str]] = []
    for title in titles(OTHER, scan_form(words[begin:])):
        hit = title._replace(start=title.start + begin, end=title.end + begin)
        name, before = words[hit.start : hit.end], words[: hit.start].rstrip()
        is_behind_body = first is not None and first < hit.start
        is_name = not is_behind_body or " " in name or "." in name or not name[1:].islower()  # "Spine" may be a chapter
        leads = _LEADS_ON.search(before) or (_NEW_SENTENCE.search(before) if is_behind_body and not found else None)
        is_listed = leads is not None or not before.strip(" ,;.:")
        is_again = bool(found) and found[-1].row == hit.row
        if is_name and is_listed and not is_again and not _is_in_title(words, hit, named):
            found.append(hit._replace(start=leads.start("lead")) if leads and leads["lead"] else hit)
    return found


def _is_in_title(words: str, hit: Hit[str], named: list[Hit[str]]) -> bool:
    """Return whether words are within the title or the name of the body before them."""
    body = next((body for body in reversed(named) if body.start <= hit.start), None)
    title = title_of(words, body, body.start, len(words)) if body else None
    return body is not None and (hit.start < body.end or (title is not None and title.start < hit.end <= title.end))
