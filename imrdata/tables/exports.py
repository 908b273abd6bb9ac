"""Schemas of the tables and of a letter's record for other programs, stored in ``schemas/``.

They are Frictionless Table Schemas of the tables, a Frictionless Data Package (version 2) of all tables, which built
datasets also contain, and a JSON Schema of one letter's record. All are made from the columns and their rules.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from imrdata.tables.columns import SCHEMA_VERSION, TABLES, Column, contract_of

PROFILES = "https://datapackage.org/profiles/2.0"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLE = "Independent Medical Review decisions of California workers' compensation"
DESCRIPTION = (
    "Treatment disputes decided by Independent Medical Review, read from the final determination letters that the "
    "California Division of Workers' Compensation publishes. Rows whose provenance is synthetic are generated "
    "by the imrdata package; do not quote figures from them."
)
LICENSES = (
    {"name": "notspecified", "title": "The letters are public records, published without a license"},
    {"name": "MIT", "title": "The synthetic letters, and the work of the imrdata package on the tables"},
)
SOURCE = {
    "title": "California Division of Workers' Compensation, Independent Medical Review decisions",
    "path": "https://www.dir.ca.gov/dwc/imr",
}


def table_schema(table: str) -> dict[str, Any]:
    """Return a table's Frictionless Table Schema: fields with types, descriptions, constraints, and keys."""
    of = contract_of(table)
    contract: dict[str, Any] = {
        "$schema": f"{PROFILES}/tableschema.json",
        "description": of.description,
        "fields": [_field(name, column) for name, column in of.columns.items()],
    }
    if of.key:
        contract["primaryKey"] = list(of.key)
    if of.parent is not None:
        key = list(of.parent.key)
        contract["foreignKeys"] = [{"fields": key, "reference": {"resource": of.parent.name, "fields": key}}]
    return contract


def _field(name: str, column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {"name": name, "type": _type(column.dtype), "description": column.description}
    constraints: dict[str, Any] = {"required": True} if not column.nullable else {}
    constraints |= _limits(column)
    if isinstance(column.dtype, pl.Enum):
        constraints["enum"] = column.dtype.categories.to_list()
    if isinstance(column.dtype, pl.List):
        field["arrayItem"] = {"type": "string", "constraints": {"minLength": 1}}  # frictionless-py's own
    return field | ({"constraints": constraints} if constraints else {})


def _limits(column: Column) -> dict[str, Any]:
    """Return the limits of a column's values, by their names in Table Schema and JSON Schema."""
    named = {
        "pattern": column.pattern,
        "minimum": column.minimum,
        "maximum": column.maximum,
        "exclusiveMinimum": column.above,
        "minLength": column.min_length,
    }
    return {key: str(one) if isinstance(one, date) else one for key, one in named.items() if one is not None}


def _type(dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.List):
        return "array"
    if dtype.is_integer():
        return "integer"
    if dtype.is_float():
        return "number"
    return {pl.Date(): "date", pl.Boolean(): "boolean"}.get(dtype, "string")


# --- ALL TABLES --- #


def data_package(files: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the Frictionless Data Package of tables in Parquet files below its folder, with schemas."""
    return _package({table: files.get(table, ()) for table in TABLES}, {table: table_schema(table) for table in TABLES})


def _package(files: Mapping[str, Sequence[str]], schemas: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "$schema": f"{PROFILES}/datapackage.json",
        "name": "imrdata",
        "title": TITLE,
        "description": DESCRIPTION,
        "version": f"{SCHEMA_VERSION}.0.0",  # of the tables' columns
        "licenses": list(LICENSES),
        "sources": [SOURCE],
        "resources": [_resource(table, files[table], schemas[table]) for table in files],
    }


def _resource(table: str, files: Sequence[str], schema: Any) -> dict[str, Any]:
    resource = {"name": table, "type": "table", "description": contract_of(table).description}
    if not files:
        return resource | {"data": [list(contract_of(table).columns)], "schema": schema}  # only the names
    path = list(files) if len(files) > 1 else files[0]
    parquet = {"format": "parquet", "mediatype": "application/vnd.apache.parquet"}
    return resource | {"path": path} | parquet | {"schema": schema}


# --- ONE LETTER --- #


def letter_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one letter's record, as in `Letter.to_dict`."""
    text, perhaps_text = {"type": "string", "minLength": 1}, {"type": ["string", "null"]}
    of_request = "Number of the treatment request that it is about; null for the whole letter."
    diagnostic = {
        "code": text | {"description": "Short stable code of the finding."},
        "message": text | {"description": "The finding, in one sentence."},
        "request_number": {"type": ["integer", "null"], "description": of_request},
        "column": perhaps_text | {"description": "The column that it is about; null if none."},
        "excerpt": perhaps_text | {"description": "The words of the letter that it is about, if any."},
    }
    labels = {"type": "array", "items": {"type": "string"}}
    return {
        "$schema": DIALECT,
        "title": "IMR final determination letter",
        "description": "The record of one letter. Missing is null; dates are ISO 8601.",
        **_object(
            _properties("letters")
            | {
                "requests": _array("request", "The treatment requests, in printed order.") | {"minItems": 1},
                "extra": labels | {"description": "Unknown labels of the header, without their values."},
                "diagnostics": _array("diagnostic", "Findings about the letter that are not errors."),
            }
        ),
        "$defs": {
            "request": _object(_properties("decisions") | {"citations": _array("citation", "Guidelines cited.")}),
            "citation": _object(_properties("citations")),
            "diagnostic": _object(diagnostic),
        },
    }


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": list(properties), "properties": properties}


def _array(of: str, description: str) -> dict[str, Any]:
    return {"type": "array", "description": description, "items": {"$ref": f"#/$defs/{of}"}}


def _properties(table: str) -> dict[str, Any]:
    """Return the properties of a table's own record; nested records are objects."""
    of = contract_of(table)
    own = {name: column for name, column in of.columns.items() if of.level(name) == len(of.ancestors())}
    return _nested({column.path or name: _property(column) for name, column in own.items() if column.path is not None})


def _nested(by_path: Mapping[str, Any]) -> dict[str, Any]:
    parts: dict[str, dict[str, Any]] = {}
    for path, value in by_path.items():
        first, _, rest = path.partition(".")
        parts.setdefault(first, {})[rest] = value
    return {name: of[""] if "" in of else _object(_nested(of)) for name, of in parts.items()}


def _property(column: Column) -> dict[str, Any]:
    """Return one column as a property, nullable if its value may be missing."""
    kind = "string" if column.dtype == pl.Date() else _type(column.dtype)
    found: dict[str, Any] = {"description": column.description, "type": [kind, "null"] if column.nullable else kind}
    if isinstance(column.dtype, pl.Enum):
        found["enum"] = column.dtype.categories.to_list() + ([None] if column.nullable else [])
    if isinstance(column.dtype, pl.List):
        return found | {"items": {"type": "string", "minLength": 1}}
    if column.dtype == pl.Date():
        return found | {"format": "date"}
    return found | _limits(column)


# --- FILES --- #


def write_schemas(folder: Path) -> list[Path]:
    """Write all contracts into a folder such as ``schemas/``; return the paths."""
    contents = {f"tables/{table}.json": table_schema(table) for table in TABLES}
    places = {table: f"tables/{table}.json" for table in TABLES}
    contents["datapackage.json"] = _package({table: [f"{table}.parquet"] for table in TABLES}, places)
    contents["letter.json"] = letter_schema()
    paths = [folder / name for name in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return paths
