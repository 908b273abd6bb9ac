"""The report as a self-contained HTML page, without scripts, fonts or external content.

The pages of Great Expectations load styles, scripts and a logo from the web. This page shows the same results with
inline styles, and its policy forbids the browser all requests. It contains words of letters, which may be hostile, so
all text is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from imrdata.display.html import Markup, joined, tag
from imrdata.quality.judging import ERROR, FAILED, NOT_APPLICABLE, PASSED, Finding
from imrdata.quality.wording import about, band, expected, message, observed, power

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_WIDTH, _HEIGHT = 150, 10  # of the picture of a finding
_WIDTHS = {  # of the columns, in percent
    "expectation": 26, "about": 10, "observed": 14, "expected": 12, "would be seen": 12, "status": 9,
    "band and its source": 17,
}  # fmt: skip
_BREAK = Markup("<br>")


def page(title: str, facts: Iterable[tuple[str, str]], notes: Iterable[str], findings: Sequence[Finding]) -> str:
    """Return the whole report: the title, the verdict, notes, facts about the corpus, and the findings."""
    wrong = [finding for finding in findings if finding.status in (ERROR, FAILED)]
    parts = [tag("h1", title), tag("p", verdict(findings), kind=f"verdict {'bad' if wrong else 'good'}")]
    parts += [tag("p", note, kind="note") for note in notes]
    for heading, is_drift in (("What changed since the baseline", True), ("What is odd", False)):
        if of := [finding for finding in wrong if finding.rule.is_drift == is_drift]:
            told = (tag("li", message(one)) for one in of)
            parts += [tag("h2", heading), tag("ul", *told), _table(of)]
    parts.append(tag("table", *(tag("tr", *(tag("td", one) for one in fact)) for fact in facts), kind="facts"))
    for table in dict.fromkeys(finding.rule.table for finding in findings):
        for status, words in ((PASSED, "hold"), (NOT_APPLICABLE, "are not applicable")):
            if of := [one for one in findings if (one.rule.table, one.status) == (table, status)]:
                summary = tag("summary", f"Table {table}: {len(of):,} expectations {words}")
                parts.append(tag("details", summary, _table(of)))
    style = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{tag("title", title)}'
        f'<link rel="icon" href="data:,"><style>{style}</style></head>\n'
        f"<body>{joined(parts)}{_READING}</body></html>\n"
    )


def verdict(findings: Sequence[Finding]) -> str:
    """Return one sentence that says how many expectations hold."""
    statuses = [finding.status for finding in findings]
    passed, failed, errors, others = map(statuses.count, (PASSED, FAILED, ERROR, NOT_APPLICABLE))
    words = [f"{passed:,} of {len(findings) - others:,} expectations hold"]
    words += [f"{failed:,} fail"] if failed else []
    words += [f"{errors:,} could not be computed"] if errors else []
    words += [f"{others:,} are not applicable"] if others else []
    return "; ".join(words)


_READING = """<h2 id="reading">How to read it</h2>
<p>Each line compares a figure of this corpus with a band that was published or seen in published letters, or new
letters with those of the baseline. What is expected is widened by what chance does to a corpus of this size; the
requests of one letter are decided together and count for less. A true value beyond what <em>would be seen</em> fails
in four such corpora of five; a smaller shift may pass, so a pass is no proof. A figure outside is a reason to look, at
the corpus and at the reader of letters alike: a corpus that was chosen (one winter, one treatment) differs from the
whole for good reasons. Not applicable means that there are too few letters to tell. What Great Expectations found is
beside this page, in <code>results</code>.</p>"""


def _table(findings: Sequence[Finding]) -> Markup:
    widths = Markup("".join(f'<col style="width: {width}%">' for width in _WIDTHS.values()))
    head = tag("tr", *(tag("th", name) for name in _WIDTHS))
    rows = tag("table", tag("colgroup", widths), head, *map(_finding, findings), kind="findings")
    return tag("div", rows, kind="wide")


def _finding(finding: Finding) -> Markup:
    rule, is_bad = finding.rule, finding.status in (ERROR, FAILED)
    kind = "bad" if is_bad else "good" if finding.status == PASSED else "soft"
    name = [tag("code", rule.name), f", {rule.place}"]
    examples = [tag("ul", *(tag("li", tag("code", one)) for one in finding.examples))] if finding.examples else []
    is_measured = finding.observed is not None and rule.unit != "rows"
    letters = _soft(f"{finding.size.letters:,} letters") if is_measured else []
    return tag(
        "tr",
        tag("td", rule.description, *_soft(*name), *examples),
        tag("td", about(rule)),
        tag("td", observed(finding), *letters, _picture(finding), kind="figure"),
        tag("td", expected(finding), kind="figure"),
        tag("td", power(finding), kind="figure"),
        tag("td", tag("span", finding.status, kind=f"status {kind}"), *_soft(finding.reason)),
        tag("td", band(rule), *_soft(rule.source)),
    )


def _soft(*words: object) -> list[Markup]:
    """Return words on a line of their own, if there are any."""
    return [_BREAK, tag("span", *words, kind="soft")] if any(words) else []


def _picture(finding: Finding) -> Markup:
    """Draw the expected range, with a tick at the observed value."""
    value, low, high = finding.observed, finding.limits.low or 0.0, finding.limits.high
    if value is None or finding.rule.unit == "rows" or value < 0:
        return Markup("")
    most = max(value, high or 0.0, low) * 1.15 or 1.0
    end = most if high is None else high

    def at(number: float) -> float:
        return round(_WIDTH * number / most, 1)

    tick = "tick bad" if finding.status == FAILED else "tick"
    return Markup(
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" role="presentation">'
        f'<line class="axis" x1="0" y1="5" x2="{_WIDTH}" y2="5"/>'
        f'<rect class="range" x="{at(low)}" y="2" width="{max(1.0, at(end) - at(low)):.1f}" height="6"/>'
        f'<line class="{tick}" x1="{at(value)}" y1="0" x2="{at(value)}" y2="{_HEIGHT}"/></svg>'
    )
