"""Describe in words what was observed and what was expected."""

from __future__ import annotations

from imrdata.quality.expectations import Condition, Expectation
from imrdata.quality.judging import ERROR, NOT_APPLICABLE, Finding

_HUNDRED = 100


def observed(finding: Finding) -> str:
    """Return the observed value, such as ``14.2 % of 1,234``; empty if nothing was measured."""
    if finding.observed is None:
        return ""
    value = number(finding.observed, finding.rule.unit)
    return f"{value} of {finding.size.rows:,}" if finding.rule.unit == "share" else value


def expected(finding: Finding) -> str:
    """Return the limits, including margins, such as ``7.4 % to 9.8 %``; empty if the rule is not applicable."""
    return interval(finding.limits.low, finding.limits.high, finding.rule.unit)


def power(finding: Finding) -> str:
    """Return the shift that would be detected, such as ``below 12 %, above 31 %``; empty if none."""
    each = (("below", finding.limits.seen_below), ("above", finding.limits.seen_above))
    return ", ".join(f"{word} {number(value, finding.rule.unit)}" for word, value in each if value is not None)


def band(rule: Expectation) -> str:
    """Return the band, without margin; empty if the limits come from a baseline."""
    if rule.is_drift:
        return ""
    if rule.relative_to:
        return interval(rule.low, rule.high, "times").replace("times", f"x {rule.relative_to}")
    return interval(rule.low, rule.high, rule.unit)


def about(rule: Expectation) -> str:
    """Return the rows that a rule is about: ``2016``, ``labelled_outcomes``, ``from 2016``; empty for all."""
    return ", ".join(filter(None, map(_condition, rule.conditions)))


def message(finding: Finding) -> str:
    """Return a finding in one sentence: table, column, rule, observed, expected, and examples."""
    rule = finding.rule
    subject = f"{rule.place}: {rule.name} ({', '.join(filter(None, (rule.description, about(rule))))})"
    if finding.status in (ERROR, NOT_APPLICABLE):
        return f"{subject}: {finding.status}: {finding.reason}"
    words = f"{subject}: observed {observed(finding)}, expected {expected(finding)}"
    return f"{words}, e.g. {', '.join(map(repr, finding.examples))}" if finding.examples else words


def interval(low: float | None, high: float | None, unit: str) -> str:
    """Return a range such as ``7.4 % to 9.8 %``, ``at least 50 %`` or ``at most 1 %``; empty without limits."""
    if low is None and high is None:
        return ""
    if low is None:
        return f"at most {number(high or 0.0, unit)}"
    if high is None:
        return f"at least {number(low, unit)}"
    return f"{number(low, unit)} to {number(high, unit)}"


def number(value: float, unit: str) -> str:
    """Return a number with its unit."""
    if unit == "share":
        return f"{value * _HUNDRED:.3g} %" if value < 1 else "100 %"
    if unit == "rows":
        return f"{value:,.0f} rows"
    return f"{value:.3g} {unit}"


def _condition(condition: Condition) -> str:
    words = {"==": "", ">=": "from ", "<=": "to "}[condition.operator]
    if condition.column.startswith("is_"):
        return {"is_labelled": "labelled outcomes"}.get(condition.column, "")
    return f"{words}{condition.value}"
