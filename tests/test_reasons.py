"""Test that every reason and every diagnostic code is in its vocabulary, and that every row is used."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from conftest import ROOT

from imrdata import errors
from imrdata.resources import split_cell, vocabulary
from imrdata.tables.columns import columns

# Error classes that always have the same step and reason, by name.
FIXED = {"MissingExtraError": ("extras", "missing_extra"), "ValidationError": ("validation", "invalid_table")}
ERRORS = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}


class Calls(ast.NodeVisitor):
    """Yield every call in a module, with its enclosing function."""

    def __init__(self) -> None:
        self.calls: list[tuple[ast.Call, ast.FunctionDef | None]] = []
        self.functions: list[ast.FunctionDef] = []
        self._inside: list[ast.FunctionDef] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.functions.append(node)
        self._inside.append(node)
        self.generic_visit(node)
        self._inside.pop()

    def visit_Call(self, node: ast.Call) -> None:
        self.calls.append((node, self._inside[-1] if self._inside else None))
        self.generic_visit(node)


def modules() -> Iterator[Calls]:
    for file in sorted((ROOT / "imrdata").rglob("*.py")):
        found = Calls()
        found.visit(ast.parse(file.read_text(encoding="utf-8")))
        yield found


def named(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def given(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def parameters(function: ast.FunctionDef | None) -> list[str]:
    return [one.arg for one in (*function.args.args, *function.args.kwonlyargs)] if function else []


def strings(value: ast.expr | None, inside: ast.FunctionDef | None) -> list[str]:
    """Return the possible strings of an expression: a literal, one of two, or a name that is set to these."""
    match value:
        case ast.Constant(value=str(word)):
            return [word]
        case ast.IfExp():
            return strings(value.body, inside) + strings(value.orelse, inside)
        case ast.Name(id=name) if inside is not None and name not in parameters(inside):
            sets = [
                one for one in ast.walk(inside) if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == name
            ]
            return [word for one in sets for word in strings(one.value, inside)]
    return []


def raised() -> dict[str, set[str]]:
    """Return the reasons in the code, each with the steps at which it is raised.

    A function with a parameter `reason` makes an error from it: its callers give the reasons, and it sets the step.
    """
    found: dict[str, set[str]] = defaultdict(set)
    every = list(modules())
    makers: dict[str, tuple[int, str]] = {}
    for module in every:
        for function in module.functions:
            steps = {
                step
                for call, inside in module.calls
                if inside is function and named(call) in ERRORS
                for step in strings(given(call, "step"), inside)
            }
            if "reason" in parameters(function) and steps:
                makers[function.name] = (parameters(function).index("reason"), steps.pop())
    for module in every:
        for call, inside in module.calls:
            name = named(call)
            reason = given(call, "reason")
            step = "".join(strings(given(call, "step"), inside))
            if name in FIXED:
                found[FIXED[name][1]].add(FIXED[name][0])
            elif name in makers:
                at, step = makers[name]
                reason = reason or (call.args[at] if len(call.args) > at else None)
            if name in ERRORS or name in makers:
                for word in strings(reason, inside):
                    found[word].add(step)
    return found


def told() -> set[str]:
    """Return the codes of diagnostics in the code."""
    return {
        word
        for module in modules()
        for call, inside in module.calls
        if named(call) == "Diagnostic"
        for word in strings(given(call, "code") or (call.args[0] if call.args else None), inside)
    }


def test_every_error_gives_its_reason() -> None:
    silent = [
        f"{named(call)} in {inside.name if inside else 'a module'}"
        for module in modules()
        for call, inside in module.calls
        if named(call) in ERRORS - {*FIXED, "ImrDataWarning"} and given(call, "reason") is None
    ]
    assert silent == []


def test_reasons_are_those_of_the_code() -> None:
    in_code = {reason: "; ".join(sorted(step for step in steps if step)) for reason, steps in raised().items()}
    assert {row["code"]: row["step"] for row in vocabulary("reasons")} == in_code


def test_codes_of_diagnostics_are_those_of_the_code() -> None:
    assert {row["code"] for row in vocabulary("diagnostics")} == told()


def test_codes_differ_by_more_than_a_plural() -> None:
    for name in ("reasons", "diagnostics"):
        stems = [row["code"].removesuffix("s") for row in vocabulary(name)]
        assert len(stems) == len(set(stems))


def test_rows_say_what_is_meant_and_what_to_do() -> None:
    for row in (*vocabulary("reasons"), *vocabulary("diagnostics")):
        for cell in (row["meaning"], row["what_to_do"]):
            assert cell[0].isupper(), row
            assert cell.endswith("."), row


def test_the_severity_of_a_reason_says_whether_a_decision_may_be_missing() -> None:
    of_a_document = {"text", "sections", "fields", "source", "worker", "dataset"}
    calls = {"a_folder", "an_address", "changed_file"}  # of `source`, but no document is refused
    no_decision = {"linked_folder", "no_letters", "not_a_decision", "not_a_letter"}
    for row in vocabulary("reasons"):
        is_call = row["code"] in calls or of_a_document.isdisjoint(row["step"].split("; "))
        expected = "low" if is_call else "medium" if row["code"] in no_decision else "high"
        assert row["severity"] == expected, row


def test_diagnostics_concern_columns_and_have_a_severity() -> None:
    for row in vocabulary("diagnostics"):
        assert set(split_cell(row["column"])) <= set(columns()), row
        assert row["severity"] in {"high", "medium", "low"}, row
