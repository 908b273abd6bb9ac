"""Test the exported schemas with programs that do not use this package."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frictionless
import jsonschema
import polars as pl
import pytest
from conftest import LETTER, ROOT

import imrdata
from imrdata.datasets.sources import documents
from imrdata.datasets.store import MANIFEST, PACKAGE, committed, write_package
from imrdata.letters.reading import read_bytes, read_text
from imrdata.tables.columns import TABLES, contract_of
from imrdata.tables.exports import data_package, letter_schema, table_schema, write_schemas

RECORD = jsonschema.Draft202012Validator(letter_schema(), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def test_the_exported_contracts_are_fresh(tmp_path: Path) -> None:
    written = {path.relative_to(tmp_path): path.read_text() for path in write_schemas(tmp_path)}
    kept = {path.relative_to(ROOT / "schemas"): path.read_text() for path in [
        *(ROOT / "schemas" / "tables").glob("*.json"), *(ROOT / "schemas").glob("*.json")
    ]}  # fmt: skip
    assert kept == written, "stale; mend it with\n  imrdata schemas schemas"


@pytest.mark.parametrize("table", TABLES)
def test_fields_carry_type_description_and_constraints(table: str) -> None:
    fields = {field["name"]: field for field in json.loads(json.dumps(table_schema(table)))["fields"]}
    for name, field in fields.items():
        column = contract_of(table).columns[name]
        assert field["description"] == column.description
        assert field.get("constraints", {}).get("required", False) is not column.nullable
    if table == "decisions":
        assert fields["outcome"]["constraints"]["enum"] == ["Upheld", "Overturned"]
        assert fields["drugs"]["type"] == "array"
        assert fields["request_number"]["type"] == "integer"
        assert fields["quantity"]["constraints"] == {"exclusiveMinimum": 0}


# --- THE TABLES --- #


def write_lines(folder: Path) -> dict[str, Any]:
    """Write the sample's tables as JSON lines, with their data package."""
    data = imrdata.load()
    package = data_package({table: [f"{table}.jsonl"] for table in TABLES if getattr(data, table).height})
    for resource in package["resources"]:
        if "path" not in resource:
            continue  # an empty table consists of its column names
        frame = getattr(data, resource["name"])
        dates = [name for name, dtype in frame.schema.items() if dtype == pl.Date]
        frame.with_columns(pl.col(dates).dt.to_string("iso")).write_ndjson(folder / resource["path"])
        del resource["mediatype"]
        resource["format"] = "jsonl"
    return package


def errors_of(package: dict[str, Any], folder: Path) -> Iterator[tuple[str, str]]:
    (folder / PACKAGE).write_text(json.dumps(package))
    report = frictionless.Package(str(folder / PACKAGE)).validate()
    for error in [*report.errors, *(error for task in report.tasks for error in task.errors)]:
        yield error.type, error.message


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_sample_keeps_the_data_package(tmp_path: Path) -> None:
    package = write_lines(tmp_path)
    assert list(errors_of(package, tmp_path)) == []
    rows = (tmp_path / "decisions.jsonl").read_text().splitlines()
    changed = json.loads(rows[0]) | {"outcome": "Won", "case_number": "CM99-9999999"}
    (tmp_path / "decisions.jsonl").write_text("\n".join([json.dumps(changed), *rows[1:], rows[1]]) + "\n")
    assert {kind for kind, _ in errors_of(package, tmp_path)} == {"constraint-error", "foreign-key", "primary-key"}


# --- ONE RECORD --- #


def test_every_letter_of_the_sample_has_a_record_that_keeps_the_schema() -> None:
    RECORD.check_schema(letter_schema())
    count = 0
    for document in documents(ROOT / "seeds" / "letters"):
        record = read_bytes(document.read(), document.name).to_dict()
        assert json.loads(json.dumps(record, allow_nan=False)) == record
        assert [error.message for error in RECORD.iter_errors(record)] == []
        count += 1
    assert count == imrdata.load().document_count


def test_a_record_says_what_the_letter_says() -> None:
    letter = read_text(LETTER)
    record = letter.to_dict()
    assert record["decision_date"] == "2016-12-19"
    assert record["reviewer_states"] == list(letter.reviewer_states)
    assert [request["outcome"] for request in record["requests"]] == ["Upheld", "Overturned"]
    assert (record["case_outcome"], record["request_count"], record["overturned_count"]) == (
        "Partially overturned",
        2,
        1,
    )
    assert record["requests"][0]["citations"][0]["guideline_source"] == "MTUS"
    assert not {"text", "sections", "spans"} & set(record)


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ((), {"decision_date": "19 December 2016"}),
        ((), {"case_number": "CM16-0000123\n1"}),
        ((), {"patient_age": -41}),
        ((), {"case_outcome": "Won"}),
        ((), {"requests": []}),
        ((), {"reviewer_states": [""]}),
        ((), {"claimant": "somebody"}),
        (("requests", 0, "treatment", "amounts"), {"quantity": 0}),
        (("requests", 0), {"outcome": None}),
        (("requests", 0, "citations", 0), {"edition_year": 20016}),
    ],
)
def test_a_changed_record_is_refused(where: tuple[str | int, ...], change: dict[str, Any]) -> None:
    record = read_text(LETTER).to_dict()
    assert RECORD.is_valid(record)
    part: Any = record
    for step in where:
        part = part[step]
    part |= change
    assert {tuple(error.absolute_path)[: len(where)] for error in RECORD.iter_errors(record)} == {where}


# --- A BUILT DATASET --- #


def described(folder: Path) -> dict[str, list[str]]:
    """Return the files of each table that the data package of a dataset lists."""
    resources = json.loads((folder / PACKAGE).read_text())["resources"]
    paths = {one["name"]: one.get("path", []) for one in resources}
    return {name: [path] if isinstance(path, str) else path for name, path in paths.items()}


def test_a_dataset_carries_the_package_of_what_is_committed(tmp_path: Path) -> None:
    letters, data = tmp_path / "letters", tmp_path / "data"
    letters.mkdir()
    for number in (1, 2):
        case_number = f"CM16-000012{number}"
        (letters / f"{number}.txt").write_text(LETTER.replace("CM16-0000123", case_number))
        imrdata.build(letters, data)
        manifest = json.loads((data / MANIFEST).read_text())
        assert manifest["version"] == number
        assert described(data) == {table: [file["path"] for file in manifest["files"][table]] for table in TABLES}
        rows = pl.read_parquet([data / path for path in described(data)["decisions"]], hive_partitioning=False)
        assert rows.height == imrdata.load_decisions(data).height == 2 * number
    frictionless.Package.from_descriptor(json.loads((data / PACKAGE).read_text()))
    assert not list(data.glob(".*.new"))


def test_a_package_that_a_stopped_build_did_not_write_is_written_by_the_next(tmp_path: Path) -> None:
    data = tmp_path / "data"
    imrdata.build(imrdata.example_letter(), data)
    whole = (data / PACKAGE).read_bytes()
    for left in (None, b"", whole[:100]):
        (data / PACKAGE).unlink()
        if left is not None:
            (data / PACKAGE).write_bytes(left)
        assert imrdata.load_decisions(data).height == 1  # readers do not need it
        assert imrdata.build(imrdata.example_letter(), data).is_unchanged
        assert (data / PACKAGE).read_bytes() == whole


def test_a_package_that_is_there_is_left_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    imrdata.build(imrdata.example_letter(), data)
    before = (data / PACKAGE).stat()
    manifest = committed(data)
    assert manifest is not None
    write_package(data, manifest)
    assert (data / PACKAGE).stat().st_ino == before.st_ino
