"""Directives that generate tables of the docs from the package at build time.

All are without content::

    {imr-columns} TABLE      the columns of a table: type, nulls, allowed values, meaning
    {imr-rules} TABLE        what every row must satisfy, and the table's key
    {imr-vocabulary} NAME COLUMN...   rows of a CSV in seeds/vocabularies
    {imr-command-line}       the help of each command, and the exit codes
    {imr-rooms}              the rooms of the package and their order, from pyproject.toml

At the end of a build, a public name without an entry in the reference is a warning.
"""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from typer.main import get_command
from typer.testing import CliRunner

import imrdata
from imrdata import cli
from imrdata.analysis.namespace import ImrFrame
from imrdata.resources import data_root, vocabulary
from imrdata.tables.columns import Column, contract_of
from imrdata.tables.rules import row_rules

_WIDTH = 88  # of the help of a command

_Cell = Sequence[nodes.Node]


def _text(words: str) -> _Cell:
    return [nodes.Text(words)]


def _code(*words: str) -> _Cell:
    """Return words as code, separated by commas."""
    cell: list[nodes.Node] = []
    for word in words:
        cell += [nodes.Text(", ")] if cell else []
        cell.append(nodes.literal(text=word))
    return cell


def _table(head: Sequence[str], rows: Iterable[Sequence[_Cell]], widths: Sequence[int]) -> nodes.table:
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=width) for width in widths]
    group += nodes.thead("", _row([_text(words) for words in head]))
    group += nodes.tbody("", *(_row(row) for row in rows))
    return nodes.table("", group)


def _row(cells: Sequence[_Cell]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))


class Columns(Directive):
    """The columns of a table."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        rows = [_column(name, column) for name, column in contract_of(self.arguments[0]).columns.items()]
        return [_table(("column", "type", "meaning"), rows, (25, 15, 60))]


def _column(name: str, column: Column) -> Sequence[_Cell]:
    type_ = [*_code(_type(column.dtype)), *_text("" if column.nullable else ", never null")]
    values = _values(column)
    unit = _text(f" Unit: {column.unit}.") if column.unit else []
    kept_to = [*_text(" Values: "), *values, *_text(".")] if values else []
    return [_code(name), type_, [*_text(column.description), *unit, *kept_to]]


def _type(dtype: pl.DataType) -> str:
    return "Enum" if isinstance(dtype, pl.Enum) else str(dtype)


def _values(limit: Column) -> _Cell:
    """Return the limits of a value beyond its type, as validation checks them."""
    dtype = limit.dtype
    if isinstance(dtype, pl.Enum):
        return _code(*dtype.categories)
    if limit.pattern is not None:
        return _code(limit.pattern)
    bounds = {"from": limit.minimum, "to": limit.maximum, "above": limit.above}
    words = " ".join(f"{word} {bound}" for word, bound in bounds.items() if bound is not None)
    return _text(words) if words else []


class Rules(Directive):
    """The rules that every row of a table must satisfy."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        of = contract_of(self.arguments[0])
        key = [*_text("Key: "), *_code(*of.key), *_text(".")] if of.key else _text("No key.")
        made: list[nodes.Node] = [nodes.paragraph("", "", *_text(f"{of.description} "), *key)]
        if rules := row_rules(of.name):
            rows = [(_code(rule.name), _text(rule.description)) for rule in rules]
            made.append(_table(("rule of a row", "what it says"), rows, (35, 65)))
        return made


class Vocabulary(Directive):
    """Some columns of a vocabulary."""

    required_arguments = 2
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        name, names = self.arguments[0], self.arguments[1].split()
        rows = [[_text(row[column]) for column in names] for row in vocabulary(name)]
        longest = [max(8, *(min(len(row[column]), 60) for row in vocabulary(name))) for column in names]
        return [_table([column.replace("_", " ") for column in names], rows, longest)]


class CommandLine(Directive):
    """The help of every command, as the command prints it."""

    def run(self) -> list[nodes.Node]:
        document = self.state.document
        made: list[nodes.Node] = [*_exit_codes()]
        for name in [None, *get_command(cli.app).commands]:  # type: ignore[attr-defined]
            title = "imrdata" if name is None else f"imrdata {name}"
            section = nodes.section("", nodes.title(text=title), ids=[title.replace(" ", "-")], names=[title])
            section += nodes.literal_block(text=_help(name), language="text")
            document.note_explicit_target(section, section)
            made.append(section)
        return made


class Rooms(Directive):
    """The subpackages from the highest to the lowest, as import-linter checks them."""

    def run(self) -> list[nodes.Node]:
        settings = tomllib.loads((data_root() / "pyproject.toml").read_text(encoding="utf-8"))
        (contract,) = [
            one for one in settings["tool"]["importlinter"]["contracts"] if one.get("containers") == ["imrdata"]
        ]
        return [nodes.literal_block(text="\n".join(contract["layers"]), language="text")]


def _exit_codes() -> list[nodes.Node]:
    """Return the exit codes from the docstring of the module."""
    codes = re.findall(r"(\d+): (.*?)\.(?=\s+\d+:|\s*$)", inspect.getdoc(cli) or "", re.DOTALL)
    rows = [(_code(code), _text(" ".join(meaning.split()))) for code, meaning in codes]
    return [_table(("exit code", "meaning"), rows, (15, 85))]


def _help(name: str | None) -> str:
    given = ["--help"] if name is None else [name, "--help"]
    result = CliRunner().invoke(cli.app, given, prog_name="imrdata", terminal_width=_WIDTH, color=False)
    if result.exit_code != 0:
        raise RuntimeError(f"imrdata {' '.join(given)}: exit code {result.exit_code}")
    return "\n".join(line.rstrip() for line in result.output.strip().splitlines())


def _require_public_names(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn about every public name without an entry in the reference."""
    documented = set(env.domains["py"].data["objects"])
    verbs = [name for name, _ in inspect.getmembers(ImrFrame, inspect.isfunction) if not name.startswith("_")]
    wanted = {f"imrdata.{name}" for name in imrdata.__all__}
    wanted |= {f"imrdata.analysis.namespace.ImrFrame.{verb}" for verb in verbs}
    for name in sorted(wanted - documented):
        logging.getLogger(__name__).warning("the public name %s has no entry in the reference", name)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives; Sphinx calls this."""
    app.add_directive("imr-columns", Columns)
    app.add_directive("imr-rules", Rules)
    app.add_directive("imr-vocabulary", Vocabulary)
    app.add_directive("imr-command-line", CommandLine)
    app.add_directive("imr-rooms", Rooms)
    app.connect("env-check-consistency", _require_public_names)
    return {"parallel_read_safe": True}
