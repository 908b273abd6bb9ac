"""Measure the time from a letter's text to its record on one core, by step.

Each figure is a multiple of the time that Python needs to split and join the same text by words, measured in the same
run. Absolute times are printed too; they depend on the machine.
"""

from __future__ import annotations

import statistics
import textwrap
import time
import timeit
from collections.abc import Callable
from pathlib import Path
from random import Random

from imrdata.letters.dates import calendar_date
from imrdata.letters.fields.citations import _cited_in_line
from imrdata.letters.fields.guideline_lines import read_citations
from imrdata.letters.fields.header import read_header
from imrdata.letters.fields.patient import read_patient
from imrdata.letters.fields.reviewer import credentials_in, read_reviewer
from imrdata.letters.fields.treatments import read_treatment
from imrdata.letters.layouts import find_outline
from imrdata.letters.reading import read_bytes, read_text
from imrdata.letters.text import letter_text
from imrdata.letters.text.cleaning import clean
from imrdata.synthetic import render, synthesize

SEED = Path(__file__).parent.parent / "seeds" / "letters" / "CM15-0174261.md"
ROUNDS, REPEATS = 300, 9
STREAM = 3000


def microseconds(action: Callable[[], object]) -> float:
    times = timeit.repeat(action, number=ROUNDS, repeat=REPEATS)
    return statistics.median(times) / ROUNDS * 1e6


def plain_letter() -> str:
    """Return the seed letter as plain text of 95 columns, with an age, and a summary repeated to about 6 kB."""
    lines = letter_text(SEED.read_bytes()).text.split("\n")
    summary = next(place for place, line in enumerate(lines) if line.startswith("The applicant"))
    lines = [
        line.replace("noted on page 125 of the", "noted in the") for line in lines
    ]  # one letter in 30 cites a page
    lines[summary] = lines[summary].replace("The applicant is a", "The applicant is a 41-year-old male,")
    while sum(map(len, lines)) < 5500:
        lines.insert(summary + 1, lines[summary][:600] + " end.")
    return "\r\n".join("\r\n".join(textwrap.wrap(line, 95)) for line in lines) + "\r\n"


def forget() -> None:
    """Clear the caches of request texts, guideline lines, credentials and dates, which repeat in letters."""
    for kept in (read_treatment, _cited_in_line, credentials_in, calendar_date):
        kept.cache_clear()


def stream() -> None:
    """Time many different letters, each read once, with garbage collection on, as for a user's letters."""
    letters = list(synthesize(STREAM, seed=55))
    texts = [(letter_text(render(letter, "plain", Random(0))).text, letter.name) for letter in letters]
    forget()
    start = time.perf_counter()
    requests = sum(len(read_text(text, name).requests) for text, name in texts)
    seconds = time.perf_counter() - start
    characters = sum(len(text) for text, _ in texts)
    print(f"a stream of {STREAM:,} different synthetic letters, {requests / STREAM:.2f} requests a letter:")
    print(f"  {seconds / STREAM * 1e6:.0f} microseconds a letter of {characters / STREAM:,.0f} characters")
    print(f"  {seconds / characters * 6000 * 1e6:.0f} microseconds per 6,000 characters")


def main() -> None:
    raw = plain_letter()
    text = clean(raw)
    sections = {section.name: section for section in find_outline(text).sections}
    guideline, reviewer = sections["reviewer_guideline"], sections["reviewer"]
    summary = sections["clinical_summary"]
    yardstick = microseconds(lambda: " ".join(raw.split()))
    steps: dict[str, Callable[[], object]] = {
        "bytes to record": lambda: read_bytes(raw.encode()),
        "  with texts never seen before": lambda: (forget(), read_bytes(raw.encode())),
        "  cleaning": lambda: clean(raw),
        "  cleaned text to record": lambda: read_text(text),
        "    sections": lambda: find_outline(text),
        "    header": lambda: read_header(text, sections["header"].end),
        "    reviewer": lambda: read_reviewer(text, reviewer.start, reviewer.end),
        "    patient": lambda: read_patient(text, summary.start, summary.end),
        "    one request's treatment": lambda: read_treatment.__wrapped__("Norco 10/325mg #60, 1 tablet twice a day"),
        "    one guideline line": lambda: read_citations(text[guideline.body : guideline.end].replace("\n", " ")),
    }
    print(f"a letter of {len(raw):,} characters; yardstick (split and join): {yardstick:.1f} microseconds")
    print(f"{'step':28s} {'microseconds':>12s} {'x yardstick':>12s}")
    for name, action in steps.items():
        time = microseconds(action)
        print(f"{name:28s} {time:12.1f} {time / yardstick:12.1f}")
    print()
    stream()


if __name__ == "__main__":
    main()
