"""Test that the vocabularies of treatments, drugs, body parts and guidelines match their examples."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT

from imrdata.analysis.time_limits import time_limits
from imrdata.letters.fields.drugs import drug_terms
from imrdata.letters.fields.guideline_lines import read_citations
from imrdata.letters.fields.guideline_names import scan_form
from imrdata.letters.fields.lexicon import beginnings, normalise, request_form, words_of
from imrdata.letters.fields.reviewer import read_reviewer
from imrdata.letters.fields.treatments import read_treatment
from imrdata.quality.expectations import _KINDS
from imrdata.resources import vocabulary
from imrdata.tables.columns import columns

BODY_PARTS = {row["body_part"] for row in vocabulary("body_part_codes")}
KINDS = {(row["category"], row["subcategory"]) for row in vocabulary("treatment_categories")}
DRUG_CLASSES = {subcategory for category, subcategory in KINDS if category == "Pharmaceuticals"}


BESIDE_ANOTHER = "Decision based on Non-MTUS Citation ODG Low Back; "  # a title that decides where a citation begins


def scanned(text: str) -> str:
    return normalise(text).lower().replace("-", " ")


@pytest.mark.parametrize("name", ["treatments", "body_parts", "laterality"])
def test_every_pattern_matches_its_example_in_both_regex_dialects(name: str) -> None:
    wrong = []
    for row in vocabulary(name):
        whole = rf"\b(?:{row['pattern']})\b"
        scan = scanned(row["example"])
        assert beginnings(row["pattern"])
        matches = re.search(whole, scan), pl.Series([scan]).str.contains(whole)[0]
        if not all(matches) or re.compile(whole).groups:
            wrong.append(row)
    assert wrong == [], f"mend these rows of seeds/vocabularies/{name}.csv"


@pytest.mark.parametrize("name", ["treatments", "body_parts", "laterality"])
def test_no_pattern_is_there_twice(name: str) -> None:
    counts = Counter(row["pattern"] for row in vocabulary(name))
    assert [pattern for pattern, count in counts.items() if count > 1] == []


def test_every_example_is_read_as_its_own_row_says() -> None:
    wrong = []
    for row in vocabulary("treatments"):
        found = read_treatment(row["example"])
        if (found.category, found.subcategory) != (row["category"], row["subcategory"]):
            wrong.append((row["example"], row["category"], row["subcategory"], found.category, found.subcategory))
    assert wrong == []


def plural(words: str) -> str:
    if re.search("[^aeiou]y$", words):
        return f"{words[:-1]}ies"
    return words + ("es" if words.endswith(("x", "ch", "sh")) else "s")


def test_the_plural_of_an_example_is_read_as_the_example() -> None:
    examples = [row["example"] for row in vocabulary("treatments") if re.search("[a-z]{3}[a-rt-z]$", row["example"])]
    wrong = []
    for one in examples:
        found, several = read_treatment(one), read_treatment(plural(one))
        if (found.category, found.subcategory) != (several.category, several.subcategory):
            wrong.append((plural(one), several.category, several.subcategory))
    assert wrong == []


def test_treatments_are_of_the_taxonomy_and_body_parts_of_the_list() -> None:
    assert {(row["category"], row["subcategory"]) for row in vocabulary("treatments")} <= KINDS
    named = {part for row in vocabulary("treatments") for part in row["body_parts"].split("; ") if part}
    named |= {row["body_part"] for row in vocabulary("body_parts") if row["body_part"]}
    assert {part for parts in named for part in parts.split("; ")} <= BODY_PARTS
    codes = [row["wcio_code"] for row in vocabulary("body_part_codes")]
    assert all(re.fullmatch(r"\d{2}", code) for code in codes)


def test_ignored_terms_are_no_body_parts() -> None:
    parts = {row["pattern"] for row in vocabulary("body_parts") if row["body_part"]}
    ignored = {row["pattern"] for row in vocabulary("body_parts") if not row["body_part"]}
    assert parts.isdisjoint(ignored)
    for row in vocabulary("body_parts"):
        if not row["body_part"]:  # in its example, the word does not name a body part
            whole = re.search(rf"\b(?:{row['pattern']})\b", scanned(row["example"]))
            assert whole is not None
            implied = read_treatment(whole.group())  # a treatment itself may imply a part: a spinal cord stimulator
            assert implied.body_parts == () or implied.category == "Surgery", row


def test_drugs_have_one_meaning_a_known_class_and_known_ingredients() -> None:
    rows = vocabulary("drugs")
    terms = Counter(row["term"] for row in rows)
    assert [term for term, count in terms.items() if count > 1] == [], "these terms have several rows in drugs.csv"
    allowed = {
        "drug_class": DRUG_CLASSES,  # the subcategories of Pharmaceuticals in treatment_categories.csv
        "route": {"oral", "topical", "injection", "nasal", "other"},
        "is_ambiguous": {"yes", "no"},
    }
    for column, values in allowed.items():
        wrong = [row for row in rows if row[column] not in values]
        assert wrong == [], f"{column} of drugs.csv is one of: {', '.join(sorted(values))}"
    assert len({row["ingredients"] for row in rows if row["kind"] in ("brand", "generic")}) > 300
    for row in rows:
        ingredients = row["ingredients"].split("; ")
        assert row["term"] == row["term"].lower().strip(), "write the terms of drugs.csv in lower case"
        assert ingredients == sorted(set(ingredients)), f"sort the ingredients, each once: {row}"
        assert row["source"], f"say where the drug is listed: {row}"


def test_misspellings_have_a_right_spelling() -> None:
    right = {row["ingredients"] for row in vocabulary("drugs") if row["kind"] != "misspelling"}
    wrong = [row for row in vocabulary("drugs") if row["kind"] == "misspelling" and row["ingredients"] not in right]
    assert wrong == [], "no other row of drugs.csv has these ingredients"


@pytest.mark.parametrize(("name", "key"), [("guideline_titles", "source"), ("mtus_sections", "title")])
def test_a_printed_name_leads_to_one_guideline(name: str, key: str) -> None:
    counts = Counter((row[key], scan_form(row["variant"])) for row in vocabulary(name))
    assert [pair for pair, count in counts.items() if count > 1] == []
    assert all(row["variant"].lower() in row["example"].lower() for row in vocabulary(name))


def test_every_name_of_a_body_of_guidelines_is_read_as_that_body() -> None:
    for row in vocabulary("guideline_titles"):
        if row["kind"] == "source":
            (cited,) = read_citations(row["example"])
            assert (cited.source, cited.title) == (row["source"], None), row


def test_every_example_of_a_title_is_read_as_the_title() -> None:
    wrong = []
    for row in vocabulary("guideline_titles"):
        if row["kind"] != "source":
            cited = read_citations(row["example"])[row["example"].startswith(BESIDE_ANOTHER) :]
            found = [(one.source, one.title) for one in cited]
            wrong += [(row["example"], found)] if found != [(row["source"], row["title"])] else []
    assert wrong == []


def test_a_title_has_one_subject() -> None:
    rows = [row for row in vocabulary("guideline_titles") if row["kind"] != "source"]
    subjects = Counter((source, title) for source, title, _ in {(r["source"], r["title"], r["subject"]) for r in rows})
    assert [title for title, count in subjects.items() if count > 1] == []
    assert {row["title"] for row in rows if not row["subject"] and row["source"] != "Other"} == {
        "Preface",
        "Treatment Index",
    }


def test_every_pattern_of_a_party_matches_its_example() -> None:
    for row in vocabulary("parties"):
        assert re.fullmatch(row["pattern"], row["example"], re.IGNORECASE), row


def test_sections_belong_to_titles() -> None:
    titles = {row["title"] for row in vocabulary("guideline_titles") if row["source"] == "MTUS"}
    assert {row["title"] for row in vocabulary("mtus_sections")} <= titles


def test_time_limits_are_in_force_one_at_a_time() -> None:
    limits = time_limits()
    may_be_null = ["priority", "valid_to", "depends_on"]
    assert limits.drop(may_be_null).null_count().sum_horizontal()[0] == 0
    assert (limits["valid_from"] <= limits["valid_to"]).all()
    assert not limits.filter(pl.col("source").str.starts_with("general knowledge"))["certainty"].is_in(["high"]).any()
    assert (limits["limit_days"] > 0).all()
    assert (limits["longest_days"] >= limits["limit_days"]).all()
    assert ((limits["longest_days"] > limits["limit_days"]) == limits["depends_on"].is_not_null()).all()
    assert set(limits["day_kind"]) <= {"calendar", "working"}
    assert set(limits["certainty"]) <= {"high", "medium"}
    assert set(limits["disputed"]) <= {"any", "formulary drug"}
    assert set(limits["priority"]) <= {None, *columns()["priority"].dtype.categories}  # type: ignore[attr-defined]
    kind = ["step", "priority", "disputed"]
    after = limits.sort(*kind, "valid_from").select(pl.col("valid_from") > pl.col("valid_to").shift(1).over(kind))
    assert after.to_series().drop_nulls().all()


# --- EVERY COLUMN IS USED --- #

RUNS = """
import contextlib, csv, json, pathlib, sys

found = {}


class Row(dict):
    def __getitem__(self, column):
        self.seen.add(column)
        return dict.__getitem__(self, column)

    def items(self):
        self.seen.update(self)
        return dict.items(self)


class Reader(csv.DictReader):
    def __init__(self, file, **others):
        super().__init__(file, **others)
        self.seen = found.setdefault(pathlib.Path(file.name).stem, set())

    def __next__(self):
        row = Row(super().__next__())
        row.seen = self.seen
        return row


csv.DictReader = Reader

import imrdata
from imrdata import dwc, quality, review, synthetic
from imrdata.cli.printing import reasons
from imrdata.letters.fields.guideline_names import is_adopted, subject_of
from imrdata.letters.layouts.documents import require_decision
from imrdata.letters.reading import read_bytes
from imrdata.letters.text.pages import join_pages
from imrdata.synthetic.chance import generator
from imrdata.synthetic.renderings import RENDERINGS, render

for letter in synthetic.synthesize(300, seed=5):
    read_bytes(letter.text.encode(), letter.name)
read_bytes(pathlib.Path(imrdata.example_letter()).read_bytes(), "letter.md")
imrdata.load(imrdata.example_letter())
is_adopted("Low Back Complaints")
subject_of("MTUS", "Chronic Pain")
with contextlib.suppress(imrdata.ImrDataError):
    require_decision("NOTICE OF ASSIGNMENT", 100)
join_pages(["A letter\\nof pages\\fand its\\nend", "COPY"])
for name in RENDERINGS:
    render(letter, name, generator(1, 1))
quality.write_suites(pathlib.Path(sys.argv[1]))
data = imrdata.load(imrdata.example_letter())
data.letters.imr.intervals()
data.citations.imr.edition_status(data.letters)
dwc.compare(imrdata.load_decisions(), dwc.read_index(dwc.example_pages()))
for name in ("published_figures", "time_limits"):
    found.setdefault(name, set()).update(getattr(imrdata, name)().columns)
[row["code"] + row["severity"] + row["what_to_do"] for row in reasons().values()]
review.queue(imrdata.load(imrdata.example_letter()))
review.accuracy()
print(json.dumps({name: sorted(columns) for name, columns in found.items()}))
"""


def documented() -> dict[str, set[str]]:
    """Return the columns that docs/ shows, and those that the README of the vocabularies lists for readers only."""
    shown: dict[str, set[str]] = {}
    for page in (ROOT / "docs").rglob("*.md"):
        for line in re.findall(r"\{imr-vocabulary\} (.*)", page.read_text(encoding="utf-8")):
            name, *names = line.split()
            shown.setdefault(name, set()).update(names)
    readme = (ROOT / "seeds" / "vocabularies" / "README.md").read_text(encoding="utf-8")
    for name, words in re.findall(r"^\| `(\w+)`.*?\|.*?\|(.*)\|$", readme, re.MULTILINE):
        for names in re.findall(r"((?:`\w+`(?:, )?)+): (?:[^·]*?, )?for readers only", words):
            shown.setdefault(name, set()).update(re.findall(r"\w+", names))
    return shown


def test_every_column_is_read_or_shown(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUNS, tmp_path], check=True, capture_output=True, text=True, cwd=ROOT
    )
    read, shown, unread = json.loads(made.stdout), documented(), {}
    for file in (ROOT / "seeds" / "vocabularies").glob("*.csv"):
        columns_of_file = set(vocabulary(file.stem)[0]) - {"example"}
        unread[file.stem] = columns_of_file - set(read.get(file.stem, ())) - shown.get(file.stem, set())
    assert {name: names for name, names in unread.items() if names} == {}, "delete them, or say what they are for"


def test_the_readme_names_every_kind() -> None:
    readme = (ROOT / "seeds" / "vocabularies" / "README.md").read_text(encoding="utf-8")
    for file in (ROOT / "seeds" / "vocabularies").glob("[!s]*.csv"):  # without those of synthetic letters
        line = next((line for line in readme.splitlines() if line.startswith(f"| `{file.stem}`")), "")
        missing = {row.get("kind", "") for row in vocabulary(file.stem)} - {"", *re.findall(r"\w+", line)}
        assert missing == set(), f"the README of the vocabularies does not say what these kinds of {file.name} are"
    line = next(line for line in readme.splitlines() if line.startswith("| `corpus_measures`"))
    listed = line.partition("`kind`: ")[2].partition(" (")[0].split(", ")
    assert set(listed) == set(_KINDS) == {row["kind"] for row in vocabulary("corpus_measures")}


@pytest.mark.parametrize(
    "name", ["verdict_words", "reading_words", "page_lines", "document_titles", "labels", "parties", "dwc_page_words"]
)
def test_every_kind_of_row_is_asked_for(name: str) -> None:
    code = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "imrdata").rglob("*.py"))
    kinds = {row.get("kind") or row["party"] for row in vocabulary(name)}
    unread = {kind for kind in kinds if f'"{kind}"' not in code and f"'{kind}'" not in code}
    assert unread == set(), f"nothing reads these rows of {name}.csv"


@pytest.mark.parametrize("name", ["body_parts", "laterality"])
def test_every_example_of_a_part_or_side_is_read_as_its_row_says(name: str) -> None:
    wrong = []
    for row in vocabulary(name):
        found = read_treatment(row["example"])
        value = row.get("body_part", row.get("laterality", ""))
        got = "; ".join(found.body_parts) if name == "body_parts" else found.laterality or ""
        if value and not set(value.split("; ")) <= set(got.split("; ")):
            wrong.append((row["example"], value, got))
    assert wrong == []


def test_every_drug_is_found_by_its_name() -> None:
    wrong = []
    for row in vocabulary("drugs"):
        term = row["term"]
        hits = drug_terms().find(request_form(term), words_of(request_form(term)))
        if [hit.row.ingredients for hit in hits] != [tuple(row["ingredients"].split("; "))]:
            wrong.append((term, row["ingredients"], [hit.row.ingredients for hit in hits]))
    assert wrong == []


def test_every_example_of_a_section_names_the_section() -> None:
    wrong = []
    for row in vocabulary("mtus_sections"):
        found = read_citations(row["example"])
        if [(one.title, one.sections, one.unknown) for one in found] != [(row["title"], (row["section"],), ())]:
            wrong.append((row["example"], found))
    assert wrong == []


def test_every_specialty_and_state_is_read() -> None:
    for row in vocabulary("medical_specialties"):
        _, specialties, _ = read_reviewer(row["example"], 0, len(row["example"]))
        assert [one.value for one in specialties] == [row["specialty"]], row
    for row in vocabulary("us_states"):
        for printed in (row["state"], row["code"]):
            line = f"State(s) of Licensure: {printed}"
            states, _, _ = read_reviewer(line, 0, len(line))
            assert [one.value for one in states] == [row["code"]], row


def test_every_rank_and_category_is_of_a_treatment() -> None:
    assert {row["rank"] for row in vocabulary("treatments")} == {row["rank"] for row in vocabulary("treatment_ranks")}
    made = {(row["category"], row["subcategory"]) for row in vocabulary("treatments")}
    made |= {("Pharmaceuticals", row["drug_class"]) for row in vocabulary("drugs")}
    assert {kind for kind in KINDS - made if not kind[1].startswith("Other")} == set()


def test_every_diagnostic_has_a_rate() -> None:
    rated = {row["code"] for row in vocabulary("diagnostic_rates")}
    assert {row["code"] for row in vocabulary("diagnostics")} == rated, "then: imrdata schemas schemas"
