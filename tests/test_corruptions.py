"""Test that each corruption of valid tables is found by exactly one rule, whose message says where it is."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest
from conftest import LETTER

import imrdata
from imrdata.errors import ImrDataWarning, ValidationError
from imrdata.tables.columns import TABLES, schema
from imrdata.tables.validation import validate_keys, validate_read, validate_tables

Tables = dict[str, pl.DataFrame]
Change = Callable[[pl.DataFrame], pl.DataFrame]


@pytest.fixture(scope="module")
def tables() -> Tables:
    """Return the valid tables of three letters, a text that is not a letter, and a diagnostic."""
    unknown = LETTER.replace("CM16-0000123", "CM16-0000124").replace("Pain Management", "Balneomancy")
    with pytest.warns(ImrDataWarning, match="1 of 4 documents"):
        data = imrdata.load([imrdata.example_letter(), LETTER, unknown, "no letter\n"])
    found: Tables = {name: getattr(data, name) for name in TABLES}
    assert all(frame.height for frame in found.values())
    validate_tables(found)
    return found


def last(column: str, value: object, **also: object) -> Change:
    """Set values in the last row."""

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        is_last = pl.int_range(pl.len()) == pl.len() - 1
        values = {column: value} | also
        return frame.with_columns(
            pl.when(is_last).then(pl.lit(one, dtype=frame.schema[name])).otherwise(pl.col(name)).alias(name)
            for name, one in values.items()
        )

    return change


def cast(column: str, dtype: Any) -> Change:
    return lambda frame: frame.with_columns(pl.col(column).cast(dtype))


def twice(frame: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([frame, frame.tail(1)])


def added(**values: object) -> Change:
    """Add a copy of the last row with some other values."""
    return lambda frame: pl.concat([frame, last(*next(iter(values.items())), **values)(frame.tail(1))])


COLUMNS: list[tuple[str, str, Change, str | None, str]] = [
    ("age as text", "letters", cast("patient_age", pl.String), "patient_age", "dtype('Int16')"),
    ("count in 64 bits", "letters", cast("request_count", pl.Int64), "request_count", "dtype('Int16')"),
    ("date with a time", "letters", cast("decision_date", pl.Datetime), "decision_date", "dtype('Date')"),
    ("unknown outcome", "decisions", lambda f: cast("outcome", pl.String)(f).with_columns(outcome=pl.lit("Won")),
     "outcome", "dtype('Enum("),
    ("outcomes in another order", "decisions", cast("outcome", pl.Enum(["Overturned", "Upheld"])), "outcome", "dtype("),
    ("outcome of a wider list", "decisions", cast("outcome", pl.Enum(["Upheld", "Overturned", "Won"])), "outcome",
     "dtype("),
    ("list joined", "decisions", lambda f: f.with_columns(pl.col("drugs").list.join("; ")), "drugs", "dtype('List("),
    ("quantity in 32 bits", "decisions", cast("quantity", pl.Float32), "quantity", "dtype('Float64')"),
    ("year as date", "citations", lambda f: f.with_columns(edition_year=pl.date("edition_year", 1, 1)),
     "edition_year", "dtype('Int16')"),
    ("column missing", "decisions", lambda f: f.drop("outcome"), "outcome", "column_in_dataframe"),
    ("key missing", "letters", lambda f: f.drop("case_number"), "case_number", "column_in_dataframe"),
    ("column renamed", "diagnostics", lambda f: f.drop("code"), "code",
     "column_in_dataframe"),
    ("column too many", "citations", lambda f: f.with_columns(url=pl.lit("x")), "url", "column_in_schema"),
    ("columns reordered", "quarantine", lambda f: f.select(reversed(f.columns)), None,
     "column_ordered"),
]  # fmt: skip

ROWS: list[tuple[str, str, Change, str, str]] = [
    ("letter without number", "letters", last("case_number", None), "case_number", "not_nullable"),
    ("letter without layout", "letters", last("letter_layout", None), "letter_layout", "not_nullable"),
    ("list is null", "letters", last("reviewer_states", None), "reviewer_states", "not_nullable"),
    ("decision without outcome", "decisions", last("outcome", None), "outcome", "not_nullable"),
    ("decision without category", "decisions", last("treatment_category", None), "treatment_category", "not_nullable"),
    ("retrospective unknown", "decisions", last("is_retrospective", None), "is_retrospective", "not_nullable"),
    ("citation of nobody", "citations", last("cited_by", None), "cited_by", "not_nullable"),
    ("quarantine without reason", "quarantine", last("reason", None), "reason", "not_nullable"),
    ("diagnostic of nothing", "diagnostics", last("case_number", None), "case_number", "not_nullable"),
    ("case number too short", "letters", last("case_number", "CM16-123"), "case_number", "str_matches"),
    ("case number in small letters", "decisions", last("case_number", "cm16-0000123"), "case_number", "str_matches"),
    ("case number with a line end", "citations", last("case_number", "CM16-0000123\n"), "case_number", "str_matches"),
    ("case number in Arabic digits", "diagnostics", last("case_number", "CM16-000012\u0663"), "case_number",
     "str_matches"),
    ("digest cut off", "letters", last("source_sha256", "0f" * 31), "source_sha256", "str_matches"),
    ("digest in capitals", "quarantine", last("source_sha256", "0F" * 32), "source_sha256", "str_matches"),
    ("letter twice", "letters", twice, "case_number", "multiple_fields_uniqueness"),
    ("decision twice", "decisions", twice, "case_number, request_number", "multiple_fields_uniqueness"),
    ("citation twice", "citations", twice, "case_number, request_number, cited_by, citation_number",
     "multiple_fields_uniqueness"),
    ("injury of 1816", "letters", last("injury_date", date(1816, 1, 1)), "injury_date", "in_range"),
    ("decision of 3016", "decisions", last("decision_date", date(3016, 1, 1)), "decision_date", "in_range"),
    ("negative age", "letters", last("patient_age", -41), "patient_age", "in_range"),
    ("age of 150", "decisions", last("patient_age", 150), "patient_age", "in_range"),
    ("year of 20016", "citations", last("edition_year", 20016), "edition_year", "in_range"),
    ("year of two digits", "citations", last("edition_year", 16), "edition_year", "in_range"),
    ("request number 0", "decisions", last("request_number", 0), "request_number", "greater_than_or_equal_to(1)"),
    ("citation number -1", "citations", last("citation_number", -1), "citation_number", "greater_than_or_equal_to(1)"),
    ("negative count", "letters", last("overturned_count", -1, case_outcome="Partially overturned"),
     "overturned_count", "greater_than_or_equal_to(0)"),
    ("quantity of nothing", "decisions", last("quantity", 0.0), "quantity", "greater_than(0)"),
    ("quantity is no number", "decisions", last("quantity", math.nan), "quantity", "is_finite"),
    ("quantity without end", "decisions", last("quantity", math.inf), "quantity", "is_finite"),
    ("empty rationale", "decisions", last("rationale_text", ""), "rationale_text", "str_length"),
    ("empty section of a letter", "letters", last("documents_reviewed_text", ""), "documents_reviewed_text",
     "str_length"),
    ("empty title", "citations", last("guideline_title", ""), "guideline_title", "str_length"),
    ("empty message", "quarantine", last("message", ""), "message", "str_length"),
    ("empty code", "diagnostics", last("code", ""), "code", "str_length"),
    ("null among drugs", "decisions", last("drugs", ["ibuprofen", None]), "drugs", "list_of_words"),
    ("empty body part", "decisions", last("body_parts", [""]), "body_parts", "list_of_words"),
    ("empty state", "letters", last("reviewer_states", ["CA", ""]), "reviewer_states", "list_of_words"),
    ("null among specialties", "letters", last("reviewer_specialties", [None]), "reviewer_specialties",
     "list_of_words"),
    ("empty section of a guideline", "citations", last("sections", ["Knee", ""]), "sections", "list_of_words"),
    ("more overturned than decided", "letters", last("overturned_count", 3), "overturned_count",
     "overturned_within_requests"),
    ("outcome that does not follow", "letters", last("case_outcome", "Upheld"), "case_outcome",
     "case_outcome_follows_counts"),
    ("part of a denied request", "decisions", lambda f: last("authorized_text", "6 sessions")(f.head(2)),
     "original_request_text", "parts_only_where_modified"),
    ("denied request disputed in part", "decisions", lambda f: last("disputed_treatment_text", "MRI")(f.head(2)),
     "disputed_treatment_text", "denied_request_is_disputed_whole"),
    ("overturned in an upheld case", "decisions", last("case_outcome", "Upheld"), "outcome",
     "case_outcome_allows_outcome"),
    ("subcategory of another category", "decisions", last("treatment_subcategory", "Opioids"),
     "treatment_subcategory", "subcategory_of_category"),
    ("administrator cites in the rationale", "citations",
     last("found_in", "rationale", cited_by="claims_administrator", citation_number=9), "found_in",
     "rationale_is_the_reviewers"),
]  # fmt: skip

NOT_THERE = "CM39-9999999"
KEYS: list[tuple[str, str, Change, str, str]] = [
    ("decision of no letter", "decisions", added(case_number=NOT_THERE), "case_number", "a decision has its letter"),
    ("citation of no decision", "citations", added(request_number=7, citation_number=1), "request_number",
     "a citation has its decision"),
    ("diagnostic of no letter", "diagnostics", added(case_number=NOT_THERE), "case_number",
     "a diagnostic has its letter"),
    ("more requests than decisions", "letters", last("request_count", 3), "request_count",
     "the counts of a letter match its decisions"),
    ("fewer requests than decisions", "decisions", added(request_number=3), "request_count",
     "the counts of a letter match its decisions"),
    ("outcome flipped", "decisions", last("outcome", "Upheld"), "request_count",
     "the counts of a letter match its decisions"),
    ("letter without decisions", "letters", added(case_number=NOT_THERE), "request_count",
     "the counts of a letter match its decisions"),
    ("citation numbers with a gap", "citations", last("citation_number", 5), "citation_number",
     "the citations of a party are numbered consecutively"),
    ("date of another letter", "decisions", last("decision_date", date(2016, 12, 20)), "decision_date",
     "a decision repeats what its letter says"),
    ("date lost", "decisions", last("injury_date", None), "injury_date", "a decision repeats what its letter says"),
    ("state lost", "decisions", last("reviewer_states", ["TX", "NY"]), "reviewer_states",
     "a decision repeats what its letter says"),
    ("synthetic called published", "letters", last("provenance", "synthetic"), "provenance",
     "a decision repeats what its letter says"),
]  # fmt: skip


def named(corruptions: list[tuple[Any, ...]]) -> list[Any]:
    return [pytest.param(*rest, id=name) for name, *rest in corruptions]


WORDS = {
    "column_in_dataframe": "the column is missing",
    "column_in_schema": "the table has no such column",
    "column_ordered": "the columns are in another order, at {}",
    "not_nullable": "a value is missing",
    "multiple_fields_uniqueness": "several rows have the same key",
}


def the_one_failure(error: ValidationError) -> tuple[str, str | None, str, int, list[str]]:
    """Check the message of a broken rule, and return the rule."""
    assert error.failures.height == 1, str(error)
    table, column, rule, count, examples = error.failures.row(0)
    place = f"{table}.{column}" if column else table
    shown = ", ".join(map(repr, examples))
    words = f"{WORDS.get(rule, rule)}: {count} row{'' if count == 1 else 's'}, e.g. {shown}"
    if rule.startswith("column_"):
        words = WORDS[rule].format(", ".join(examples))
    elif rule.startswith("dtype("):
        words = f"the type is {', '.join(examples)}, not {rule[7:-2]}"
    assert str(error) == f"1 rule is broken:\n  {place}: {words}"
    assert 1 <= len(examples) <= min(3, count)
    return table, column, rule, count, examples


def test_there_are_enough_corruptions_and_no_two_have_one_name() -> None:
    names = [name for name, *_ in [*COLUMNS, *ROWS, *KEYS]]
    assert len(set(names)) == len(names) >= 40


@pytest.mark.parametrize(("table", "corrupt", "column", "rule"), named(COLUMNS))
def test_columns(tables: Tables, table: str, corrupt: Change, column: str | None, rule: str) -> None:
    frame = corrupt(tables[table])
    with pytest.raises(ValidationError) as caught:
        imrdata.validate(frame, table)
    found = the_one_failure(caught.value)
    assert found[:2] == (table, column)
    assert found[2].startswith(rule)
    if rule.startswith("dtype") or rule == "column_in_schema":  # any columns can be read, in any order
        with pytest.raises(ValidationError) as read:
            validate_read(frame, table)
        assert the_one_failure(read.value) == found


@pytest.mark.parametrize(("table", "corrupt", "column", "rule"), named(ROWS))
def test_rows(tables: Tables, table: str, corrupt: Change, column: str, rule: str) -> None:
    frame = corrupt(tables[table])
    assert frame.schema == schema(table)
    with pytest.raises(ValidationError) as caught:
        imrdata.validate(frame, table)
    found = the_one_failure(caught.value)
    assert found[:2] == (table, column)
    assert found[2].startswith(rule)
    assert found[3] == (2 if rule == "multiple_fields_uniqueness" else 1)
    with pytest.raises(ValidationError) as read:
        validate_read(frame, table)
    assert the_one_failure(read.value) == found


OF_ONE_COLUMN = ("not_nullable", "str_", "in_range", "greater_than", "is_finite", "list_of_words")


@pytest.mark.parametrize(
    ("table", "corrupt", "column", "rule"), named([row for row in ROWS if row[4].startswith(OF_ONE_COLUMN)])
)
def test_a_column_by_itself(tables: Tables, table: str, corrupt: Change, column: str, rule: str) -> None:
    frame = corrupt(tables[table])
    with pytest.raises(ValidationError, match=rf"{table}\.{column}: {re.escape(WORDS.get(rule, rule))}"):
        validate_read(frame.select(column), table)
    if column != "case_number":  # the other tables are changed in the same way
        others = frame.drop(column).select(pl.all().reverse())
        assert validate_read(others, table) is others


@pytest.mark.parametrize(("table", "corrupt", "column", "rule"), named(KEYS))
def test_keys_between_tables(tables: Tables, table: str, corrupt: Change, column: str, rule: str) -> None:
    frame = corrupt(tables[table])
    assert imrdata.validate(frame, table) is frame  # each table alone is valid
    assert validate_read(frame, table) is frame
    with pytest.raises(ValidationError) as caught:
        validate_keys(tables | {table: frame})
    found = the_one_failure(caught.value)
    assert found[1:3] == (column, rule)
    with pytest.raises(ValidationError):
        validate_tables(tables | {table: frame})


def test_request_numbers_with_a_gap(tables: Tables) -> None:
    moved = {
        name: tables[name].with_columns(pl.col("request_number").replace(2, 3)) for name in ("decisions", "citations")
    }
    with pytest.raises(ValidationError) as caught:
        validate_tables(tables | moved)
    rule = "the counts of a letter match its decisions"
    assert the_one_failure(caught.value) == ("letters", "request_count", rule, 2, ["CM16-0000123", "CM16-0000124"])
