"""The long texts of a letter: the clinical summary and the rationale of each decision."""

from __future__ import annotations

from random import Random

from imrdata.synthetic.cases import Case
from imrdata.synthetic.chance import between
from imrdata.synthetic.citing import Citing
from imrdata.synthetic.disputed_requests import DisputedRequest
from imrdata.synthetic.phrases import PhraseBook, knows

PAGE_CITED_SHARE = 0.08  # of rationales while the Chronic Pain guidelines with pages were in force
LAST_YEAR_WITH_PAGES = 2017
OPENING_SHARE = 0.2
MOST_FURTHER = 4  # additional pairs of sentences in a summary
MORE_SHARE = 0.6  # of rationales continue
STOCK_SHARE, STOCK = 0.15, 3  # of rationales are standard texts; number of these per category and outcome


def clinical_summary(case: Case) -> str:
    """Write the clinical summary, without names: the patient, the injury and the course of treatment."""
    say = case.phrases.say
    intro = "intro" if case.age else "intro_ageless" if case.sex else "intro_sexless"
    parts = [say(intro)]
    if case.is_represented is not None:
        parts.append(say("represented" if case.is_represented else "unrepresented"))
    parts += [say("further") for _ in range(between(case.rng, 0, MOST_FURTHER))]
    parts.append(say("summary"))
    return " ".join(parts)


def rationale(case: Case, dispute: DisputedRequest, citing: Citing, *, says_closing: bool = True) -> str:
    """Write the reviewer's rationale, and record a page that it cites.

    The closing sentence states the outcome; some layouts have their own.
    """
    phrases, rng = case.phrases, case.rng
    if rng.random() < STOCK_SHARE:
        kind = f"{dispute.treatment.recipe.category} {dispute.outcome} {between(rng, 1, STOCK)}"
        rng = Random(kind)  # noqa: S311 - the same words in every letter
        phrases = PhraseBook(rng, phrases.facts)
    symbol = f"thing {dispute.treatment.recipe.category}"
    phrases.facts["thing"] = phrases.say(symbol if knows(symbol) else "thing Other")
    parts = [phrases.say("open")] if rng.random() < OPENING_SHARE else []
    parts.append(phrases.say(f"argument {dispute.outcome}"))
    if rng.random() < MORE_SHARE:
        parts.append(phrases.say(f"more {dispute.outcome}"))
    if case.decision_date.year <= LAST_YEAR_WITH_PAGES and rng.random() < PAGE_CITED_SHARE:
        phrases.facts["page_words"] = citing.cite_page(str(between(rng, 7, 126)))
        parts.append(phrases.say("on_page"))
    if says_closing:
        parts.append(phrases.say(f"close {dispute.outcome}"))
    return " ".join(parts)
