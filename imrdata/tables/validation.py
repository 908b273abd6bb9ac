"""Validation of tables: pandera models made from the rules, and the keys between tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import polars as pl

from imrdata.errors import ValidationError
from imrdata.tables.columns import TABLES, Table, contract_of
from imrdata.tables.rules import Rule, limit_checks, limits_are_broken, row_rules

_EXAMPLES, _EXAMPLE_LENGTH = 3, 120
_TEXTS = dict.fromkeys(("table", "column", "rule"), pl.String())
_OF_COLUMNS = {  # what pandera's rules say
    "column_in_dataframe": "the column is missing",
    "column_in_schema": "the table has no such column",
    "column_ordered": "the columns are in another order, at {}",
}
_OF_ROWS = {"not_nullable": "a value is missing", "multiple_fields_uniqueness": "several rows have the same key"}
_FAILURES = pl.Schema({**_TEXTS, "count": pl.Int64(), "examples": pl.List(pl.String())})


def model(table: str) -> Any:
    """Return the pandera schema of a table: types, nulls, vocabularies, limits, key, and the rules of a row.

    Extend it with pandera's methods, e.g. ``add_columns``.

    Args:
        table: ``letters``, ``decisions``, ``citations``, ``quarantine`` or ``diagnostics``.

    Returns:
        A ``pandera.polars.DataFrameSchema``. It accepts a DataFrame with these columns, in this order, and no others.

    Raises:
        UnknownTermError: The table does not exist.

    Example:
        >>> import imrdata, pandera.polars as pa, polars as pl
        >>> marked = imrdata.model("decisions").add_columns({"is_mine": pa.Column(pl.Boolean())})
        >>> decisions = imrdata.load_decisions(imrdata.example_letter())
        >>> marked.validate(decisions.with_columns(is_mine=True)).height
        1
    """
    return _model(table, tuple(contract_of(table).columns))


@cache
def _model(table: str, names: tuple[str, ...], *, extra_columns: bool = False) -> Any:
    """Return the schema of some columns of a table, with the rules that need only these."""
    import pandera.polars as pa  # noqa: PLC0415 - costs more to import than all the rest of the package

    of = contract_of(table)
    rules = [rule for rule in row_rules(table) if set(rule.holds.meta.root_names()) <= set(names)]
    return pa.DataFrameSchema(
        {
            name: pa.Column(one.dtype, limit_checks(one, pa.Check), nullable=one.nullable, description=one.description)
            for name, one in ((name, of.columns[name]) for name in names)
        },
        checks=[_pandera_rule(pa, rule) for rule in rules],
        unique=list(of.key) if of.key and set(of.key) <= set(names) else None,
        strict=not extra_columns,
        ordered=not extra_columns,
        name=table,
        description=of.description,
    )


def _pandera_rule(pa: Any, rule: Rule) -> Any:
    def holds(data: Any) -> pl.LazyFrame:
        result: pl.LazyFrame = data.lazyframe.select(rule.holds.alias(rule.name))
        return result

    return pa.Check(holds, name=rule.name, error=f"{rule.name}: {rule.description}")


def validate(frame: pl.DataFrame, table: str = "decisions", *, extra_columns: bool = False) -> pl.DataFrame:
    """Return the frame if every row keeps the table's contract.

    Pandera's environment variables cannot turn this off.

    Args:
        frame: A polars DataFrame. A LazyFrame is refused, because pandera would check only its schema.
        table: ``letters``, ``decisions``, ``citations``, ``quarantine`` or ``diagnostics``.
        extra_columns: Accept additional columns, and any order of columns.

    Returns:
        The same frame, rows and columns in the same order.

    Raises:
        ValidationError: Rows break rules; ``error.failures`` has one row per broken rule, ``error.rows`` the rows
            that break one.
        UnknownTermError: The table does not exist.
        TypeError: `frame` is not a DataFrame.

    Example:
        >>> import imrdata
        >>> imrdata.validate(imrdata.load_citations(imrdata.example_letter()), "citations").height
        3
    """
    if not isinstance(frame, pl.DataFrame):
        kind = f"{type(frame).__module__.partition('.')[0]} {type(frame).__name__}"
        raise TypeError(f"validate takes a polars DataFrame, not a {kind}; collect a LazyFrame first")
    return _checked(frame, table, tuple(contract_of(table).columns), extra_columns=extra_columns)


def _checked(frame: pl.DataFrame, table: str, names: tuple[str, ...], *, extra_columns: bool = False) -> pl.DataFrame:
    """Return the frame if some columns keep the contract. Names and types are checked first."""
    from pandera.config import ValidationDepth, config_context  # noqa: PLC0415 - see _model
    from pandera.errors import SchemaErrors  # noqa: PLC0415

    contract = _model(table, names, extra_columns=extra_columns)
    columns = contract_of(table).columns
    wanted = {name: columns[name].dtype for name in names}
    found = {name: dtype for name, dtype in frame.schema.items() if not extra_columns or name in wanted}
    is_of_types = found == wanted and (extra_columns or list(found) == list(wanted))
    try:
        if not is_of_types:
            with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_ONLY):
                contract.validate(frame.lazy(), lazy=True)
        with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
            contract.validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        rows = frame[cases["index"].drop_nulls().unique().sort().to_list()]
        raise _validation_error(_failures(frame, table, cases), rows) from None
    return frame


def validate_read(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """Return the frame if its columns keep the table's contract; check the rules of `validate` in one fast query.

    This is for tables that were validated when written. They may have only some columns, in any order; rules that
    need other columns are skipped. If a rule is broken, pandera reports it.
    """
    names, columns = tuple(frame.columns), contract_of(table).columns
    if not names:
        return frame
    if not set(names) <= set(columns):
        return validate(frame, table)  # reports the unknown columns
    if frame.schema == {name: columns[name].dtype for name in names} and not _is_broken(frame, table):
        return frame
    return _checked(frame, table, names)  # no error if two keys only have the same hash


def _is_broken(frame: pl.DataFrame, table: str) -> bool:
    """Return whether any applicable rule is broken."""
    names = tuple(frame.columns)
    rules = _broken_rules(table, names)
    if rules and any(frame.lazy().select(rules).collect().row(0)):
        return True
    for rule in row_rules(table):
        roots = set(rule.holds.meta.root_names())
        if rule.has_few_values and roots <= set(names):
            values = frame.lazy().group_by(roots).agg().collect()  # otherwise polars evaluates the rule in every row
            if not values.select(rule.holds.all()).item():
                return True
    key = contract_of(table).key
    if not key or not set(key) <= set(names):
        return False
    return bool(frame.select(_key_code(table).n_unique()).item() < frame.height)


@cache
def _broken_rules(table: str, names: tuple[str, ...]) -> list[pl.Expr]:
    """Return whether each rule on the given columns is broken."""
    columns = contract_of(table).columns
    rules = [pl.col(name).null_count() > 0 for name in names if not columns[name].nullable]
    limits = (limits_are_broken(columns[name], pl.col(name)) for name in names)
    rules += [limit for limit in limits if limit is not None]
    rules += [
        (~rule.holds).any()
        for rule in row_rules(table)
        if not rule.has_few_values and set(rule.holds.meta.root_names()) <= set(names)
    ]
    return [rule.alias(str(number)) for number, rule in enumerate(rules)]


def _key_code(table: str) -> pl.Expr:
    """Return a hash of each key, which is faster to compare; different keys rarely have the same hash."""
    code = pl.col("case_number").hash()
    of = contract_of(table)
    for name in of.key[1:]:
        value = pl.col(name).to_physical() if isinstance(of.columns[name].dtype, pl.Enum) else pl.col(name)
        code = (code ^ value.cast(pl.UInt64, strict=False)).hash()
    return code


def validate_tables(tables: Mapping[str, pl.DataFrame]) -> None:
    """Check each table, and the keys between them; the quarantine may be left out."""
    for name in TABLES:
        if name in tables:
            validate(tables[name], name)
    validate_keys(tables)


def validate_keys(tables: Mapping[str, pl.DataFrame]) -> None:
    """Check the keys between tables: parents, counts, numbering without gaps, and values repeated from letters."""
    broken: list[tuple[str, str, str, list[str]]] = []
    for name in TABLES:
        child = contract_of(name)
        if child.parent is None:
            continue
        what, whose = name[:-1], child.parent.name[:-1]
        key, parents = list(child.parent.key), tables[child.parent.name]
        alone = tables[name].select(key).join(parents.select(key), on=key, how="anti").unique(maintain_order=True)
        broken.append((name, child.parent.key[-1], f"a {what} has its {whose}", _names_of(alone, key)))
        unlike = _unlike(child, tables[name], parents)
        broken += [(name, column, f"a {what} repeats what its {whose} says", rows) for column, rows in unlike]
    miscounted, gaps = _miscounted(tables["letters"], tables["decisions"]), _gaps(tables["citations"])
    broken.append(("letters", "request_count", "the counts of a letter match its decisions", miscounted))
    broken.append(("citations", "citation_number", "the citations of a party are numbered consecutively", gaps))
    rows = [(table, column, rule, len(keys), keys[:_EXAMPLES]) for table, column, rule, keys in broken if keys]
    if rows:
        raise _validation_error(pl.DataFrame(rows, schema=_FAILURES, orient="row"))


def _miscounted(letters: pl.DataFrame, decisions: pl.DataFrame) -> list[str]:
    """Find letters whose counts do not match their decisions, or whose decisions are not numbered consecutively."""
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
    return counts["case_number"].to_list()


def _gaps(citations: pl.DataFrame) -> list[str]:
    """Find requests and parties whose citations are not numbered consecutively."""
    party, number = list(contract_of("citations").key[:-1]), pl.col("citation_number")
    follows = pl.all_horizontal(pl.col(name) == pl.col(name).shift() for name in party) & (number == number.shift() + 1)
    if citations.select(((number == 1) | follows).fill_null(value=False).all()).item():
        return []  # nearly always in order, which is much faster to check
    parties = citations.group_by(party, maintain_order=True).agg(pl.len().alias("count"), number.max())
    return _names_of(parties.filter(number != pl.col("count")), party)


def _unlike(of: Table, rows: pl.DataFrame, parents: pl.DataFrame) -> list[tuple[str, list[str]]]:
    """Find rows whose values differ from their parent's, by column."""
    assert of.parent is not None  # noqa: S101 - only tables with a parent repeat anything
    on = list(of.parent.key)
    names = [name for name in of.columns if of.repeats(name) and name not in on]
    if not names:
        return []
    both = rows.lazy().join(parents.lazy().select(*on, *names), on=on, how="inner")
    differs = {name: pl.col(name).ne_missing(pl.col(f"{name}_right")) for name in names}
    key = [name for name in of.key if name not in names]
    unlike = both.select(*key, **differs).filter(pl.any_horizontal(names)).collect()
    return [(name, _names_of(unlike.filter(name), key)) for name in names] if unlike.height else []


def _failures(frame: pl.DataFrame, table: str, cases: pl.DataFrame) -> pl.DataFrame:
    """Combine pandera's failures into one row per broken rule. Rows are identified by their key."""
    at_fault = {f"{rule.name}: {rule.description}": rule.column for rule in row_rules(table)}
    table_key = contract_of(table).key
    at_fault["multiple_fields_uniqueness"] = ", ".join(table_key)
    check, column = pl.col("check"), pl.col("column").cast(pl.String)
    found = cases.select(
        pl.when(check.is_in(["column_in_dataframe", "column_in_schema"])).then("failure_case")
        .when(column != table).then(column)
        .otherwise(check.replace_strict(at_fault, default=None)).alias("column"),
        check.alias("rule"),
        pl.when(check.is_in([*at_fault, "not_nullable"])).then(None).otherwise(
            pl.col("failure_case").cast(pl.String)
        ).alias("value"),
        pl.col("index").cast(pl.Int64),
    )  # fmt: skip
    key = [name for name in table_key or ("case_number", "source") if name in frame.columns]
    rows = []
    for (name, rule), part in found.group_by("column", "rule", maintain_order=True):
        examples = part["value"].drop_nulls().head(_EXAMPLES).to_list()
        if key and not examples:
            examples = _names_of(frame[part["index"].drop_nulls().head(_EXAMPLES).to_list()], key)
        rows.append((table, name, rule, part.height, [one[:_EXAMPLE_LENGTH] for one in examples]))
    return pl.DataFrame(rows, schema=_FAILURES, orient="row")


def _names_of(rows: pl.DataFrame, key: Sequence[str]) -> list[str]:
    parts = [pl.col(name).cast(pl.String).fill_null("null") for name in key]
    return rows.select(pl.concat_str(parts, separator=", ")).to_series().to_list()


def _validation_error(failures: pl.DataFrame, rows: pl.DataFrame | None = None) -> ValidationError:
    lines = []
    for row in failures.iter_rows(named=True):
        place = f"{row['table']}.{row['column']}" if row["column"] else row["table"]
        if row["rule"].startswith(("column_", "dtype(")):
            found = ", ".join(row["examples"])
            told = _OF_COLUMNS.get(row["rule"], f"the type is {found}, not {row['rule'][len('dtype(') + 1 : -2]}")
            lines.append(f"  {place}: {told.format(found)}")
            continue
        examples = f", e.g. {', '.join(map(repr, row['examples']))}" if row["examples"] else ""
        plural = "" if row["count"] == 1 else "s"
        rule = _OF_ROWS.get(row["rule"], row["rule"])
        lines.append(f"  {place}: {rule}: {row['count']:,} row{plural}{examples}")
    plural = "rule is" if len(lines) == 1 else "rules are"
    return ValidationError("\n".join([f"{len(lines)} {plural} broken:", *lines]), failures, rows)
