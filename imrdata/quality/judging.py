"""Run the suites over a corpus with Great Expectations; return one `Finding` per rule."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imrdata.errors import MissingExtraError
from imrdata.quality.corpus import Corpus, Size
from imrdata.quality.drift import Change, level
from imrdata.quality.expectations import BETWEEN, BY_VALUE, FALSE_ALARMS, FEW_LETTERS, FILLED, Expectation, rules
from imrdata.quality.limits import Limits, drift_limits, limits
from imrdata.quality.suites import expectation, parameters
from imrdata.quality.views import JUDGED_TABLES
from imrdata.tables.columns import contract_of

PASSED, FAILED, NOT_APPLICABLE = "passed", "FAILED", "not applicable"
ERROR = "ERROR"  # it could not be computed
EXAMPLES = 3
NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a rule."""

    rule: Expectation
    status: str
    size: Size  # of the part of the corpus that it is about
    limits: Limits = NO_LIMITS  # including margins; none if it is not applicable
    observed: float | None = None  # for rules by value, the share of rows that break it
    examples: tuple[str, ...] = ()  # up to three rows that break it
    reason: str = ""  # why it is not applicable, or the error


def judge(
    corpus: Corpus, tables: Sequence[str] = JUDGED_TABLES, spark: Path | None = None
) -> tuple[list[Finding], dict[str, Any]]:
    """Run every suite over a corpus, in pandas, or on Spark, which reads the views from a folder.

    Returns one finding per rule, in the order of the suites; and the results of Great Expectations by table.
    """
    gx = great_expectations()
    findings, results = [], {}
    with _quiet():
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        for table, pending in expected(corpus, tables).items():
            ready = [one for one in pending if one.status == ERROR]
            batch = corpus.batch(context, table, _columns(table, [one.rule for one in ready]), spark)
            results[table] = _validate(gx, batch, table, ready)
            by_rule = {one.expectation_config.meta["rule"]: one for one in results[table].results}
            findings += [_finding(one, by_rule[one.rule.name]) if one.rule.name in by_rule else one for one in pending]
    return findings, results


def expected(corpus: Corpus, tables: Sequence[str] = JUDGED_TABLES) -> dict[str, list[Finding]]:
    """Return findings before the suites run: they are not applicable, or have limits but no result yet."""
    wanted = {table: [one for one in rules(table) if corpus.baseline or not one.is_drift] for table in tables}
    changes = {
        (table, name): change
        for table, of in wanted.items()
        for name, change in corpus.changes(table, [one for one in of if one.is_drift and one.column]).items()
    }
    few = {key for key, one in changes.items() if min(one.letters, one.old_letters) < FEW_LETTERS}
    at = level({key: one for key, one in changes.items() if key not in few})
    counts = corpus.counts | {"baseline": corpus.baseline.counts["letters"] if corpus.baseline else 0}

    sizes = {table: corpus.sizes(table, of) for table, of in wanted.items()}
    reasons = {
        (table, rule.name): _not_applicable(rule, sizes[table][rule.name], corpus, changes.get((table, rule.name)))
        for table, of in wanted.items()
        for rule in of
    }
    judged = [rule for of in wanted.values() for rule in of if not reasons[rule.table, rule.name]]
    ends = sum((rule.low is not None) + (rule.high is not None) for rule in judged if rule.margin and not rule.is_drift)

    def pending(rule: Expectation) -> Finding:
        key, size = (rule.table, rule.name), sizes[rule.table][rule.name]
        if reasons[key]:
            return Finding(rule, NOT_APPLICABLE, size, reason=reasons[key])
        change = changes.get(key)
        within = limits(rule, size, counts, FALSE_ALARMS / max(1, ends)) if change is None else drift_limits(change, at)
        if rule.margin == "binomial" and rule.unit != "rows" and (within.low or 0) <= 0 and (within.high or 1) >= 1:
            return Finding(rule, NOT_APPLICABLE, size, reason="too few letters: any share would pass")
        return Finding(rule, ERROR, size, within, reason="no result")

    return {table: [pending(rule) for rule in of] for table, of in wanted.items()}


def _not_applicable(rule: Expectation, size: Size, corpus: Corpus, change: Change | None) -> str:
    if change is not None and min(change.letters, change.old_letters) < rule.minimum:
        of = f"{change.letters:,} new and {change.old_letters:,} old ones of the same layouts and years"
        return f"too few letters: {of}, of at least {rule.minimum:,}"
    if rule.is_drift and not rule.column and not corpus.kept_count:
        return "no letter is also in the baseline"
    if rule.is_of_whole_year and not corpus.spans(int(rule.conditions[-1].value)):
        return "the letters do not span the year"
    if size.letters < rule.minimum:
        return f"too few letters: {size.letters:,} of at least {rule.minimum:,}"
    return ""


def great_expectations() -> Any:
    """Import Great Expectations without output, or raise a MissingExtraError."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import great_expectations as gx  # noqa: PLC0415 - costs ten seconds
            import scipy.stats  # noqa: F401, PLC0415
    except ImportError as error:
        raise MissingExtraError("quality", "a report of quality") from error
    except SystemExit as error:  # pyspark is installed without its Connect packages
        raise MissingExtraError("spark", "Great Expectations beside pyspark") from error
    return gx


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress warnings and log lines of the library; the findings have what matters."""
    logger = logging.getLogger("great_expectations")
    before, logger.disabled = logger.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = before


def _columns(table: str, ready: Iterable[Expectation]) -> list[str]:
    """Return the columns of the rules and the identifiers; Great Expectations copies all columns for each rule."""
    used = [rule.column for rule in ready if rule.column]
    used += [condition.column for rule in ready for condition in rule.conditions]
    return list(dict.fromkeys([*contract_of(table).key, *used]))


def _validate(gx: Any, batch: Any, table: str, ready: Sequence[Finding]) -> Any:
    values: dict[str, float] = {}
    for finding in ready:
        low, high = finding.limits.low, finding.limits.high
        given = {"min_value": low, "max_value": high, "mostly": None if high is None else max(0.0, 1 - high)}
        for argument, named in parameters(finding.rule).items():
            if (value := given[argument]) is not None:
                values[named["$PARAMETER"]] = value
    suite = gx.ExpectationSuite(name=table, expectations=[expectation(finding.rule) for finding in ready])
    shown = {
        "result_format": "SUMMARY",
        "partial_unexpected_count": EXAMPLES,
        "unexpected_index_column_names": list(contract_of(table).key),
    }
    return batch.validate(suite, expectation_parameters=values, result_format=shown)


def _finding(pending: Finding, result: Any) -> Finding:
    rule, size, limits = pending.rule, pending.size, pending.limits
    error, found = _error(result.exception_info), result.result
    observed = None if error else _observed(rule, found)
    if observed is None:
        return Finding(rule, ERROR, size, limits, reason=error or "nothing was measured")
    rows = () if result.success else (found.get("partial_unexpected_index_list") or ())[:EXAMPLES]
    examples = tuple(_example(rule, row) for row in rows)
    return Finding(rule, PASSED if result.success else FAILED, size, limits, observed, examples)


def _observed(rule: Expectation, found: Mapping[str, Any]) -> float | None:
    if rule.expectation not in BY_VALUE:
        value = found.get("observed_value")
        return None if value is None else float(value)
    share = found.get("unexpected_percent_nonmissing" if rule.expectation == BETWEEN else "unexpected_percent")
    return None if share is None else float(share) / 100


def _error(info: Mapping[str, Any]) -> str:
    """Return the error message of an expectation; Great Expectations returns one, or one per metric."""
    if info.get("raised_exception") is False:
        return ""
    each = [info] if "raised_exception" in info else [one for one in info.values() if isinstance(one, Mapping)]
    messages = [str(one.get("exception_message")) for one in each if one.get("raised_exception", True)]
    return "; ".join(dict.fromkeys(messages)) if messages else ""


def _example(rule: Expectation, row: Mapping[str, Any]) -> str:
    names = contract_of(rule.table).key
    key = " ".join(str(row[name]) for name in names if name in row)
    value = row.get(str(rule.column))
    return key if rule.expectation == FILLED or value is None else f"{key}: {value}"
