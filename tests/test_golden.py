"""Compare whole records with reviewed ones in ``tests/golden``.

A missing golden file is written, and the test fails so that a person reviews it.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import LETTER, SEED

from imrdata.letters.model import Letter
from imrdata.letters.reading import read_bytes

GOLDEN = Path(__file__).parent / "golden"
LETTERS = {"CM15-0174261": SEED.read_bytes(), "CM16-0000123": LETTER.encode()}


def plain(letter: Letter) -> dict[str, Any]:
    """Return the record as JSON values, with its spans and without its text."""
    record = dataclasses.asdict(letter)
    record["spans"] = {name: letter.text[start:end][:60] for name, (start, end) in sorted(letter.spans.items())}
    record["sections"] = [section.name for section in letter.sections]
    for name in ("text", "source", "source_sha256", "page_starts", "draw_page"):
        del record[name]
    parsed: dict[str, Any] = json.loads(json.dumps(record, default=str))
    return parsed


@pytest.mark.parametrize("case_number", LETTERS)
def test_the_whole_record(case_number: str) -> None:
    record = plain(read_bytes(LETTERS[case_number]))
    file = GOLDEN / f"{case_number}.json"
    if not file.exists():
        file.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
        pytest.fail(f"{file.name} was missing and has been written; look at it before you commit it")
    message = f"if all differences are meant, delete {file.name}, run this test twice, and look at the diff"
    assert record == json.loads(file.read_text()), message
