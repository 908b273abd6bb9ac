"""Test the vocabularies: they are tidy and consistent, and each pattern has an example."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from conftest import ROOT

from imrdata.errors import UnknownTermError
from imrdata.resources import vocabulary

FILES = sorted((ROOT / "seeds" / "vocabularies").glob("*.csv"))


def tidy(file: Path) -> str:
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8")), strict=True))
    for number, row in enumerate(rows, start=1):
        message = f"{file.name}: row {number} has {len(row)} cells, not {len(rows[0])}; a comma needs quotes: {row}"
        assert len(row) == len(rows[0]), message
    body = sorted({tuple(cell.strip() for cell in row) for row in rows[1:]})
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([rows[0], *body])
    return text.getvalue()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_files_are_tidy(file: Path) -> None:
    text = file.read_bytes().decode("utf-8")
    fix = f"python tests/test_seeds.py  # rewrites {file.name}: sorted, each row once, no stray space"
    assert text == tidy(file), f"{file.name} is not tidy; mend it with\n  {fix}"


@pytest.mark.parametrize("row", ["a,b,c", "a", 'a,"b'])
def test_rows_with_too_many_or_too_few_cells_are_refused(row: str, tmp_path: Path) -> None:
    file = tmp_path / "drugs.csv"
    file.write_text(f"term,drug\n{row}\n")
    with pytest.raises((AssertionError, csv.Error), match=r"row 2 has [13] cells, not 2|unexpected end of data"):
        tidy(file)
    assert file.read_text() == f"term,drug\n{row}\n"


@pytest.mark.parametrize("name", ["drugs", "treatments", "body_parts", "laterality", "units", "ordinary_words"])
def test_terms_are_in_lower_case(name: str) -> None:
    key = next(iter(vocabulary(name)[0].keys() & {"term", "pattern", "word"}))
    wrong = [row[key] for row in vocabulary(name) if re.search(r"[A-Z]", re.sub(r"\\.", "", row[key]))]
    assert wrong == [], f"write these terms of {name}.csv in lower case, however letters print them"


@pytest.mark.parametrize("row", vocabulary("labels"), ids=lambda row: f"{row['layout']}-{row['name']}")
def test_every_label_matches_its_example(row: dict[str, str]) -> None:
    message = f"labels.csv: the pattern {row['pattern']!r} does not match the example {row['example']!r}"
    assert re.match(rf"(?:{row['pattern']})\s*:?\Z", row["example"]), message


def test_variants_lead_to_one_specialty() -> None:
    rows = vocabulary("medical_specialties")
    variants = [row["variant"].lower() for row in rows]
    assert len(variants) == len(set(variants))
    assert {row["specialty"].lower() for row in rows} <= set(variants)


def test_states_are_the_fifty_and_dc_and_territories() -> None:
    codes = {row["code"] for row in vocabulary("us_states")}
    assert len(codes) == 56
    assert all(re.fullmatch("[A-Z]{2}", code) for code in codes)


def test_an_unknown_vocabulary_lists_the_known() -> None:
    with pytest.raises(UnknownTermError, match="labels"):
        vocabulary("label")


if __name__ == "__main__":
    for path in FILES:
        path.write_text(tidy(path), encoding="utf-8", newline="")
