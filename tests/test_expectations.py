"""Test the expectations: each fails on a corrupted corpus, and none fails by chance.

Great Expectations takes ten seconds to import and more to run, so a round makes independent corruptions in one
corpus. Exactly the expectations that they break must fail.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from statistics import NormalDist
from types import SimpleNamespace
from typing import cast

import polars as pl
import pytest
from conftest import ROOT
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

import imrdata
from imrdata.cli import app
from imrdata.errors import DatasetError, MissingExtraError, UnknownTermError
from imrdata.quality import judging, report, suite, write_suites
from imrdata.quality.corpus import Corpus, Size
from imrdata.quality.drift import Change, change_of, level
from imrdata.quality.expectations import BY_VALUE, FALSE_ALARMS, MEAN, Expectation, measures, rules
from imrdata.quality.judging import ERROR, FAILED, NOT_APPLICABLE, PASSED, Finding, expected, judge
from imrdata.quality.limits import Limits, limits
from imrdata.quality.page import page
from imrdata.quality.reports import _frame
from imrdata.quality.views import JUDGED_TABLES
from imrdata.quality.wording import message
from imrdata.resources import vocabulary
from imrdata.synthetic import synthesize
from imrdata.tables.columns import TABLES
from imrdata.tables.frames import frames as synthetic_frames

pytest.importorskip("great_expectations", reason="Great Expectations is not installed: pip install 'imrdata[quality]'")

Frames = dict[str, pl.DataFrame]
DATES = ("injury_date", "ur_denial_date", "application_received_date", "assigned_date", "decision_date")
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
col, lit = pl.col, pl.lit


@cache
def sample() -> Frames:
    data = imrdata.load()
    return {table: getattr(data, table) for table in TABLES}


def corpus_of(frames: Mapping[str, pl.DataFrame], baseline: Corpus | None = None) -> Corpus:
    documents = frames["letters"].height + frames["quarantine"].height
    return Corpus({table: frame.lazy() for table, frame in frames.items()}, documents, 0, baseline)


@pytest.fixture(scope="module")
def clean() -> Corpus:
    return corpus_of(sample())


# --- CORRUPTIONS --- #


def put(table: str, where: pl.Expr | bool = True, **values: pl.Expr) -> Callable[[Frames], None]:
    """Change values in some rows of a table."""

    def change(frames: Frames) -> None:
        frame = frames[table]
        condition = where if isinstance(where, pl.Expr) else lit(where)
        frames[table] = frame.with_columns(
            pl.when(condition).then(value).otherwise(col(name)).cast(frame.schema[name]).alias(name)
            for name, value in values.items()
        )

    return change


def keep(table: str, every: int) -> Callable[[Frames], None]:
    """Remove all rows except every nth."""

    def change(frames: Frames) -> None:
        frames[table] = frames[table].gather_every(every)

    return change


def unread(count: int) -> Callable[[Frames], None]:
    """Add documents that could not be read."""

    def change(frames: Frames) -> None:
        row = {"source": "a.pdf", "source_sha256": None, "step": "text", "reason": "no_text", "message": "no text"}
        rows = pl.DataFrame([row | {"excerpt": None}] * count, schema=frames["quarantine"].schema)
        frames["quarantine"] = pl.concat([frames["quarantine"], rows])

    return change


def noted(every: int, messages: Mapping[str, str]) -> Callable[[Frames], None]:
    """Add diagnostics to every nth letter."""

    def change(frames: Frames) -> None:
        numbers = frames["letters"]["case_number"].gather_every(every)
        rows = [
            pl.DataFrame({"case_number": numbers}).with_columns(code=lit(code), message=lit(text))
            for code, text in messages.items()
        ]
        frames["diagnostics"] = pl.concat([frames["diagnostics"], *rows], how="diagonal")

    return change


def year(*years: int) -> pl.Expr:
    return col("decision_date").dt.year().is_in(list(years))


def each(number: int) -> pl.Expr:
    return pl.int_range(pl.len()) % number == 0


def later(days: int, *names: str) -> dict[str, pl.Expr]:
    return {name: col(name) + pl.duration(days=days) for name in names}


def empty(table: str, *names: str) -> set[str]:
    """Return the rules of columns that are empty in every row, if there are enough letters."""
    few = {"professional_review", "determination_notice"}  # fewer than 20 letters of the sample
    return {
        f"{row['column']}_empty_in_{row['letter_layout']}"
        for row in vocabulary("null_rates")
        if (row["table"], row["column"] in names, row["expected"]) == (table, True, "filled")
        and row["letter_layout"] not in few
    }


@dataclass(frozen=True)
class Corruption:
    table: str
    round: str
    change: Callable[[Frames], None]
    broken: set[str]
    says: str  # a pattern that the message of one of them matches


BANDED = [row["code"] for row in vocabulary("diagnostic_rates") if row["exceptions"]]  # others may belong to any letter
DRUG = col("treatment_category").cast(pl.String) == "Pharmaceuticals"
MTUS = col("guideline_source").cast(pl.String) == "MTUS"
REVIEWER = col("cited_by").cast(pl.String) == "reviewer"
NONE = lit(None)

CORRUPTIONS = [
    # letters: their content
    Corruption("letters", "persons", unread(200), {"letters_of_documents"},
               r"^letters: letters_of_documents .* observed 1,501 rows, expected 1,6[0-9]{2} rows to 1,701 rows$"),
    Corruption("letters", "persons", put("letters", year(2019), request_count=col("request_count") + 3),
               {"requests_a_letter_2019"}, r"letters.request_count: .*, 2019\): observed 4.[56][0-9]* requests, expected 0\.\d+"),
    Corruption("letters", "persons", put("letters", priority=lit("Expedited")), {"expedited_share"},
               r"letters.is_expedited: .* observed 100 % of 1,501, expected at most"),
    Corruption("letters", "persons", put("letters", patient_sex=lit("male")), {"female_share"}, "observed 0 % of 1,501"),
    Corruption("letters", "persons", put("letters", reviewer_states=lit(["NV"])), {"california_licensed"},
               "observed 0 % of 1,501, expected at least"),
    Corruption("letters", "persons", put("letters", patient_age=col("patient_age") + 25), {"age_outside_those_seen"},
               r"observed 2\d\.\d % of 1,\d{3}, expected at most .* %, e.g. 'CM\d\d-\d{7}: \d\d'"),
    Corruption("letters", "persons", put("letters", each(5), clinical_summary_text=lit("The same.")),
               {"commonest_summary"}, "is_commonest_summary: .* observed 20.1 % of 1,501, expected at most [678].[0-9]+ %"),
    # letters: dates
    Corruption("letters", "order", put("letters", each(10), injury_date=col("ur_denial_date") + pl.duration(days=9)),
               {"days_out_of_order_before_denial"}, r"observed 10(?:\.\d)? % of 1,4[0-9]{2}, .*, e.g. 'CM\d\d-\d{7}: -9', 'CM"),
    Corruption("letters", "order", put("letters", each(11), **{"application_received_date": col("ur_denial_date") - pl.duration(days=2)}),
               {"days_out_of_order_before_application"}, r"e.g. 'CM\d\d-\d{7}: -2', 'CM\d\d-\d{7}: -2', 'CM\d\d-\d{7}: -2'$"),
    Corruption("letters", "order", put("letters", each(13), assigned_date=col("application_received_date") - pl.duration(days=3)),
               {"days_out_of_order_before_assignment"}, r"assignment before the application\): .*: -3'"),
    Corruption("letters", "order", put("letters", each(17), decision_date=col("assigned_date") - pl.duration(days=1)),
               {"days_out_of_order_before_decision"}, r"decision before the assignment\): .*: -1'"),
    Corruption("letters", "shifted", put("letters", year(2023, 2024, 2025), **later(3 * 365, *DATES)),
               {"unusual_case_number_year", *(f"letters_of_year_{one}" for one in (2023, 2024, 2025))}, r"years_from_case_number_to_application: .*, expected at most .*: [23]'"),
    Corruption("letters", "shifted",
               put("letters", year(2021), case_number=col("case_number").str.replace("CM2[01]", "CM11"), **later(-3653, *DATES)),
               {"decision_before_2013", "letters_of_year_2021"}, r"decision_year: .* observed 6.[0-9]+ % of 1,4[0-9]{2}, .*: 201[01]'"),
    Corruption("letters", "shifted", put("letters", year(*range(2016, 2023)), **later(-60, *DATES[:4])),
               {"decision_after_45_days_2017"}, r"from 2017\): observed \d+(\.\d)? %"),
    Corruption("letters", "late", put("letters", request_count=col("request_count").clip(2)), {"single_request_share_2015"},
               "is_single_request: .* observed 0 % of 1[0-9]{2}"),
    Corruption("letters", "late", put("letters", **later(-60, *DATES[:2])), {"application_after_35_days"},
               "observed 100 % of 1,4[0-9]{2}, expected at most "),
    Corruption("letters", "late", put("letters", **later(-60, *DATES[:3])), {"assignment_after_33_days_2017"},
               "2017\\): observed 100 % of 1[0-9]{2}"),
    # letters: nulls and unknown terms
    Corruption("letters", "nulls", put("letters", patient_age=NONE), empty("letters", "patient_age"),
               r"letters.patient_age: patient_age_empty_in_labelled_outcomes \(patient_age empty, labelled_outcomes\): "
               r"observed 100 % of 477, expected at most \d+(?:\.\d+)? %, e.g. 'CM\d\d-\d{7}', 'CM\d\d-\d{7}', 'CM\d\d-\d{7}'$"),
    Corruption("letters", "nulls", put("letters", patient_sex=NONE), empty("letters", "patient_sex"), "patient_sex"),
    Corruption("letters", "nulls", put("letters", priority=NONE), empty("letters", "priority"), "priority"),
    Corruption("letters", "nulls", put("letters", **dict.fromkeys(DATES, NONE)), empty("letters", *DATES), "_date"),
    Corruption("letters", "nulls", put("letters", determination_text=NONE, clinical_summary_text=NONE),
               empty("letters", "determination_text", "clinical_summary_text"), "labelled_outcomes_2018"),
    Corruption("letters", "nulls", put("letters", reviewer_states=lit([], pl.List(pl.String)), reviewer_specialties=lit([], pl.List(pl.String))),
               empty("letters", "reviewer_states", "reviewer_specialties"), "reviewer_"),
    Corruption("letters", "nulls", put("letters", col("documents_reviewed_text").is_null(), documents_reviewed_text=lit(HOSTILE)),
               {"documents_reviewed_text_filled_in_labelled_outcomes", "documents_reviewed_text_filled_in_labelled_outcomes_2018"},
               re.escape(f": {HOSTILE}'")),
    Corruption("letters", "nulls", noted(3, dict.fromkeys(BANDED, HOSTILE)),
               {f"diagnostic_{code}" for code in BANDED},
               r"letters with the diagnostic .*: observed 33.4 % of 1,501, expected at most .*: <script>"),
    # decisions
    Corruption("decisions", "fewer", keep("decisions", 2), {"requests_of_letters"},
               r"^decisions: requests_of_letters .* observed 1,[0-9]{3} rows, expected at least 1,501 rows$"),
    Corruption("decisions", "outcomes", put("decisions", year(2018), outcome=lit("Overturned")),
               {"overturned_share_2018"}, r"decisions.is_overturned: overturned_share_2018 \(requests overturned, 2018\): observed 100 % of [23][0-9]{2}"),
    Corruption("decisions", "outcomes", put("decisions", year(2016), treatment_category=lit("Surgery")),
               {"drug_share_2016"}, "observed 0 % of 2[0-9]{2}, expected at least "),
    Corruption("decisions", "outcomes", put("decisions", ur_decision=lit("modified")), {"modified_share"},
               r"labelled outcomes\): observed 100 % of 2,\d{3}"),
    Corruption("decisions", "outcomes", put("decisions", is_retrospective=lit(value=True)), {"retrospective_share"}, "100 %"),
    Corruption("decisions", "outcomes", put("decisions", DRUG & each(2), drugs=lit([], pl.List(pl.String))),
               {"drug_without_ingredient"}, r"e.g. 'CM\d\d-\d{7} \d+', 'CM"),
    Corruption("decisions", "outcomes", put("decisions", rationale_text=lit("The guideline does not support it.")),
               {"commonest_rationale"}, "decisions.is_commonest_rationale: .* observed 100 % of 2,[0-9]{3}, expected at most "),
    Corruption("decisions", "drugs", put("decisions", year(2018, 2019), decision_date=lit("2018-06-01").str.to_date()), set(), ""),
    Corruption("decisions", "drugs", put("decisions", DRUG & year(2018), treatment_subcategory=lit("Opioids")),
               {"opioid_share_of_drugs_2018"}, "decisions.is_opioid: .* 2018"),
    Corruption("decisions", "drugs", put("decisions", ~DRUG & each(2), treatment_category=lit("Other")),
               {"uncategorised_treatment"}, r"treatment_of_no_category: .*e.g. 'CM\d\d-\d{7} \d+: \w"),
    Corruption("decisions", "drugs", put("decisions", rationale_text=NONE), empty("decisions", "rationale_text"), "observed 100 %"),
    Corruption("decisions", "drugs", put("decisions", claims_administrator_guideline_text=NONE, reviewer_guideline_text=NONE),
               empty("decisions", "claims_administrator_guideline_text", "reviewer_guideline_text"), "decision_sentences"),
    # citations
    Corruption("decisions", "uncited", keep("citations", 4), {"uncited_request"},
               "decisions.is_uncited: .* observed [456][0-9].[0-9] % of 2,[0-9]{3}, expected at most "),
    Corruption("citations", "parties", put("citations", cited_by=lit("reviewer")), {"cited_by_reviewer"}, "observed 100 %"),
    Corruption("citations", "parties", put("citations", found_in=lit("rationale")), {"rationale_citations"}, "observed 100 %"),
    Corruption("citations", "parties", put("citations", MTUS & each(2), guideline_title=NONE), {"mtus_without_title"},
               r"citations.mtus_title: .*, e.g. 'CM\d\d-\d{7} \d+ reviewer \d+'"),
    Corruption("citations", "parties", put("citations", edition_year=col("edition_year") + 30), {"edition_after_decision"}, ": -"),
    Corruption("citations", "sources", put("citations", MTUS, guideline_source=lit("Other"), citation_text=lit(HOSTILE)),
               {"other_guideline_source", "mtus_share_of_reviewer_2016_2017"}, re.escape(f": {HOSTILE}'")),
    # drift from a baseline
    Corruption("letters", "baseline", keep("letters", 2), {"kept_letters"}, "observed 751 rows, expected at least 1,501 rows$"),
    Corruption("letters", "baseline", put("letters", case_outcome=lit("Upheld")),
               {f"drift_of_share_case_outcome_is_{one}" for one in ("upheld", "overturned", "partially_overturned")}, "against the baseline"),
    Corruption("letters", "baseline", put("letters", is_represented=lit(value=True)), {"drift_of_filled_is_represented"}, "filled"),
    Corruption("decisions", "baseline", put("decisions", treatment_category=pl.when(col("treatment_category").cast(pl.String) == "Rehabilitation")
               .then(lit("Surgery")).otherwise(col("treatment_category"))),
               {f"drift_of_share_treatment_category_is_{one}" for one in ("rehabilitation", "surgery")}, "category Rehabilitation, against"),
    Corruption("decisions", "baseline", put("decisions", quantity=NONE), {"drift_of_filled_quantity"}, "observed 0 % of 2,[0-9]{3}, expected 2"),
    Corruption("citations", "baseline", put("citations", edition_year=NONE), {"drift_of_filled_edition_year"}, "against the baseline"),
]  # fmt: skip
ROUNDS = sorted({(one.table, one.round) for one in CORRUPTIONS})


@cache
def round_of(table: str, name: str) -> dict[str, Finding]:
    frames = dict(sample())
    for one in CORRUPTIONS:
        if (one.table, one.round) == (table, name):
            one.change(frames)
    baseline = corpus_of(sample()) if name == "baseline" else None
    findings, _ = judge(corpus_of(frames, baseline), tables=[table])
    return {finding.rule.name: finding for finding in findings}


@pytest.mark.parametrize(("table", "name"), ROUNDS)
def test_what_is_broken_fails_and_nothing_else(table: str, name: str) -> None:
    found = {rule: one.status for rule, one in round_of(table, name).items() if one.status in (FAILED, ERROR)}
    broken = set().union(*(one.broken for one in CORRUPTIONS if (one.table, one.round) == (table, name)))
    assert found == dict.fromkeys(broken, FAILED)


@pytest.mark.parametrize("one", [one for one in CORRUPTIONS if one.broken], ids=lambda one: min(one.broken))
def test_the_message_names_table_column_rule_figures_and_rows(one: Corruption) -> None:
    findings = [round_of(one.table, one.round)[name] for name in one.broken]
    messages = [message(finding) for finding in findings]
    assert any(re.search(one.says, text) for text in messages), messages
    for finding, text in zip(findings, messages, strict=True):
        assert text.startswith(f"{one.table}.{finding.rule.column}:" if finding.rule.column else f"{one.table}:")
        assert finding.rule.name in text
        assert "observed" in text
        assert "expected" in text
        assert len(finding.examples) == (3 if finding.rule.expectation in BY_VALUE else 0)


def test_every_measure_is_broken_once() -> None:
    broken = set().union(*(one.broken for one in CORRUPTIONS))
    unbroken = {measure for measure in measures() if not any(name.startswith(measure) for name in broken)}
    assert unbroken == {"letters_a_year", "first_half_share", "middle_half_share"}  # which tests below break


def test_more_letters_than_were_issued_fail(monkeypatch: pytest.MonkeyPatch, clean: Corpus) -> None:
    fewer = [replace(one, high=100.0) for one in rules("letters") if one.name == "letters_a_year_2016"]
    monkeypatch.setattr(judging, "rules", lambda table: fewer)
    findings, _ = judge(clean, tables=["letters"])
    assert [(one.status, one.observed, one.limits) for one in findings] == [(FAILED, 148, Limits(None, 100))]


# --- WHAT MUST NOT FAIL --- #


@pytest.fixture(scope="module")
def findings(clean: Corpus) -> dict[tuple[str, str], Finding]:
    return {(one.rule.table, one.rule.name): one for one in judge(corpus_of(sample(), clean))[0]}


def test_the_sample_passes_and_does_not_drift_from_itself(findings: dict[tuple[str, str], Finding]) -> None:
    assert {one.status for one in findings.values()} == {PASSED, NOT_APPLICABLE}
    assert len(findings) == sum(len(rules(table)) for table in JUDGED_TABLES)


def test_too_few_letters_are_no_pass(findings: dict[tuple[str, str], Finding]) -> None:
    early = findings["decisions", "overturned_share_2013"]
    assert (early.status, early.reason) == (NOT_APPLICABLE, "too few letters: 16 of at least 30")
    assert early.observed is None
    assert findings["decisions", "overturned_share_2018"].status == PASSED
    assert findings["letters", "reviewer_specialties_empty_in_professional_review"].status == NOT_APPLICABLE


def test_what_is_observed_is_what_polars_counts(findings: dict[tuple[str, str], Finding]) -> None:
    decisions, letters = sample()["decisions"], sample()["letters"]
    in_2018 = decisions.filter(year(2018))
    found = findings["decisions", "overturned_share_2018"]
    assert found.observed == pytest.approx((in_2018["outcome"].cast(pl.String) == "Overturned").mean())
    assert (found.size.rows, found.size.letters) == (in_2018.height, in_2018["case_number"].n_unique())
    assert found.size.share == pytest.approx(found.observed)
    labelled = letters.filter(letter_layout=pl.lit("labelled_outcomes", letters.schema["letter_layout"]))
    found = findings["letters", "patient_age_empty_in_labelled_outcomes"]
    assert found.observed == pytest.approx(labelled["patient_age"].null_count() / labelled.height)
    assert (found.size.rows, found.size.letters) == (labelled.height, labelled.height)
    assert found.size.effective == pytest.approx(labelled.height, rel=0.01)
    assert findings["letters", "kept_letters"].observed == letters.height


def test_an_empty_corpus_fails_and_says_of_the_rest_that_it_cannot_tell() -> None:
    empty_frames = {table: frame.clear() for table, frame in sample().items()}
    found = judge(corpus_of(empty_frames))[0]
    failed = {one.rule.name for one in found if one.status == FAILED}
    assert failed == {"letters_of_documents", "requests_of_letters"}
    assert {one.status for one in found if one.rule.name not in failed} == {NOT_APPLICABLE}


def test_an_expectation_that_cannot_be_computed_is_an_error(monkeypatch: pytest.MonkeyPatch, clean: Corpus) -> None:
    wrong = replace(measures()["requests_a_letter"], name="mean_layout", column="letter_layout", low=1.0, high=2.0)
    right = next(one for one in rules("letters") if one.name == "age_outside_those_seen")
    monkeypatch.setattr(judging, "rules", lambda table: [wrong, right])
    found = judge(clean, tables=["letters"])[0]
    assert [one.status for one in found] == [ERROR, PASSED]
    assert found[0].reason not in ("", "no result")
    assert "mean_layout" in message(found[0])
    assert "ERROR" in message(found[0])
    assert _frame(found)["status"].to_list() == ["ERROR", "passed"]


# --- LIMITS --- #


def share_rule(low: float | None, high: float | None) -> Expectation:
    return Expectation("r", "decisions", MEAN, "", "", "x", low, high, margin="binomial")


def size(number: int) -> Size:
    return Size(number, number, number)


@pytest.mark.parametrize(
    ("rule", "draws", "limit"),
    [
        (share_rule(0.08, 0.09), 1_000_000, (0.0790, 0.0911)),  # a million letters: almost no margin
        (share_rule(0.08, 0.09), 100, (0.0, 0.2174)),  # of 92 at 9%, more than 20 occur once in 10,000 samples
        (share_rule(None, 0.0), 50, (None, 0.0)),  # an event that never occurs needs no margin
        (share_rule(0.5, None), 400, (0.4061, None)),
    ],
)
def test_a_band_is_widened_by_what_chance_does(
    rule: Expectation, draws: int, limit: tuple[float | None, float | None]
) -> None:
    found = limits(rule, size(draws), {}, 1e-4)
    assert (found.low, found.high) == tuple(None if one is None else pytest.approx(one, abs=2e-3) for one in limit)


def test_a_report_says_what_shift_it_would_see() -> None:
    found = limits(share_rule(0.40, 0.47), size(2_000), {}, 1e-4)
    assert found.seen_below == pytest.approx(0.351, abs=0.01)
    import scipy.stats

    assert scipy.stats.binom.cdf(found.low * 2_000, 2_000, found.seen_below) == pytest.approx(0.8, abs=0.03)
    assert limits(share_rule(0.01, None), size(50), {}, 1e-4).seen_below is None, "50 letters cannot show less than 1 %"


def test_requests_that_are_decided_together_count_for_less(clean: Corpus) -> None:
    rule = replace(share_rule(0.1, 0.1), name="alike", column="is_overturned")
    frames = dict(sample())
    is_chosen = col("case_number").hash() % 10 == 0
    put("decisions", outcome=pl.when(is_chosen).then(lit("Overturned")).otherwise(lit("Upheld")))(frames)
    found = corpus_of(frames).sizes("decisions", [rule])["alike"]
    assert found.rows == sample()["decisions"].height
    assert found.effective < 0.5 * found.rows
    assert clean.sizes("decisions", [rule])["alike"].effective > 1.2 * found.effective


# --- WHAT CHANGED --- #


def letters_of(frames: Frames, condition: pl.Expr, tag: str = "") -> Frames:
    """Copy the letters that meet a condition, with their rows, under other case numbers."""
    kept = frames["letters"].filter(condition).select("case_number")
    number = pl.col("case_number").str.slice(0, 5) + lit(tag) + pl.col("case_number").str.slice(5 + len(tag))
    return {
        name: frame.join(kept, on="case_number", how="semi").with_columns(case_number=number)
        if "case_number" in frame.columns
        else frame
        for name, frame in frames.items()
    }


@cache
def pool() -> Frames:
    """Return many old letters of one year; new letters are drawn from them, too."""
    made = synthetic_frames([one.letter for one in synthesize(6000, seed=77, years=[2019])])
    return {**made, "quarantine": sample()["quarantine"]}


def grown(change: Callable[[Frames], None], share: int = 8) -> tuple[Corpus, Corpus]:
    """Return a corpus with new letters, in which something changed, and the corpus before."""
    is_new = col("case_number").hash() % share == 0
    old, new = letters_of(pool(), ~is_new), letters_of(pool(), is_new, "8")
    change(new)
    before = corpus_of(old)
    return corpus_of({name: pl.concat([old[name], new[name]]) for name in old}, before), before


def told(corpus: Corpus) -> set[str]:
    """Return the drift rules whose limits the new letters exceed."""
    pending = [one for of in expected(corpus).values() for one in of if one.rule.is_drift and one.rule.column]
    return {
        one.rule.name for one in pending
        if one.size.share is not None and one.limits.low is not None and one.limits.high is not None
        and not one.limits.low <= one.size.share <= one.limits.high
    }  # fmt: skip


def lost(category: str) -> Callable[[Frames], None]:
    is_lost = col("treatment_category").cast(pl.String) == category
    return put("decisions", is_lost, treatment_category=lit("Other"))


@pytest.mark.parametrize(
    ("change", "share", "rule"),
    [
        (put("decisions", drugs=lit([], pl.List(pl.String))), 25, "drift_of_filled_drugs"),  # 240 new letters
        (put("decisions", rationale_text=NONE), 25, "drift_of_filled_rationale_text"),
        (put("decisions", each(20), rationale_text=NONE), 4, "drift_of_filled_rationale_text"),
        (put("decisions", DRUG, treatment_category=lit("DMEPOS")), 25, "drift_of_share_treatment_category_is_pharmaceuticals"),
        (lost("Home Health"), 2, "drift_of_share_treatment_category_is_home_health"),
        (lost("Transportation"), 2, "drift_of_share_treatment_category_is_transportation"),
        (lost("Programs"), 4, "drift_of_share_treatment_category_is_programs"),
        (lost("Psych Services"), 8, "drift_of_share_treatment_category_is_psych_services"),
        (put("decisions", each(16), outcome=lit("Overturned")), 2, "drift_of_share_is_overturned"),
        (put("citations", edition_year=NONE), 25, "drift_of_filled_edition_year"),
    ],
)  # fmt: skip
def test_what_new_letters_lost_or_changed_is_told(change: Callable[[Frames], None], share: int, rule: str) -> None:
    corpus, _ = grown(change, share)
    assert rule in told(corpus)


def test_new_letters_that_are_like_the_old_ones_did_not_change() -> None:
    corpus, before = grown(lambda frames: None, 3)
    assert corpus.kept_count == before.counts["letters"]
    assert told(corpus) == set()


def test_a_year_with_other_shares_is_no_drift_and_letters_of_a_new_year_are_not_compared() -> None:
    frames = dict(sample())
    late = col("decision_date").dt.year() >= 2024
    before = corpus_of(letters_of(frames, ~late.fill_null(value=False)))
    found = [one for of in expected(corpus_of(frames, before)).values() for one in of if one.rule.is_drift]
    assert {one.status for one in found if one.rule.column} == {NOT_APPLICABLE}
    assert "of the same layouts and years" in found[-1].reason


def test_another_sample_keeps_no_letter() -> None:
    corpus = corpus_of(letters_of(dict(sample()), lit(value=True), "8"), corpus_of(sample()))
    (kept,) = [one for one in expected(corpus, ["letters"])["letters"] if one.rule.name == "kept_letters"]
    assert (kept.status, kept.reason) == (NOT_APPLICABLE, "no letter is also in the baseline")


def test_few_counts_are_judged_exactly() -> None:
    change = Change(1000, 800, 8000, 0, 6.0, 60, 10_000, 5.4, 1.0)  # of 60 in 10,000 rows, none of 6 are in 1,000 new
    assert change.p_value() == pytest.approx(2 * 0.9**60, rel=1e-6)
    assert replace(change, degrees=29).p_value() > 1.5 * change.p_value()  # a variance of few letters is less certain
    halved = replace(change, design_effect=2.0)
    assert halved.p_value() == pytest.approx(2 * 0.9**30, rel=1e-6)
    low, high = change.limits(0.01)
    assert 0 < low < 0.001, "none of 6 is rarer than 1 in 100"
    assert 0.012 < high < 0.016


@pytest.mark.parametrize(("share", "found"), [(0.5, 560), (0.05, 70), (0.95, 970)])
def test_many_counts_are_judged_as_by_the_normal_distribution(share: float, found: int) -> None:
    new, all_rows = 1_000, 2_000
    variance = new * (all_rows - new) * share * (1 - share) / (all_rows - 1)
    change = Change(new, 900, 900, found, new * share, all_rows * share, all_rows, variance, 1.0)
    assert change.p_value() == pytest.approx(2 * NormalDist().cdf(-abs(found - new * share) / variance**0.5), rel=0.35)


def test_strata_in_which_nothing_can_differ_add_no_certainty() -> None:
    sure = ((500.0,) * 6, (500.0,) * 6)  # 500 new letters of one row and 500 old ones, all counted
    mixed = ((20.0, 20.0, 2.0, 20.0, 2.0, 2.0), (180.0, 180.0, 18.0, 180.0, 18.0, 18.0))
    alone, both = change_of([mixed]), change_of([sure, mixed])
    assert both.p_value(0) == alone.p_value(0)
    assert (both.rows, both.sure_rows, both.sure_found) == (20, 500, 500)
    assert both.limits(0.01)[0] >= 500 / 520


def test_the_level_is_that_of_benjamini_and_hochberg() -> None:
    values = [0.01 * FALSE_ALARMS, 0.4 * FALSE_ALARMS, 0.03, 0.5]
    changes = {str(p): cast("Change", SimpleNamespace(p_value=lambda p=p: p)) for p in values}
    assert level(changes) == pytest.approx(2 / 4 * FALSE_ALARMS)
    assert level({}) == FALSE_ALARMS


def test_a_band_that_no_share_can_leave_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {one.rule.name: one.status for one in expected(corpus_of(sample()), ["letters"])["letters"]}
    monkeypatch.setattr("imrdata.quality.judging.limits", lambda *_: Limits(0.0, 1.0))
    found = [one for one in expected(corpus_of(sample()), ["letters"])["letters"] if one.rule.margin == "binomial"]
    judged = [one for one in found if before[one.rule.name] != "not applicable" and one.rule.unit == "share"]
    assert {one.status for one in judged} == {"not applicable"}
    assert {one.reason for one in judged} == {"too few letters: any share would pass"}


# --- NO FALSE ALARMS --- #


def leaves(corpus: Corpus) -> list[str]:
    """Return the shares that exceed their limits."""
    pending = [one for of in expected(corpus).values() for one in of if one.rule.margin == "binomial"]
    pending = [one for one in pending if one.rule.unit == "share"]
    return [
        one.rule.name for one in pending
        if one.size.share is not None
        and ((one.limits.low is not None and one.size.share < one.limits.low)
             or (one.limits.high is not None and one.size.share > one.limits.high))
    ]  # fmt: skip


@cache
def many() -> Frames:
    made = synthetic_frames([one.letter for one in synthesize(6000, seed=78)])
    return {**made, "quarantine": sample()["quarantine"]}


@pytest.mark.parametrize(("number", "runs"), [(150, 16), (1_500, 2), (3_000, 1)])
def test_clean_letters_raise_no_alarm(number: int, runs: int) -> None:
    """Fewer than 1 in 100 reports of 150 to 100,000 letters has a false alarm: ``benchmarks/false_alarms.py``."""
    numbers = many()["letters"]["case_number"]
    for run in range(runs):
        new, old = (numbers.slice(at * number, number).implode() for at in (2 * run, 2 * run + 1))
        before = corpus_of(letters_of(many(), col("case_number").is_in(old)))
        assert leaves(corpus_of(letters_of(many(), col("case_number").is_in(new)), before)) == [], run


# --- INCOMPLETE YEARS --- #


@pytest.mark.parametrize(
    ("gone", "rule"),
    [
        (col("decision_date").is_between(date(2018, 1, 1), date(2018, 6, 30)), "first_half_share_2018"),
        (col("decision_date").is_between(date(2018, 7, 1), date(2018, 12, 31)), "first_half_share_2018"),
        (col("decision_date").is_between(date(2018, 4, 1), date(2018, 9, 30)), "middle_half_share_2018"),
    ],
)
def test_half_a_year_that_is_missing_is_odd(gone: pl.Expr, rule: str) -> None:
    corpus = corpus_of(letters_of(dict(sample()), ~gone.fill_null(value=False)))
    assert leaves(corpus) == [rule]


def test_a_whole_year_that_is_missing_is_odd_and_one_at_the_end_is_not() -> None:
    without = letters_of(dict(sample()), (col("decision_date").dt.year() != 2018).fill_null(value=True))
    (found,) = [
        one for one in expected(corpus_of(without), ["letters"])["letters"] if one.rule.name == "letters_of_year_2018"
    ]
    assert (found.size.rows, found.limits.low) == (0, 1)
    before = letters_of(dict(sample()), (col("decision_date") < date(2018, 6, 1)).fill_null(value=True))
    (found,) = [
        one for one in expected(corpus_of(before), ["letters"])["letters"] if one.rule.name == "first_half_share_2018"
    ]
    assert (found.status, found.reason) == (NOT_APPLICABLE, "the letters do not span the year")


# --- SUITES AND SEEDS --- #


def test_the_suites_are_fresh(tmp_path: Path) -> None:
    for path in write_suites(tmp_path):
        kept = ROOT / "schemas" / "expectations" / path.name
        assert kept.read_text() == path.read_text(), "stale; mend it with\n  imrdata schemas schemas"


@pytest.mark.parametrize("table", JUDGED_TABLES)
def test_great_expectations_reads_the_suites_as_they_are(table: str) -> None:
    kept = json.loads((ROOT / "schemas" / "expectations" / f"{table}.json").read_text())
    loaded = judging.great_expectations().ExpectationSuite(name=table, expectations=kept["expectations"])
    assert [one.meta["rule"] for one in loaded.expectations] == [one["meta"]["rule"] for one in kept["expectations"]]
    assert len({one.name for one in rules(table)}) == len(rules(table))
    text = json.dumps(suite(table))
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-|great_expectations_version", text), "identifiers or versions drift"


def test_rules_name_columns_of_views_and_bands_name_measures(clean: Corpus) -> None:
    for table in JUDGED_TABLES:
        names = set(clean.views[table].collect_schema().names()) | {"is_kept", "is_compared"}
        for rule in rules(table):
            assert ({rule.column} - {None}) | {one.column for one in rule.conditions} <= names, rule.name
            assert rule.source, rule.name
    assert {row["measure"] for row in vocabulary("corpus_bands")} == set(measures())
    for row in vocabulary("corpus_bands"):
        assert not row["low"] or not row["high"] or float(row["low"]) <= float(row["high"]), row
        assert not row["last_year"] or row["first_year"] <= row["last_year"], row
    for row in (*vocabulary("null_rates"), *vocabulary("diagnostic_rates")):
        assert bool(row["exceptions"]) == bool(row["letters"]), row
        assert row["letters"] == "" or int(row["exceptions"]) < int(row["letters"]), row


def test_the_limit_of_exceptions_is_exact_and_of_letters_on_which_no_rule_was_made() -> None:
    import scipy.stats

    (unknown,) = [rule for rule in rules("letters") if rule.name == "diagnostic_unknown_section"]
    assert unknown.high == pytest.approx(scipy.stats.binomtest(9, 93).proportion_ci().high, abs=1e-6)
    assert (limits(unknown, size(9_300), {}, 1e-6).high or 0) > 9 / 93, (
        "many letters like those that were measured pass"
    )


# --- THE REPORT --- #


def test_a_report_is_written_and_quiet(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    imrdata.build(ROOT / "seeds" / "letters", tmp_path / "dataset")
    capfd.readouterr()
    made = report(tmp_path / "dataset", tmp_path / "a", baseline=tmp_path / "dataset")
    assert capfd.readouterr() == ("", "")
    assert made.passed
    assert made.index == tmp_path / "a" / "index.html"
    assert made.notes[0] == "No letter is new; all are compared with the baseline's of the same layouts and years."
    assert (
        made.notes[1]
        == "1,500 of 1,501 letters are synthetic, generated by the package; do not quote figures from them."
    )
    assert made.frame.filter(status="passed")["observed"].null_count() == 0
    again = report(ROOT / "seeds" / "letters", tmp_path / "b", baseline=tmp_path / "dataset")
    assert_frame_equal(again.frame, made.frame)  # letters, and the dataset built from them, give the same results
    for table in JUDGED_TABLES:
        first, second = (json.loads((tmp_path / one / "results" / f"{table}.json").read_text()) for one in "ab")
        by_rule = [
            {one["expectation_config"]["meta"]["rule"]: one["success"] for one in results["results"]}
            for results in (first, second)
        ]
        assert by_rule[0] == by_rule[1]
        assert all(by_rule[0].values())


def test_a_page_shows_hostile_text_as_text_and_asks_for_nothing() -> None:
    found = [*round_of("letters", "nulls").values(), *round_of("citations", "sources").values()]
    html = page(HOSTILE, [(HOSTILE, HOSTILE)], [HOSTILE], found)
    assert html.count("&lt;script&gt;alert(1)") >= 20
    assert not re.search(r"<script|<img|<iframe|<object|<link(?! rel=\"icon\" href=\"data:,\")|url\(|@import", html)
    assert not re.search(r"https?://|javascript:|\son\w+=(?!x onerror|alert)", html.replace(HOSTILE, ""))
    assert "default-src &#x27;none&#x27;" in html or "default-src 'none'" in html


def test_the_command_prints_a_table_and_its_exit_codes_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import imrdata.cli.printing

    monkeypatch.setattr(imrdata.cli.printing.console, "width", 200)
    (tmp_path / "letters").mkdir()
    for number in range(4):
        (tmp_path / "letters" / f"{number}.txt").write_text(f"no letter {number}")
    letters = str(ROOT / "seeds" / "letters" / "CM15-0174261.md")
    run = CliRunner().invoke(app, ["report", letters, "-o", str(tmp_path / "one")])
    assert run.exit_code == 0
    assert re.search(r"letters +letters_of_documents +1 rows +1 rows to 1 rows +passed", run.output)
    assert "are not applicable" in run.output
    run = CliRunner().invoke(app, ["report", str(tmp_path / "letters"), letters, "-o", str(tmp_path / "two")])
    assert run.exit_code == 12
    assert "letters: letters_of_documents (letters, of the documents that were read): observed 1 rows" in run.output
    assert "4 of 5 documents could not be read" in run.output
    run = CliRunner().invoke(app, ["report", letters, "-o", str(tmp_path / "three"), "--engine", "spark"])
    assert run.exit_code == 5
    assert "build" in run.output


def test_what_cannot_be_reported_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownTermError, match="pandas, spark"):
        report(None, tmp_path, engine="dask")
    with pytest.raises(DatasetError, match="built dataset"):
        report(ROOT / "seeds" / "letters", tmp_path, engine="spark")
    monkeypatch.setitem(sys.modules, "great_expectations", None)
    with pytest.raises(MissingExtraError, match=re.escape("pip install 'imrdata[quality]'")):
        report(None, tmp_path)


def test_published_letters_of_one_winter_pass_and_years_are_not_judged(tmp_path: Path, real_letters: Path) -> None:
    made = report(real_letters, tmp_path)
    assert made.frame.filter(pl.col("status").is_in([FAILED, ERROR]))["message"].to_list() == []
    (drugs,) = made.frame.filter(expectation="drug_share_2017").select("observed", "low", "seen_below").rows()
    assert drugs[0] < 0.22, "the letters of this winter are of new injuries; the DWC published over 40 %"
    assert drugs[2] < drugs[1] < drugs[0], "too few letters to call that odd, as the report says"
    assert made.notes == ()


# --- IN A BROWSER, ON SPARK --- #


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a report with failures that quote hostile words."""
    found = [*round_of("letters", "nulls").values(), *round_of("citations", "sources").values()]
    file = tmp_path_factory.mktemp("report") / "index.html"
    file.write_text(page("Quality", [("corpus", HOSTILE)], [HOSTILE], found), encoding="utf-8")
    return file


@pytest.mark.browser
def test_a_browser_asks_for_nothing_and_runs_nothing(written: Path, tmp_path: Path) -> None:
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed (Debian package chromium)")
    requests: list[str] = []
    said: list[str] = []
    flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
    flags += ["--host-resolver-rules=MAP * ~NOTFOUND"]
    with sync.sync_playwright() as play:
        browser = play.chromium.launch_persistent_context(tmp_path, executable_path=chromium, args=flags)
        tab = browser.new_page()
        tab.on("request", lambda request: requests.append(request.url))
        tab.on("console", lambda line: said.append(line.text))
        tab.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.goto(written.as_uri())
        tab.locator("details summary").first.click()
        tab.wait_for_load_state("networkidle")
        assert tab.locator("script, img, iframe").count() == 0
        assert HOSTILE in tab.locator("body").inner_text()
        assert tab.locator("table.findings").first.evaluate("e => getComputedStyle(e).borderCollapse") == "collapse"
        assert tab.locator(".status.bad").first.evaluate("e => getComputedStyle(e).color") == "rgb(180, 35, 24)"
        browser.close()
    assert [one for one in requests if not one.startswith(("file:", "data:"))] == []
    assert said == []


@pytest.fixture(scope="module")
def spark() -> Iterator[object]:
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed: pip install 'imrdata[spark]'")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17 (Debian package openjdk-17-jre-headless)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        builder = sql.SparkSession.builder.master("local[2]").appName("imrdata")
        for name, value in {
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.sql.shuffle.partitions": "2",
        }.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.mark.spark
def test_spark_finds_what_pandas_finds(spark: object, tmp_path: Path) -> None:
    imrdata.build(ROOT / "seeds" / "letters", tmp_path / "dataset")
    here = report(tmp_path / "dataset", tmp_path / "a", baseline=tmp_path / "dataset")
    there = report(tmp_path / "dataset", tmp_path / "b", baseline=tmp_path / "dataset", engine="spark")
    figures = ("observed", "low", "high", "seen_below", "seen_above")
    same = [name for name in here.frame.columns if name not in (*figures, "examples", "message")]
    assert there.frame.select(same).equals(here.frame.select(same))
    for name in figures:
        difference = (there.frame[name] - here.frame[name]).abs()
        assert difference.max() < 1e-9, name
        assert (there.frame[name].is_null() == here.frame[name].is_null()).all()
    assert there.notes == here.notes
