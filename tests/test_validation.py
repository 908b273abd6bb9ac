"""Test that every rule of the tables finds the rows that break it, and lists and counts them."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date

import polars as pl
import pytest
from conftest import LETTER

import imrdata
from imrdata.errors import UnknownTermError, ValidationError
from imrdata.tables.columns import TABLES, contract_of, schema
from imrdata.tables.validation import model, validate_tables

DATA = imrdata.load([LETTER, LETTER.replace("CM16-0000123", "CM16-0000124")])


def table(name: str) -> pl.DataFrame:
    frame: pl.DataFrame = getattr(DATA, name)
    return frame


@pytest.mark.parametrize("name", TABLES)
def test_the_model_describes_every_column(name: str) -> None:
    pandera = model(name)
    assert list(pandera.columns) == list(contract_of(name).columns)
    described = contract_of(name).columns
    assert all(column.description == described[column.name].description for column in pandera.columns.values())
    assert imrdata.validate(table(name), name) is table(name)


def changed(name: str, column: str, value: object) -> pl.DataFrame:
    """Return the table with one value changed in its last row."""
    frame = table(name).with_row_index()
    literal = pl.lit(value, dtype=schema(name)[column]) if not isinstance(value, pl.Expr) else value
    last = pl.col("index") == frame.height - 1
    return frame.with_columns(pl.when(last).then(literal).otherwise(pl.col(column)).alias(column)).drop("index")


@pytest.mark.parametrize(
    ("name", "column", "value", "rule"),
    [
        ("letters", "case_number", "CM16-123", "str_matches"),
        ("letters", "case_number", None, "not_nullable"),
        ("letters", "injury_date", date(1816, 1, 1), "in_range"),
        ("letters", "decision_date", date(3026, 1, 1), "in_range"),
        ("letters", "patient_age", -41, "in_range"),
        ("letters", "request_count", 0, "greater_than_or_equal_to"),
        ("letters", "overturned_count", 3, "overturned_within_requests"),
        ("letters", "overturned_count", 0, "case_outcome_follows_counts"),
        ("letters", "source_sha256", "abc", "str_matches"),
        ("letters", "clinical_summary_text", "", "str_length"),
        ("decisions", "request_number", 0, "greater_than_or_equal_to"),
        ("decisions", "outcome", None, "not_nullable"),
        ("decisions", "ur_decision", "denied", "parts_only_where_modified"),
        ("decisions", "ur_decision", "denied", "denied_request_is_disputed_whole"),
        ("decisions", "case_outcome", "Upheld", "case_outcome_allows_outcome"),
        ("decisions", "quantity", -60.0, "greater_than"),
        ("decisions", "treatment_subcategory", "Opioids", "subcategory_of_category"),
        ("citations", "edition_year", 20, "in_range"),
        ("citations", "cited_by", None, "not_nullable"),
        ("citations", "sections", None, "not_nullable"),
    ],
)
def test_a_broken_rule_is_named(name: str, column: str, value: object, rule: str) -> None:
    with pytest.raises(ValidationError, match=rf"\b{name}\b") as caught:
        imrdata.validate(changed(name, column, value), name)
    rules = caught.value.failures["rule"].to_list()
    assert any(rule in one for one in rules), rules
    assert caught.value.failures["count"].min() == 1


def test_a_repeated_key() -> None:
    with pytest.raises(ValidationError, match="decisions"):
        imrdata.validate(pl.concat([table("decisions"), table("decisions")[:1]]))


def test_the_citation_of_a_claims_administrator_is_never_in_the_rationale() -> None:
    frame = table("citations").with_columns(
        pl.lit("rationale", dtype=schema("citations")["found_in"]).alias("found_in")
    )
    with pytest.raises(ValidationError, match="rationale_is_the_reviewers: only the reviewer"):
        imrdata.validate(frame, "citations")


@pytest.mark.parametrize(
    "frame",
    [
        table("decisions").drop("outcome"),
        table("decisions").with_columns(more=1),
        table("decisions").select(sorted(table("decisions").columns)),
        table("decisions").with_columns(pl.col("outcome").cast(pl.String)),
        table("decisions").with_columns(pl.col("request_number").cast(pl.Int64)),
    ],
)
def test_another_schema_is_refused(frame: pl.DataFrame) -> None:
    with pytest.raises(ValidationError, match="decisions"):
        imrdata.validate(frame)


def test_messages_count_and_give_examples() -> None:
    frame = table("letters").with_columns(patient_age=pl.lit(-41, dtype=pl.Int16))
    with pytest.raises(ValidationError) as caught:
        imrdata.validate(frame, "letters")
    message = str(caught.value)
    assert message.startswith("1 rule is broken:\n")
    assert "letters.patient_age: in_range(14, 110): 2 rows, e.g. '-41', '-41'" in message


def test_three_examples_are_told_and_long_ones_are_cut() -> None:
    letters = pl.concat([table("letters")[:1]] * 5)
    numbers = [f"CM{number}-{'9' * 500}" for number in range(5)]
    with pytest.raises(ValidationError) as caught:
        imrdata.validate(letters.with_columns(case_number=pl.Series(numbers)), "letters")
    assert caught.value.failures["count"].to_list() == [5]
    assert caught.value.failures["examples"].to_list() == [[one[:120] for one in numbers[:3]]]
    orphans = [f"CM16-000000{number}" for number in range(5)]
    decisions = pl.concat([table("decisions")[:1]] * 5).with_columns(case_number=pl.Series(orphans))
    tables = {one: table(one)[:0] for one in TABLES} | {"decisions": decisions}
    with pytest.raises(ValidationError) as caught:
        validate_tables(tables)
    assert caught.value.failures["count", "examples"].row(0) == (5, orphans[:3])


def test_lazy_frames_and_unknown_tables_are_refused() -> None:
    with pytest.raises(TypeError, match="collect"):
        imrdata.validate(table("decisions").lazy())  # type: ignore[arg-type]
    with pytest.raises(UnknownTermError, match="did you mean decisions"):
        imrdata.validate(table("decisions"), "decision")


@pytest.mark.parametrize(
    ("name", "keep", "message"),
    [
        ("letters", 1, "decisions.case_number: a decision has its letter: 1 row, e.g. 'CM16-0000124'"),
        ("decisions", 3, "citations.request_number: a citation has its decision: 1 row, e.g. 'CM16-0000124, 2'"),
        ("decisions", 3, "letters.request_count: the counts of a letter match its decisions: 1 row"),
    ],
)
def test_keys_between_the_tables(name: str, keep: int, message: str) -> None:
    tables = {one: table(one) for one in TABLES}
    tables[name] = tables[name].head(keep)
    with pytest.raises(ValidationError) as caught:
        validate_tables(tables)
    assert message in str(caught.value)


def test_no_switch_of_panderas_environment_turns_validation_off() -> None:
    code = """
import imrdata, polars as pl
from imrdata.errors import ValidationError
rows = imrdata.load_decisions(imrdata.example_letter())
for broken in (rows.with_columns(quantity=-1.0), rows.with_columns(drugs=pl.lit([""])), pl.concat([rows, rows])):
    try:
        imrdata.validate(broken)
    except ValidationError as error:
        print(error.failures.height)
"""
    switches = {"PANDERA_VALIDATION_ENABLED": "False", "PANDERA_VALIDATION_DEPTH": "SCHEMA_ONLY"}
    for given in ({}, switches, {"PANDERA_VALIDATION_DEPTH": "SCHEMA_ONLY", "PANDERA_CACHE_DATAFRAME": "True"}):
        environment = {**os.environ, **given}
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        assert (done.stdout.split(), done.stderr) == (["1", "1", "1"], "")
