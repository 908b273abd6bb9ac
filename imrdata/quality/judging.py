"""The suites run by Great Expectations over a corpus: one `Finding` a rule."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from imrdata.errors import MissingExtraError
from imrdata.quality.expectations import BETWEEN, BY_VALUE, FILLED, NOT_NULL, NULL, ROWS, Condition, Expectation, rules
from imrdata.quality.margins import Baseline, Bounds, Size, bounds
from imrdata.quality.suites import expectation, parameters
from imrdata.quality.views import JUDGED_TABLES
from imrdata.tables.columns import contract_of

PASSED, FAILED, ERROR, NOT_APPLICABLE = "passed", "FAILED", "ERROR", "not applicable"
EXAMPLES = 3
NO_LIMITS = Bounds(None, None)

Key = tuple[tuple[Condition, ...], str | None]  # which rows, and the column that must not be null in them


class Corpus(Protocol):
    """What is judged: the views of a corpus on an engine that Great Expectations knows."""

    @property
    def counts(self) -> Mapping[str, int]:
        """How many letters, decisions, citations, quarantined; documents without copies (``duplicates``)."""

    def sizes(self, table: str, keys: Iterable[Key]) -> Mapping[Key, Size]:
        """The size of each part of a table."""

    def shares(self, table: str, rules: Iterable[Expectation]) -> Mapping[str, float | None]:
        """What each rule about drift measures."""

    def batch(self, context: Any, table: str, columns: Sequence[str]) -> Any:
        """Some columns of the view of a table as a batch of Great Expectations."""

    def provenance(self) -> Sequence[tuple[str, int]]:
        """How many letters are published and how many synthetic."""

    def years(self) -> tuple[int | None, int | None]:
        """The first and the last year of decision."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of a rule.

    Attributes:
        rule: The rule.
        status: ``passed``, ``FAILED``, ``ERROR`` (it could not be computed) or ``not applicable``.
        size: The part of the corpus that it is about.
        limits: What passes, margins included; none where it is not applicable.
        observed: What was measured; null where nothing was. Of rules by value, the share of rows that break it.
        examples: Up to three rows that break it, where rows do.
        reason: Why it is not applicable, or what the error is.
    """

    rule: Expectation
    status: str
    size: Size
    limits: Bounds = NO_LIMITS
    observed: float | None = None
    examples: tuple[str, ...] = ()
    reason: str = ""


def judge(
    corpus: Corpus, baseline: Corpus | None = None, tables: Sequence[str] = JUDGED_TABLES
) -> tuple[list[Finding], dict[str, Any]]:
    """Run every suite over a corpus.

    Args:
        corpus: The corpus.
        baseline: The corpus that it is compared with; None to leave the rules about drift out.
        tables: The tables whose suites are run.

    Returns:
        One finding a rule, in the order of the suites; and by table, the results as Great Expectations gives them.

    Raises:
        MissingExtraError: Great Expectations is not installed.
    """
    gx = great_expectations()
    with _quiet():
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        findings, results = [], {}
        for table in tables:
            found, results[table] = _judge_table(gx, context, table, corpus, baseline)
            findings += found
    return findings, results


def great_expectations() -> Any:
    """The library, imported without a word.

    Raises:
        MissingExtraError: It is not installed, or pyspark beside it is there without its Connect packages, which ends
            the process that imports it.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import great_expectations as gx  # noqa: PLC0415 - costs ten seconds
            import scipy.stats  # noqa: F401, PLC0415
    except ImportError as error:
        raise MissingExtraError("quality", "a report of quality") from error
    except SystemExit as error:
        raise MissingExtraError("spark", "Great Expectations beside pyspark") from error
    return gx


@contextmanager
def _quiet() -> Iterator[None]:
    """No warnings and no log lines of the library; what matters of them is in the findings."""
    logger = logging.getLogger("great_expectations")
    before, logger.disabled = logger.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = before


def _judge_table(
    gx: Any, context: Any, table: str, corpus: Corpus, baseline: Corpus | None
) -> tuple[list[Finding], Any]:
    wanted = [rule for rule in rules(table) if baseline is not None or not rule.is_drift]
    counts = dict(corpus.counts)
    drift: dict[str, Baseline] = {}
    if baseline is not None:
        counts["baseline"] = baseline.counts[table]
        drift = _baselines(table, wanted, baseline)
    sizes = corpus.sizes(table, [_key(rule) for rule in wanted])
    findings, ready = {}, []
    for rule in wanted:
        size, base = sizes[_key(rule)], drift.get(rule.name)
        reason = _not_applicable(rule, size, base)
        limits = NO_LIMITS if reason else bounds(rule, size, counts, base)
        status = NOT_APPLICABLE if reason else ERROR
        findings[rule.name] = Finding(rule, status, size, limits, reason=reason or "no result")
        if not reason:
            ready.append(rule)
    batch = corpus.batch(context, table, _columns(table, ready))
    results = _validate(gx, batch, table, [findings[rule.name] for rule in ready])
    for result in results.results:
        name = result.expectation_config.meta["rule"]
        findings[name] = _finding(findings[name], result)
    return [findings[rule.name] for rule in wanted], results


def _key(rule: Expectation) -> Key:
    counts_nulls = rule.expectation in (NULL, FILLED, NOT_NULL, ROWS)
    return rule.conditions, None if counts_nulls else rule.column


def _columns(table: str, ready: Iterable[Expectation]) -> list[str]:
    """What the rules look at, and what names a row; Great Expectations copies all that it is given, for each rule."""
    used = [rule.column for rule in ready if rule.column]
    used += [condition.column for rule in ready for condition in rule.conditions]
    return list(dict.fromkeys([*contract_of(table).key, *used]))


def _baselines(table: str, wanted: Sequence[Expectation], baseline: Corpus) -> dict[str, Baseline]:
    drifting = [rule for rule in wanted if rule.is_drift and rule.column]
    sizes = baseline.sizes(table, [_key(rule) for rule in drifting])
    shares = baseline.shares(table, drifting)
    return {
        rule.name: Baseline(share, sizes[_key(rule)]) for rule in drifting if (share := shares[rule.name]) is not None
    }


def _not_applicable(rule: Expectation, size: Size, baseline: Baseline | None) -> str:
    if size.letters < rule.minimum:
        return f"too few letters: {size.letters:,} of at least {rule.minimum:,}"
    if rule.is_drift and rule.column and (baseline is None or baseline.size.letters < rule.minimum):
        letters = baseline.size.letters if baseline else 0
        return f"too few letters in the baseline: {letters:,} of at least {rule.minimum:,}"
    return ""


def _validate(gx: Any, batch: Any, table: str, ready: Sequence[Finding]) -> Any:
    values: dict[str, float] = {}
    for finding in ready:
        low, high = finding.limits.low, finding.limits.high
        given = {"min_value": low, "max_value": high, "mostly": None if high is None else max(0.0, 1 - high)}
        values |= {
            named["$PARAMETER"]: value
            for argument, named in parameters(finding.rule).items()
            if (value := given[argument]) is not None
        }
    suite = gx.ExpectationSuite(name=table, expectations=[expectation(finding.rule) for finding in ready])
    shown = {
        "result_format": "SUMMARY",
        "partial_unexpected_count": EXAMPLES,
        "unexpected_index_column_names": list(contract_of(table).key),
    }
    return batch.validate(suite, expectation_parameters=values, result_format=shown)


def _finding(pending: Finding, result: Any) -> Finding:
    rule, size, limits = pending.rule, pending.size, pending.limits
    error = _error(result.exception_info)
    if error:
        return Finding(rule, ERROR, size, limits, reason=error)
    found = result.result
    observed = _observed(rule, found)
    if observed is None:
        return Finding(rule, ERROR, size, limits, reason="nothing was measured")
    examples = () if result.success else tuple(_example(rule, row) for row in _rows(found))
    return Finding(rule, PASSED if result.success else FAILED, size, limits, observed, examples)


def _observed(rule: Expectation, found: Mapping[str, Any]) -> float | None:
    if rule.expectation not in BY_VALUE:
        value = found.get("observed_value")
        return None if value is None else float(value)
    share = found.get("unexpected_percent_nonmissing" if rule.expectation == BETWEEN else "unexpected_percent")
    return None if share is None else float(share) / 100


def _error(info: Mapping[str, Any]) -> str:
    """The message of an expectation that raised; Great Expectations gives one, or one a metric."""
    if info.get("raised_exception") is False:
        return ""
    each = [info] if "raised_exception" in info else [one for one in info.values() if isinstance(one, Mapping)]
    messages = [str(one.get("exception_message")) for one in each if one.get("raised_exception", True)]
    return "; ".join(dict.fromkeys(messages)) if messages else ""


def _rows(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(found.get("partial_unexpected_index_list") or ())[:EXAMPLES]


def _example(rule: Expectation, row: Mapping[str, Any]) -> str:
    names = contract_of(rule.table).key
    key = " ".join(str(row[name]) for name in names if name in row)
    value = row.get(str(rule.column))
    return key if rule.expectation == FILLED or value is None else f"{key}: {value}"
