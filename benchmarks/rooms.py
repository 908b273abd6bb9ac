"""Count the subpackages of a checkout: top-level modules, layers, and imports between them.

python benchmarks/rooms.py [CHECKOUT]
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import grimp


def main(checkout: Path) -> None:
    sys.path.insert(0, str(checkout))
    graph = grimp.build_graph("imrdata", exclude_type_checking_imports=True, cache_dir=None)
    rooms = sorted(graph.find_children("imrdata"))
    for room in rooms:
        graph.squash_module(room)
    arrows = sum(len(graph.find_modules_directly_imported_by(room) & set(rooms)) for room in rooms)
    settings = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(one["layers"] for one in settings["contracts"] if one["type"] == "layers")
    print(f"{len(rooms)} rooms, {len(layers)} layers, {arrows} arrows between rooms")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve())
