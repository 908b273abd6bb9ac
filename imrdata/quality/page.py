"""The report as a self-contained HTML page, without scripts, fonts or external content.

The pages of Great Expectations load styles, scripts and a logo from the web. This page shows the same results with
inline styles, and its policy forbids the browser all requests. It contains words of letters, which may be hostile, so
all text is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from imrdata.quality.judging import ERROR, FAILED, NOT_APPLICABLE, PASSED, Finding
from imrdata.quality.wording import about, band, expected, message, observed, power

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --line: #d8dee4; --ground: #fff; --shade: #f6f8fa;
  --good: #1a7f37; --bad: #b42318; --range: #b6d4ee }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --soft: #9aa4ae; --line: #3a4149; --ground: #16191d;
  --shade: #1f242a; --good: #56c271; --bad: #ff8577; --range: #35536f } }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; color: var(--ink); background: var(--ground);
  font: 15px/1.5 system-ui, sans-serif }
h1 { font-size: 1.5rem; margin: 0 0 .3rem } h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem }
a { color: inherit } nav a { margin-right: 1.2rem }
.verdict { font-size: 1.1rem; font-weight: 600; margin: .2rem 0 1rem }
.note { border-left: 4px solid var(--bad); background: var(--shade); padding: .5rem .8rem; max-width: 52rem }
table { border-collapse: collapse; width: 100% }
table.findings { table-layout: fixed; min-width: 60rem }
.wide { overflow-x: auto } summary { cursor: pointer; margin: .6rem 0; color: var(--soft) }
th, td { text-align: left; vertical-align: top; padding: .35rem .7rem;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
th { color: var(--soft); font-weight: 600; font-size: .85rem; white-space: nowrap }
table.facts { width: auto; margin: 1rem 0 } table.facts td:first-child { color: var(--soft) }
td.figure { white-space: nowrap; font-variant-numeric: tabular-nums }
.status { font-weight: 600; white-space: nowrap } .bad { color: var(--bad) } .good { color: var(--good) }
.soft { color: var(--soft); font-size: .85rem } code { font-size: .85em } ul { margin: .2rem 0; padding-left: 1.1rem }
svg { display: block; margin-top: .3rem } .range { fill: var(--range) } .axis { stroke: var(--line) }
.tick { stroke: var(--ink); stroke-width: 2 } .tick.bad { stroke: var(--bad) }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_WIDTH, _HEIGHT = 150, 10  # of the picture of a finding
_HEAD = ("expectation", "about", "observed", "expected", "would be seen", "status", "band and its source")
_WIDTHS = (26, 10, 14, 12, 12, 9, 17)


def page(title: str, facts: Iterable[tuple[str, str]], notes: Iterable[str], findings: Sequence[Finding]) -> str:
    """Return the whole report.

    Args:
        title: The title.
        facts: Names and values that describe the corpus.
        notes: Notes to read before any figure.
        findings: One per rule.
    """
    wrong = [finding for finding in findings if finding.status in (ERROR, FAILED)]
    changed = [finding for finding in wrong if finding.rule.is_drift]
    odd = [finding for finding in wrong if not finding.rule.is_drift]
    parts = [
        f"<h1>{_text(title)}</h1>",
        f'<p class="verdict {"bad" if wrong else "good"}">{_text(verdict(findings))}</p>',
        *(f'<p class="note">{_text(note)}</p>' for note in notes),
        _section("changed", "What changed since the baseline", changed) if changed else "",
        _section("odd", "What is odd", odd) if odd else "",
        f'<table class="facts">{"".join(_row(map(_text, fact)) for fact in facts)}</table>',
    ]
    for table in dict.fromkeys(finding.rule.table for finding in findings):
        for status, words in ((PASSED, "hold"), (NOT_APPLICABLE, "are not applicable")):
            of = [one for one in findings if (one.rule.table, one.status) == (table, status)]
            summary = f"<summary>Table {_text(table)}: {len(of):,} expectations {words}</summary>"
            parts.append(f"<details>{summary}{_table(of)}</details>" if of else "")
    parts.append(_READING)
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{_text(title)}</title>'
        f'<link rel="icon" href="data:,"><style>{_STYLE}</style>'
    )
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def verdict(findings: Sequence[Finding]) -> str:
    """Return one sentence that says how many expectations hold."""
    counts = {status: sum(finding.status == status for finding in findings) for status in _STATUSES}
    judged = len(findings) - counts[NOT_APPLICABLE]
    words = [f"{counts[PASSED]:,} of {judged:,} expectations hold"]
    words += [f"{counts[FAILED]:,} fail"] if counts[FAILED] else []
    words += [f"{counts[ERROR]:,} could not be computed"] if counts[ERROR] else []
    words += [f"{counts[NOT_APPLICABLE]:,} are not applicable"] if counts[NOT_APPLICABLE] else []
    return "; ".join(words)


_STATUSES = (ERROR, FAILED, PASSED, NOT_APPLICABLE)
_READING = """<h2 id="reading">How to read it</h2>
<p>Each line compares a figure of this corpus with a band that was published or seen in published letters, or new
letters with those of the baseline. What is expected is widened by what chance does to a corpus of this size; the
requests of one letter are decided together and count for less. A true value beyond what <em>would be seen</em> fails
in four such corpora of five; a smaller shift may pass, so a pass is no proof. A figure outside is a reason to look, at
the corpus and at the reader of letters alike: a corpus that was chosen (one winter, one treatment) differs from the
whole for good reasons. Not applicable means that there are too few letters to tell. What Great Expectations found is
beside this page, in <code>results</code>.</p>"""


def _section(anchor: str, title: str, findings: Sequence[Finding]) -> str:
    """Return findings under a heading, each as a sentence with its figures."""
    told = "".join(f"<li>{_text(message(one))}</li>" for one in findings)
    return f'<h2 id="{_text(anchor)}">{_text(title)}</h2>\n<ul>{told}</ul>{_table(findings)}'


def _table(findings: Sequence[Finding]) -> str:
    widths = "".join(f'<col style="width: {width}%">' for width in _WIDTHS)
    rows = "".join(map(_finding, findings))
    head = f"<colgroup>{widths}</colgroup>{_row(_HEAD, 'th')}"
    return f'<div class="wide"><table class="findings">{head}{rows}</table></div>'


def _finding(finding: Finding) -> str:
    rule, is_bad = finding.rule, finding.status in (ERROR, FAILED)
    kind = "bad" if is_bad else "good" if finding.status == PASSED else "soft"
    place = f"{rule.table}.{rule.column}" if rule.column else rule.table
    name = f'{_text(rule.description)}<br><span class="soft"><code>{_text(rule.name)}</code>, {_text(place)}</span>'
    source = f'{_text(band(rule))}<br><span class="soft">{_text(rule.source)}</span>'
    cells = [
        f"<td>{name}{_examples(finding)}</td>",
        f"<td>{_text(about(rule))}</td>",
        f'<td class="figure">{_text(observed(finding))}{_letters(finding)}{_picture(finding)}</td>',
        f'<td class="figure">{_text(expected(finding))}</td>',
        f'<td class="figure">{_text(power(finding))}</td>',
        f'<td><span class="status {kind}">{_text(finding.status)}</span>{_reason(finding)}</td>',
        f"<td>{source}</td>",
    ]
    return f"<tr>{''.join(cells)}</tr>\n"


def _examples(finding: Finding) -> str:
    if not finding.examples:
        return ""
    return f"<ul>{''.join(f'<li><code>{_text(one)}</code></li>' for one in finding.examples)}</ul>"


def _reason(finding: Finding) -> str:
    return f'<br><span class="soft">{_text(finding.reason)}</span>' if finding.reason else ""


def _letters(finding: Finding) -> str:
    if finding.observed is None or finding.rule.unit == "rows":
        return ""
    return f'<br><span class="soft">{finding.size.letters:,} letters</span>'


def _picture(finding: Finding) -> str:
    """Draw the expected range, with a tick at the observed value."""
    value, low, high = finding.observed, finding.limits.low or 0.0, finding.limits.high
    if value is None or finding.rule.unit == "rows" or value < 0:
        return ""
    most = max(value, high or 0.0, low) * 1.15 or 1.0
    end = most if high is None else high

    def at(number: float) -> float:
        return round(_WIDTH * number / most, 1)

    tick = "tick bad" if finding.status == FAILED else "tick"
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" role="presentation">'
        f'<line class="axis" x1="0" y1="5" x2="{_WIDTH}" y2="5"/>'
        f'<rect class="range" x="{at(low)}" y="2" width="{max(1.0, at(end) - at(low)):.1f}" height="6"/>'
        f'<line class="{tick}" x1="{at(value)}" y1="0" x2="{at(value)}" y2="{_HEIGHT}"/></svg>'
    )


def _row(cells: Iterable[str], kind: str = "td") -> str:
    return f"<tr>{''.join(f'<{kind}>{cell}</{kind}>' for cell in cells)}</tr>\n"


def _text(value: object) -> str:
    return escape(str(value), quote=True)
