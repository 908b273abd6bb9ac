"""What every row must satisfy: pandera models of the tables, and the keys between them.

A rule belongs here only if an error of the reader would break it. A letter may print dates that contradict each
other; that is data, and the table of diagnostics tells of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import polars as pl

from imrdata.errors import ValidationError
from imrdata.resources import vocabulary
from imrdata.tables import CASE_OUTCOMES, KEYS, TABLES, Column, column_names, columns

CASE_NUMBER = r"^CM\d{2}-\d{7}$"
SHA256 = r"^[0-9a-f]{64}$"
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)

DESCRIPTIONS = {
    "letters": "One row a final determination letter.",
    "decisions": "One row a treatment request decided.",
    "citations": "One row a guideline cited by a party for a request.",
    "quarantine": "One row a file or letter that could not become rows.",
    "diagnostics": "One row something that a reader should know of a letter, and that is no error.",
}
_EXAMPLES = 3
_PARENTS = (
    ("decisions", "letters", ["case_number"], "a decision has its letter"),
    ("citations", "decisions", ["case_number", "request_number"], "a citation has its decision"),
    ("diagnostics", "letters", ["case_number"], "a diagnostic has its letter"),
)
_FAILURES = pl.Schema(
    {
        "table": pl.String(),
        "column": pl.String(),
        "rule": pl.String(),
        "count": pl.Int64(),
        "examples": pl.List(pl.String()),
    }
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A fact about one row, as a polars expression that is true where it holds."""

    name: str
    description: str
    holds: pl.Expr


@cache
def row_rules(table: str) -> tuple[Rule, ...]:
    """The rules between the columns of one row."""
    col = pl.col
    upheld, overturned, partially = map(pl.lit, CASE_OUTCOMES)
    derived = (
        pl.when(col("overturned_count") == 0).then(upheld)
        .when(col("overturned_count") == col("request_count")).then(overturned)
        .otherwise(partially)
    )  # fmt: skip
    case_outcome, outcome, denied = _words("case_outcome"), _words("outcome"), _words("ur_decision") == "denied"
    pairs = [f"{row['category']}/{row['subcategory']}" for row in vocabulary("treatment_categories")]
    pair = pl.concat_str(_words("treatment_category"), col("treatment_subcategory"), separator="/")
    no_treatment = col("treatment_category").is_null() & col("treatment_subcategory").is_null()
    rules = {
        "letters": [
            Rule("overturned_within_requests", "overturned_count is at most request_count",
                 col("overturned_count") <= col("request_count")),
            Rule("case_outcome_follows_counts", "case_outcome is what the counts say", case_outcome == derived),
        ],
        "decisions": [
            Rule("parts_only_where_modified", "a denied request has no original or authorized part",
                 ~denied | (col("original_request_text").is_null() & col("authorized_text").is_null())),
            Rule("denied_request_is_disputed_whole", "the whole of a denied request is in dispute",
                 ~denied | (col("disputed_treatment_text") == col("request_text"))),
            Rule("case_outcome_allows_outcome", "the request's outcome is one that the case outcome allows",
                 (case_outcome == partially) | (case_outcome == outcome)),
            Rule("subcategory_of_category", "treatment_subcategory belongs to treatment_category",
                 no_treatment | pair.is_in(pairs).fill_null(value=False)),
        ],
        "citations": [
            Rule("rationale_is_the_reviewers", "only the reviewer cites in the rationale",
                 (_words("found_in") == "guideline") | (_words("cited_by") == "reviewer")),
        ],
        "quarantine": [],
        "diagnostics": [],
    }  # fmt: skip
    return tuple(rules[table])


def _words(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String)


@cache
def model(table: str) -> Any:
    """The pandera ``DataFrameSchema`` of a table: types, nulls, vocabularies, patterns, key and row rules.

    Args:
        table: ``letters``, ``decisions``, ``citations``, ``quarantine`` or ``diagnostics``.

    Raises:
        UnknownTermError: There is no table of this name.
    """
    import pandera.polars as pa  # noqa: PLC0415 - costs more to import than all the rest of the package

    names = column_names(table)
    return pa.DataFrameSchema(
        {name: _pandera_column(pa, name, columns()[name]) for name in names},
        checks=[_pandera_rule(pa, rule) for rule in row_rules(table)],
        unique=list(KEYS[table]) or None,
        strict=True,
        ordered=True,
        name=table,
        description=DESCRIPTIONS[table],
    )


def _pandera_column(pa: Any, name: str, column: Column) -> Any:
    checks = _value_checks(pa.Check, name, column)
    return pa.Column(column.dtype, checks, nullable=column.nullable, description=column.description)


def _pandera_rule(pa: Any, rule: Rule) -> Any:
    def holds(data: Any) -> pl.LazyFrame:
        result: pl.LazyFrame = data.lazyframe.select(rule.holds.alias(rule.name))
        return result

    return pa.Check(holds, name=rule.name, error=f"{rule.name}: {rule.description}")


def _value_checks(check: Any, name: str, column: Column) -> list[Any]:
    by_name = {
        "case_number": lambda: check.str_matches(CASE_NUMBER),
        "source_sha256": lambda: check.str_matches(SHA256),
        "request_number": lambda: check.ge(1),
        "citation_number": lambda: check.ge(1),
        "request_count": lambda: check.ge(1),
        "overturned_count": lambda: check.ge(0),
        "patient_age": lambda: check.in_range(10, 110),
        "quantity": lambda: check.gt(0),
        "edition_year": lambda: check.in_range(1990, 2100),
    }
    if name in by_name:
        return [by_name[name]()]
    if column.dtype == pl.Date():
        return [check.in_range(FIRST_DAY, LAST_DAY)]
    if column.dtype == pl.String():
        return [check.str_length(min_value=1)]
    return []


def validate(frame: pl.DataFrame, table: str = "decisions") -> pl.DataFrame:
    """The frame itself, if every row of it keeps the table's contract.

    Args:
        frame: A polars DataFrame. A LazyFrame is refused, because pandera would check its schema only.
        table: ``letters``, ``decisions``, ``citations``, ``quarantine`` or ``diagnostics``.

    Returns:
        The same frame, rows and columns in the same order.

    Raises:
        ValidationError: Some rows break rules; ``error.failures`` has one row a broken rule.
        UnknownTermError: There is no table of this name.
        TypeError: `frame` is no DataFrame.

    Example:
        >>> import imrdata
        >>> imrdata.validate(imrdata.load_citations(imrdata.example_letter()), "citations").height
        3
    """
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(f"validate takes a polars DataFrame, not {type(frame).__name__}; collect a LazyFrame first")
    from pandera.errors import SchemaError, SchemaErrors  # noqa: PLC0415 - see model

    try:
        model(table).validate(frame, lazy=True)
    except SchemaErrors as errors:
        raise _validation_error(_failures(table, errors.failure_cases)) from None
    except SchemaError as error:
        message = pl.DataFrame([(table, None, str(error), 1, [])], schema=_FAILURES, orient="row")
        raise _validation_error(message) from None
    return frame


def validate_tables(tables: Mapping[str, pl.DataFrame]) -> None:
    """Check each table, and the keys between them.

    Args:
        tables: ``letters``, ``decisions``, ``citations`` and ``diagnostics``, and ``quarantine`` where there is one.

    Raises:
        ValidationError: A row breaks a rule, has no parent, or the counts do not add up.
    """
    for name in TABLES:
        if name in tables:
            validate(tables[name], name)
    letters, decisions = tables["letters"], tables["decisions"]
    counted = decisions.group_by("case_number").agg(
        pl.len().alias("rows"),
        (pl.col("outcome").cast(pl.String) == "Overturned").sum().alias("overturned"),
        pl.col("request_number").max().alias("last"),
    )
    counts = letters.join(counted, on="case_number", how="left").filter(
        (pl.col("rows").fill_null(0) != pl.col("request_count"))
        | (pl.col("overturned") != pl.col("overturned_count"))
        | (pl.col("last") != pl.col("rows"))
    )
    broken = [
        (child, key[-1], rule, _orphans(tables[child], tables[parent], key)) for child, parent, key, rule in _PARENTS
    ]
    message = "the counts of a letter are those of its decisions"
    broken.append(("letters", "request_count", message, counts["case_number"].to_list()))
    rows = [(table, column, rule, len(keys), keys[:_EXAMPLES]) for table, column, rule, keys in broken if keys]
    if rows:
        raise _validation_error(pl.DataFrame(rows, schema=_FAILURES, orient="row"))


def _orphans(child: pl.DataFrame, parent: pl.DataFrame, key: list[str]) -> list[str]:
    orphans = child.select(key).join(parent.select(key), on=key, how="anti").unique(maintain_order=True)
    return orphans.select(pl.concat_str(key, separator=", ")).to_series().to_list()


def _failures(table: str, cases: pl.DataFrame) -> pl.DataFrame:
    """One row a broken rule, from pandera's one row a failing value."""
    return (
        cases.with_columns(pl.col("column").cast(pl.String), pl.col("failure_case").cast(pl.String).str.slice(0, 120))
        .group_by("column", "check", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("count"),
            pl.col("failure_case").drop_nulls().head(_EXAMPLES).alias("examples"),
        )
        .select(pl.lit(table).alias("table"), "column", pl.col("check").alias("rule"), "count", "examples")
        .cast(_FAILURES)
    )


def _validation_error(failures: pl.DataFrame) -> ValidationError:
    lines = []
    for row in failures.iter_rows(named=True):
        place = f"{row['table']}.{row['column']}" if row["column"] else row["table"]
        examples = ", ".join(map(repr, row["examples"]))
        lines.append(f"  {place}: {row['rule']}: {row['count']:,} rows" + (f", e.g. {examples}" if examples else ""))
    plural = "rule is" if len(lines) == 1 else "rules are"
    return ValidationError("\n".join([f"{len(lines)} {plural} broken:", *lines]), failures)
