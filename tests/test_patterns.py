"""Test that long regular expressions are legible: in verbose mode, with names for what they capture, and with examples.

The examples are in `patterns.txt`: below the name of a pattern, each line is a text with the match in guillemets, and
what the named groups captured. A line without guillemets does not match. The name of a function is followed by its
arguments, and that of several patterns by the number of one.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

LONG, LINE = 100, 120  # characters of a pattern, and of a call
COMPILED = r"re\.compile\(|partial\(words_pattern|_compiled\((?!_[A-Z])"
VERBOSE = r"VERBOSE|_compiled\(|\(\?[aims]*x"
EXAMPLES = defaultdict[str, list[str]](list)
for row in (Path(__file__).parent / "patterns.txt").read_text(encoding="utf-8").splitlines():
    if row.startswith(" "):
        EXAMPLES[[*EXAMPLES][-1]].append(row.strip(" ").replace("\\n", "\n"))
    else:
        EXAMPLES[row] = []


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
                if not re.search(VERBOSE, whole):
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


def long_patterns(file: Path) -> Iterator[str]:
    """Yield the names of what a module compiles in verbose mode, or from more than a line."""
    module = ".".join(file.relative_to(ROOT / "imrdata").with_suffix("").parts)
    yield from (f"{module}.{name}" for name in re.findall(r"_compiled\((_[A-Z_]+)\)", file.read_text(encoding="utf-8")))
    for top in ast.parse(file.read_text(encoding="utf-8")).body:
        name = top.name if isinstance(top, ast.FunctionDef) else ast.unparse(top).split(" =")[0]
        calls = [ast.unparse(node) for node in ast.walk(top) if isinstance(node, ast.Call)]
        is_long = [one for one in calls if re.search(VERBOSE, one) or len(one) > LINE]
        if name != "_compiled" and any(re.match(COMPILED, one) for one in is_long):
            yield f"{module}.{name}"


def pattern_of(key: str) -> re.Pattern[str]:
    name, *arguments = key.split()
    module, _, attribute = name.rpartition(".")
    names = vars(importlib.import_module(f"imrdata.{module}"))
    found = names[attribute]
    if isinstance(found, tuple):
        return found[int(arguments[0])]
    if isinstance(found, str):
        return names.get("_compiled", re.compile)(found)
    return found(*arguments) if callable(found) else found


def test_every_long_pattern_has_examples() -> None:
    known = {key.split()[0] for key in EXAMPLES}
    assert {name for file in (ROOT / "imrdata").rglob("*.py") for name in long_patterns(file)} - known == set()


@pytest.mark.parametrize("key", EXAMPLES)
def test_a_pattern_reads_its_examples(key: str) -> None:
    pattern, captured = pattern_of(key), set[str]()
    for example in EXAMPLES[key]:
        shown, _, parts = example.partition("  -> ")
        match = pattern.search(re.sub("[«»]", "", shown))
        named = {} if match is None else {name: words for name, words in match.groupdict().items() if words is not None}
        read = "; ".join(f"{name}={words.strip()}" for name, words in named.items() if words.strip())
        marked = match and f"{match.string[: match.start()]}«{match.group()}»{match.string[match.end() :]}"
        assert ((marked or shown).strip(" "), read) == (shown, parts)
        captured |= named.keys()
    assert captured == set(pattern.groupindex), "each named group needs an example"
    assert pattern.groups == len(pattern.groupindex), "a group without a name"
    assert "«" not in EXAMPLES[key][-1] or not re.search(r"\(\?<?!", pattern.pattern), "what does it exclude?"
