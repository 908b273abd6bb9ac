"""Test that README and docstring agree with the order of subpackages in pyproject.toml."""

from __future__ import annotations

import re
import tomllib

from conftest import ROOT

import imrdata

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
LAYERS: list[str] = next(one["layers"] for one in CONTRACTS if one["type"] == "layers")


def names(layers: list[str]) -> list[set[str]]:
    return [set(re.findall(r"\w+", layer)) for layer in layers]


def test_the_readme_draws_the_layers() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    drawn = readme[readme.index("## How it is built") :].split("\n\n")[2]
    assert [line.strip() for line in drawn.splitlines()] == LAYERS


def test_the_docstring_of_the_package_names_the_rooms_in_their_order() -> None:
    docstring = imrdata.__doc__ or ""
    listed = re.findall(r"^    ([a-z_]+(?:, [a-z_]+)*)(?:\s{2,}.*)?$", docstring, re.MULTILINE)
    rooms = [name for line in listed for name in line.split(", ")]
    places = {name: place for place, layer in enumerate(names(LAYERS)) for name in layer}
    assert set(rooms) == set(places)
    assert [places[name] for name in rooms] == sorted(places[name] for name in rooms)
