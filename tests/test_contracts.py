"""The exported schemas say what the tables are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import ROOT

from imrdata.contracts import table_schema, write_schemas
from imrdata.tables import TABLES, columns


def test_the_exported_schemas_are_fresh(tmp_path: Path) -> None:
    written = write_schemas(tmp_path)
    assert [path.stem for path in written] == list(TABLES)
    for path in written:
        kept = ROOT / "schemas" / "tables" / path.name
        assert kept.read_text() == path.read_text(), "stale; mend it with\n  imrdata schemas schemas"


@pytest.mark.parametrize("table", TABLES)
def test_fields_carry_type_description_and_constraints(table: str) -> None:
    fields = {field["name"]: field for field in json.loads(json.dumps(table_schema(table)))["fields"]}
    for name, field in fields.items():
        column = columns()[name]
        assert field["description"] == column.description
        assert field.get("constraints", {}).get("required", False) is not column.nullable
    if table == "decisions":
        assert fields["outcome"]["constraints"]["enum"] == ["Upheld", "Overturned"]
        assert fields["drugs"]["type"] == "list"
        assert fields["request_number"]["type"] == "integer"
