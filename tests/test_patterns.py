"""Test that long regular expressions are legible: written in verbose mode, and with names for what they capture."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from conftest import ROOT

LONG = 100  # characters


def faults(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the fault of each raw string literal of a call or assignment that is longer than a line."""
    lines = source.splitlines()
    for outer in ast.walk(ast.parse(source)):
        if not isinstance(outer, ast.Call | ast.Assign):
            continue
        for node in outer.args[:1] if isinstance(outer, ast.Call) else [outer.value]:
            if not isinstance(node, ast.Constant | ast.JoinedStr):
                continue
            is_long = node.end_lineno != node.lineno or (node.end_col_offset or 0) - node.col_offset > LONG
            if is_long and re.match(r"(?:r|rf)['\"]", lines[node.lineno - 1][node.col_offset :]):
                parts = node.values if isinstance(node, ast.JoinedStr) else [node]
                words = "".join(part.value if isinstance(part, ast.Constant) else "x" for part in parts)
                whole = "\n".join(lines[outer.lineno - 1 : outer.end_lineno])
                if not re.search(r"VERBOSE|_compiled\(|\(\?[aims]*x", whole):
                    yield node.lineno, "not verbose"
                pattern = re.compile(words, re.VERBOSE)
                if pattern.groups > len(pattern.groupindex):
                    yield node.lineno, "a group without a name"


def test_a_pattern_longer_than_a_line_is_verbose_and_names_what_it_captures() -> None:
    found = {
        f"{file.relative_to(ROOT)}:{line}": fault
        for file in (ROOT / "imrdata").rglob("*.py")
        for line, fault in faults(file.read_text(encoding="utf-8"))
    }
    assert found == {}


def test_the_check_finds_faults() -> None:
    source = f"A = r'{'a' * 120}'\nB = re.compile(r'''a\nb''')\nC = re.compile(r'''(?x) (a)\n(?:b)''')\nD = r'(a)'"
    assert sorted(faults(source)) == [(1, "not verbose"), (2, "not verbose"), (4, "a group without a name")]
