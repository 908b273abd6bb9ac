"""Language-neutral contracts: the tables as Frictionless Table Schemas, exported to ``schemas/tables``."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from imrdata.rules import limits
from imrdata.tables import KEYS, TABLES, Column, column_names, columns
from imrdata.validation import DESCRIPTIONS


def table_schema(table: str) -> dict[str, Any]:
    """A table's Frictionless Table Schema: fields with types, descriptions and constraints, and keys.

    Raises:
        UnknownTermError: There is no table of this name.
    """
    names = column_names(table)
    contract: dict[str, Any] = {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "description": DESCRIPTIONS[table],
        "fields": [_field(name, columns()[name]) for name in names],
    }
    if KEYS[table]:
        contract["primaryKey"] = list(KEYS[table])
    parents = {"decisions": "letters", "citations": "decisions", "diagnostics": "letters"}
    if table in parents:
        key = list(KEYS[parents[table]])
        contract["foreignKeys"] = [{"fields": key, "reference": {"resource": parents[table], "fields": key}}]
    return contract


def _field(name: str, column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {"name": name, "type": _type(column.dtype), "description": column.description}
    constraints: dict[str, Any] = {"required": True} if not column.nullable else {}
    limit = limits(name)
    named = {
        "pattern": limit.pattern,
        "minimum": limit.minimum,
        "maximum": limit.maximum,
        "exclusiveMinimum": limit.above,
        "minLength": limit.min_length,
    }
    constraints |= {key: str(one) if isinstance(one, date) else one for key, one in named.items() if one is not None}
    if isinstance(column.dtype, pl.Enum):
        constraints["enum"] = column.dtype.categories.to_list()
    if isinstance(column.dtype, pl.List):
        field["itemType"] = "string"
    return field | ({"constraints": constraints} if constraints else {})


def _type(dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.List):
        return "list"
    if dtype.is_integer():
        return "integer"
    if dtype.is_float():
        return "number"
    return {pl.Date(): "date", pl.Boolean(): "boolean"}.get(dtype, "string")


def write_schemas(folder: Path) -> list[Path]:
    """Write the schema of every table below ``folder/tables``; the files' paths, in the order of the tables."""
    paths = []
    for table in TABLES:
        path = folder / "tables" / f"{table}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(table_schema(table), indent=2) + "\n", encoding="utf-8")
        paths.append(path)
    return paths
