"""Great Expectations suites, one per table, made from the rules and stored in ``schemas/expectations``.

A suite is the same for every corpus. Limits depend on the corpus and are parameters, such as
``{"$PARAMETER": "overturned_share_2016_high"}``; the expectation's ``meta`` has the band.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imrdata.quality.expectations import BY_VALUE, Condition, Expectation, rules
from imrdata.quality.views import JUDGED_TABLES

COMMAND = "imrdata schemas schemas"


def suite(table: str) -> dict[str, Any]:
    """Return a table's suite as JSON for Great Expectations, without identifiers, in the order of the rules."""
    return {
        "name": table,
        "meta": {"note": f"made by {COMMAND!r}; the parameters are set by imrdata.quality.report"},
        "expectations": [expectation(rule) for rule in rules(table)],
    }


def write_suites(folder: Path) -> list[Path]:
    """Write the suite of every table into ``folder/expectations``; return the paths."""
    paths = []
    for table in JUDGED_TABLES:
        path = folder / "expectations" / f"{table}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(suite(table), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        paths.append(path)
    return paths


def expectation(rule: Expectation) -> dict[str, Any]:
    """Return a rule as a Great Expectations expectation."""
    arguments: dict[str, Any] = {"column": rule.column} if rule.column else {}
    arguments |= dict(rule.arguments) | parameters(rule)
    if rule.conditions:
        arguments["row_condition"] = _row_condition(rule.conditions)
    meta = {
        "rule": rule.name,
        "low": rule.low,
        "high": rule.high,
        "relative_to": rule.relative_to or None,
        "margin": rule.margin or None,
        "minimum_letters": rule.minimum or None,
        "source": rule.source,
    }
    return {
        "type": rule.expectation,
        "description": rule.description,
        "kwargs": arguments,
        "meta": {name: value for name, value in meta.items() if value is not None},
    }


def parameters(rule: Expectation) -> dict[str, Mapping[str, str]]:
    """Return the arguments of an expectation that depend on the corpus, with the names of their parameters."""
    if rule.expectation in BY_VALUE:
        return {"mostly": {"$PARAMETER": f"{rule.name}_mostly"}}
    both = rule.is_drift and not rule.relative_to
    names = {
        "min_value": f"{rule.name}_low" if both or rule.low is not None else None,
        "max_value": f"{rule.name}_high" if both or rule.high is not None else None,
    }
    return {argument: {"$PARAMETER": name} for argument, name in names.items() if name}


def _row_condition(conditions: tuple[Condition, ...]) -> dict[str, Any]:
    each = [
        {"type": "comparison", "column": {"name": one.column}, "operator": one.operator, "parameter": one.value}
        for one in conditions
    ]
    return each[0] if len(each) == 1 else {"type": "and", "conditions": each}
