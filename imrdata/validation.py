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
    has_few_values: bool = False  # its columns do: each of their combinations need be looked at only once


@cache
def row_rules(table: str) -> tuple[Rule, ...]:
    """The rules between the columns of one row."""
    col = pl.col
    upheld, overturned, partially = CASE_OUTCOMES
    case_outcome = col("case_outcome")
    derived = (
        pl.when(col("overturned_count") == 0).then(case_outcome == upheld)
        .when(col("overturned_count") == col("request_count")).then(case_outcome == overturned)
        .otherwise(case_outcome == partially)
    )  # fmt: skip
    denied = col("ur_decision") == "denied"
    category, subcategory = col("treatment_category"), col("treatment_subcategory")
    belongs = pl.any_horizontal(
        (category == one) & subcategory.is_in(theirs) for one, theirs in _subcategories().items()
    )
    rules = {
        "letters": [
            Rule("overturned_within_requests", "overturned_count is at most request_count",
                 col("overturned_count") <= col("request_count")),
            Rule("case_outcome_follows_counts", "case_outcome is what the counts say", derived),
        ],
        "decisions": [
            Rule("parts_only_where_modified", "a denied request has no original or authorized part",
                 ~denied | (col("original_request_text").is_null() & col("authorized_text").is_null())),
            Rule("denied_request_is_disputed_whole", "the whole of a denied request is in dispute",
                 ~denied | (col("disputed_treatment_text") == col("request_text"))),
            Rule("case_outcome_allows_outcome", "the request's outcome is one that the case outcome allows",
                 (case_outcome == partially) | ((case_outcome == upheld) == (col("outcome") == upheld))),
            Rule("subcategory_of_category", "treatment_subcategory belongs to treatment_category",
                 belongs.fill_null(value=False), has_few_values=True),
        ],
        "citations": [
            Rule("rationale_is_the_reviewers", "only the reviewer cites in the rationale",
                 (col("found_in") == "guideline") | (col("cited_by") == "reviewer")),
        ],
        "quarantine": [],
        "diagnostics": [],
    }  # fmt: skip
    return tuple(rules[table])


def _subcategories() -> dict[str, list[str]]:
    """The subcategories of each category."""
    found: dict[str, list[str]] = {}
    for row in vocabulary("treatment_categories"):
        found.setdefault(row["category"], []).append(row["subcategory"])
    return found


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
    return pa.Column(
        column.dtype, limits(name).checks(pa.Check), nullable=column.nullable, description=column.description
    )


def _pandera_rule(pa: Any, rule: Rule) -> Any:
    def holds(data: Any) -> pl.LazyFrame:
        result: pl.LazyFrame = data.lazyframe.select(rule.holds.alias(rule.name))
        return result

    return pa.Check(holds, name=rule.name, error=f"{rule.name}: {rule.description}")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a value of a column must keep to, beyond its type; what is None does not apply."""

    pattern: str | None = None
    minimum: float | date | None = None
    maximum: float | date | None = None
    above: float | None = None
    min_length: int | None = None

    def holds(self, value: pl.Expr) -> pl.Expr:
        """Whether a value keeps to them; null for null."""
        if self.pattern is not None:
            return value.str.contains(self.pattern)
        if self.min_length == 1:
            return value != ""  # much faster than a length
        parts = [value >= self.minimum] if self.minimum is not None else []
        parts += [value <= self.maximum] if self.maximum is not None else []
        parts += [value > self.above] if self.above is not None else []
        return pl.all_horizontal(parts) if parts else pl.lit(value=True)

    def checks(self, check: Any) -> list[Any]:
        """The same as pandera checks."""
        if self.pattern is not None:
            return [check.str_matches(self.pattern)]
        if self.min_length is not None:
            return [check.str_length(min_value=self.min_length)]
        if self.minimum is not None and self.maximum is not None:
            return [check.in_range(self.minimum, self.maximum)]
        if self.minimum is not None:
            return [check.ge(self.minimum)]
        return [check.gt(self.above)] if self.above is not None else []


def limits(name: str) -> Limits:
    """What the values of a column must keep to."""
    by_name = {
        "case_number": Limits(pattern=CASE_NUMBER),
        "source_sha256": Limits(pattern=SHA256),
        "request_number": Limits(minimum=1),
        "citation_number": Limits(minimum=1),
        "request_count": Limits(minimum=1),
        "overturned_count": Limits(minimum=0),
        "patient_age": Limits(minimum=10, maximum=110),
        "quantity": Limits(above=0),
        "edition_year": Limits(minimum=1990, maximum=2100),
    }
    if name in by_name:
        return by_name[name]
    dtype = columns()[name].dtype
    if dtype == pl.Date():
        return Limits(minimum=FIRST_DAY, maximum=LAST_DAY)
    return Limits(min_length=1) if dtype == pl.String() else Limits()


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


def validate_read(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """The frame itself, if its columns keep the table's contract: the rules of `validate` as one polars query.

    For tables that were validated when they were written, and for some of their columns: only rules whose columns
    are all there are looked at. It takes a small part of the time; a broken rule is told by `validate` in full.

    Raises:
        ValidationError: Some rows break rules.
    """
    wanted = {name: columns()[name].dtype for name in frame.columns}
    rules = _rules_of(table, tuple(frame.columns))
    counts = frame.lazy().select(rule.alias(name) for name, rule in rules.items()).collect().row(0, named=True)
    for rule in row_rules(table):
        names = rule.holds.meta.root_names()
        if rule.has_few_values and set(names) <= set(frame.columns):
            values = frame.lazy().group_by(set(names)).len().collect()  # or polars looks at the rule in every row
            counts[rule.name] = values.filter(~rule.holds)["len"].sum()
    if KEYS[table] and set(KEYS[table]) <= set(frame.columns):
        counts["the key is there twice"] = frame.height - frame.select(_key_code(table).n_unique()).item()
    broken = {name: count for name, count in counts.items() if count}
    if dict(frame.schema) == wanted and not broken:
        return frame
    if frame.columns == column_names(table):
        return validate(frame, table)  # says it in full; or, of two keys of one hash, that nothing is wrong
    rows: list[tuple[str, None, str, int, list[str]]] = [
        (table, None, name, int(count), []) for name, count in broken.items()
    ]
    raise _validation_error(
        pl.DataFrame(rows or [(table, None, "column types", 1, [])], schema=_FAILURES, orient="row")
    )


@cache
def _rules_of(table: str, names: tuple[str, ...]) -> dict[str, pl.Expr]:
    """How many rows break each rule that some columns of a table are subject to."""
    rules = {f"{name} is null": pl.col(name).null_count() for name in names if not columns()[name].nullable}
    for name in names:
        if limits(name) != Limits():
            rules[f"{name} is out of its limits"] = (~limits(name).holds(pl.col(name))).sum()
    for rule in row_rules(table):
        if not rule.has_few_values and set(rule.holds.meta.root_names()) <= set(names):
            rules[rule.name] = (~rule.holds).sum()
    return rules


def _key_code(table: str) -> pl.Expr:
    """A table's key as one number, for these are compared much faster; equal for equal keys, and hardly ever else."""
    code = pl.col("case_number").hash()
    for name in KEYS[table][1:]:
        value = pl.col(name).to_physical() if isinstance(columns()[name].dtype, pl.Enum) else pl.col(name)
        code = (code ^ value.cast(pl.UInt64, strict=False)).hash()
    return code


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
    validate_keys(tables)


def validate_keys(tables: Mapping[str, pl.DataFrame]) -> None:
    """Check the keys between tables, and that the counts of each letter are those of its decisions.

    Args:
        tables: ``letters``, ``decisions``, ``citations`` and ``diagnostics``.

    Raises:
        ValidationError: A row has no parent, or the counts do not add up.
    """
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
