"""The vocabularies of treatments, drugs, body parts and guidelines prove themselves and do not contradict."""

from __future__ import annotations

import re
from collections import Counter

import polars as pl
import pytest

from imrdata.analysis.time_limits import time_limits
from imrdata.letters.fields.guideline_lines import read_citations
from imrdata.letters.fields.guideline_names import scan_form
from imrdata.letters.fields.lexicon import beginnings
from imrdata.letters.fields.treatments import normalise, read_treatment
from imrdata.resources import vocabulary
from imrdata.tables.columns import columns

BODY_PARTS = {row["body_part"] for row in vocabulary("body_part_codes")}
KINDS = {(row["category"], row["subcategory"]) for row in vocabulary("treatment_categories")}
DRUG_CLASSES = {subcategory for category, subcategory in KINDS if category == "Pharmaceuticals"}


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
        if not row["body_part"]:  # the hidden word names no part in its example
            whole = re.search(rf"\b(?:{row['pattern']})\b", scanned(row["example"]))
            assert whole is not None
            implied = read_treatment(whole.group())  # a treatment itself may imply a part: a spinal cord stimulator
            assert implied.body_parts == () or implied.category == "Surgery", row


def test_drugs_have_one_meaning_a_known_class_and_known_ingredients() -> None:
    rows = vocabulary("drugs")
    terms = Counter(row["term"] for row in rows)
    assert [term for term, count in terms.items() if count > 1] == []
    assert {row["drug_class"] for row in rows} <= DRUG_CLASSES
    assert len({row["ingredients"] for row in rows if row["kind"] in ("brand", "generic")}) > 300
    for row in rows:
        ingredients = row["ingredients"].split("; ")
        assert row["term"] == row["term"].lower().strip()
        assert ingredients == sorted(set(ingredients)), row
        assert row["source"], row


def test_misspellings_have_a_right_spelling() -> None:
    right = {row["ingredients"] for row in vocabulary("drugs") if row["kind"] != "misspelling"}
    wrong = {row["ingredients"] for row in vocabulary("drugs") if row["kind"] == "misspelling"}
    assert wrong <= right


@pytest.mark.parametrize(("name", "key"), [("guideline_titles", "source"), ("mtus_sections", "title")])
def test_a_printed_name_leads_to_one_guideline(name: str, key: str) -> None:
    counts = Counter((row[key], scan_form(row["variant"])) for row in vocabulary(name))
    assert [pair for pair, count in counts.items() if count > 1] == []
    assert all(row["variant"].lower() in row["example"].lower() for row in vocabulary(name))


def test_every_name_of_a_body_of_guidelines_is_read_as_that_body() -> None:
    for row in vocabulary("guideline_titles"):
        if row["kind"] == "source":
            (cited,) = read_citations(row["example"], 0, len(row["example"]))
            assert (cited.source, cited.title) == (row["source"], None), row


def test_every_example_of_a_title_is_read_as_the_title() -> None:
    wrong = []
    for row in vocabulary("guideline_titles"):
        if row["kind"] != "source":
            cited = read_citations(row["example"], 0, len(row["example"]))
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
    assert limits.null_count().sum_horizontal()[0] == limits["priority"].null_count()
    assert (limits["valid_from"] <= limits["valid_to"]).all()
    assert (limits["limit_days"] > 0).all()
    assert (limits["mail_days"] >= 0).all()
    assert set(limits["day_kind"]) <= {"calendar", "working"}
    assert set(limits["certainty"]) <= {"high", "medium"}
    assert set(limits["disputed"]) <= {"any", "formulary drug"}
    assert set(limits["priority"]) <= {None, *columns()["priority"].dtype.categories}  # type: ignore[attr-defined]
    kind = ["step", "priority", "disputed"]
    after = limits.sort(*kind, "valid_from").select(pl.col("valid_from") > pl.col("valid_to").shift(1).over(kind))
    assert after.to_series().drop_nulls().all()
