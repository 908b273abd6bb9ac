"""The expectations: each is broken on purpose, and that one fails; what chance does, fails none.

Great Expectations takes ten seconds to import and some to judge, so corruptions that do not touch each other are made in
one corpus: a round. What fails in a round is exactly what its corruptions break, all together.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT
from typer.testing import CliRunner

import imrdata
from imrdata.cli import app
from imrdata.errors import DatasetError, MissingExtraError, UnknownTermError
from imrdata.quality import judging, report, suite, write_suites
from imrdata.quality.expectations import Expectation, measures, rules
from imrdata.quality.judging import ERROR, FAILED, NOT_APPLICABLE, PASSED, Finding, judge
from imrdata.quality.margins import Baseline, Bounds, Size, bounds
from imrdata.quality.on_polars import PolarsCorpus
from imrdata.quality.page import page
from imrdata.quality.reports import _frame
from imrdata.quality.views import JUDGED_TABLES, codes, view
from imrdata.quality.wording import message
from imrdata.resources import vocabulary
from imrdata.tables.columns import TABLES

pytest.importorskip("great_expectations", reason="Great Expectations is not installed: pip install 'imrdata[quality]'")

Frames = dict[str, pl.DataFrame]
DATES = ("injury_date", "ur_denial_date", "application_received_date", "assigned_date", "decision_date")
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
col, lit = pl.col, pl.lit


@cache
def sample() -> Frames:
    data = imrdata.load()
    return {table: getattr(data, table) for table in TABLES}


def corpus_of(frames: Mapping[str, pl.DataFrame]) -> PolarsCorpus:
    documents = frames["letters"].height + frames["quarantine"].height
    return PolarsCorpus({table: frame.lazy() for table, frame in frames.items()}, documents, 0)


@pytest.fixture(scope="module")
def clean() -> PolarsCorpus:
    return corpus_of(sample())


# --- CORRUPTIONS --- #


def put(table: str, where: pl.Expr | bool = True, **values: pl.Expr) -> Callable[[Frames], None]:
    """A corruption: other values in some rows of a table."""

    def change(frames: Frames) -> None:
        frame = frames[table]
        condition = where if isinstance(where, pl.Expr) else lit(where)
        frames[table] = frame.with_columns(
            pl.when(condition).then(value).otherwise(col(name)).cast(frame.schema[name]).alias(name)
            for name, value in values.items()
        )

    return change


def keep(table: str, every: int) -> Callable[[Frames], None]:
    """A corruption: all but each n-th row are gone."""

    def change(frames: Frames) -> None:
        frames[table] = frames[table].gather_every(every)

    return change


def unread(count: int) -> Callable[[Frames], None]:
    """A corruption: documents that could not be read."""

    def change(frames: Frames) -> None:
        row = {"source": "a.pdf", "source_sha256": None, "step": "text", "reason": "no_text", "message": "no text"}
        rows = pl.DataFrame([row | {"excerpt": None}] * count, schema=frames["quarantine"].schema)
        frames["quarantine"] = pl.concat([frames["quarantine"], rows])

    return change


def noted(every: int, messages: Mapping[str, str]) -> Callable[[Frames], None]:
    """A corruption: diagnostics of each n-th letter."""

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
    """The rules of columns that are empty in every row, where there are letters enough."""
    few = {"professional_review", "determination_notice"}  # 5 and 14 letters of the sample
    return {
        f"{row['column']}_empty_in_{row['letter_layout']}"
        for row in vocabulary("null_rates")
        if (row["table"], row["column"] in names, float(row["low"])) == (table, True, 0)
        and row["letter_layout"] not in few
    }


@dataclass(frozen=True)
class Corruption:
    table: str
    round: str
    change: Callable[[Frames], None]
    broken: set[str]
    says: str  # a pattern that the message of one of them matches


DRUG = col("treatment_category").cast(pl.String) == "Pharmaceuticals"
MTUS = col("guideline_source").cast(pl.String) == "MTUS"
REVIEWER = col("cited_by").cast(pl.String) == "reviewer"
NONE = lit(None)

CORRUPTIONS = [
    # letters: what they are about
    Corruption("letters", "persons", unread(200), {"letters_of_documents"},
               r"^letters: letters_of_documents .* observed 1,501 rows, expected 1,616 rows to 1,701 rows$"),
    Corruption("letters", "persons", put("letters", year(2019), request_count=col("request_count") + 3),
               {"requests_a_letter_2019"}, r"letters.request_count: .*, 2019\): observed 4.[56][0-9]* requests, expected 0.4"),
    Corruption("letters", "persons", put("letters", priority=lit("Expedited")), {"expedited_share"},
               r"letters.is_expedited: .* observed 100 % of 1,501, expected at most"),
    Corruption("letters", "persons", put("letters", patient_sex=lit("male")), {"female_share"}, "observed 0 % of 1,501"),
    Corruption("letters", "persons", put("letters", reviewer_states=lit(["NV"])), {"california_licensed"},
               "observed 0 % of 1,501, expected at least"),
    Corruption("letters", "persons", put("letters", patient_age=col("patient_age") + 25), {"median_age"},
               "observed 72 years, expected 35 years to 60 years"),
    Corruption("letters", "persons", put("letters", each(5), clinical_summary_text=lit("The same.")),
               {"distinct_summaries"}, "clinical_summary_hash: .* observed 80 % of 1,501, expected at least 98 %"),
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
               {"unusual_case_number_year"}, r"years_from_case_number_to_application: .*, expected at most .*: [23]'"),
    Corruption("letters", "shifted",
               put("letters", year(2021), case_number=col("case_number").str.replace("CM2[01]", "CM11"), **later(-3653, *DATES)),
               {"decision_before_2013"}, r"decision_year: .* observed 6.[0-9]+ % of 1,4[0-9]{2}, .*: 201[01]'"),
    Corruption("letters", "shifted", put("letters", year(*range(2016, 2029)), **later(-60, *DATES[:4])),
               {"days_from_assignment_to_decision_2016"}, r"from 2016\): observed \d+ days, expected 14 days to 45 days$"),
    Corruption("letters", "late", put("letters", request_count=col("request_count").clip(2)), {"single_request_share"},
               "is_single_request: .* observed 0 % of 1,501"),
    Corruption("letters", "late", put("letters", **later(-60, *DATES[:2])), {"days_from_denial_to_application"},
               "observed 7[5-7] days, expected 5 days to 35 days$"),
    Corruption("letters", "late", put("letters", **later(-60, *DATES[:3])), {"days_from_application_to_assignment"},
               "observed 6[67] days, expected 0 days to 45 days$"),
    Corruption("letters", "late", put("letters", year(2013, 2014), assigned_date=col("decision_date") - pl.duration(days=9)),
               {"days_from_assignment_to_decision_2013_2014"}, "from 2013, to 2014"),
    Corruption("letters", "late", put("letters", year(2015), assigned_date=col("decision_date") - pl.duration(days=9)),
               {"days_from_assignment_to_decision_2015"}, r"2015\): observed 9 days, expected 30 days to 75 days$"),
    # letters: nulls and unknown terms
    Corruption("letters", "nulls", put("letters", patient_age=NONE), empty("letters", "patient_age"),
               r"letters.patient_age: patient_age_empty_in_labelled_outcomes \(patient_age empty, labelled_outcomes\): "
               r"observed 100 % of 477, expected at most \d+\.\d+ %, e.g. 'CM\d\d-\d{7}', 'CM\d\d-\d{7}', 'CM\d\d-\d{7}'$"),
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
    Corruption("letters", "nulls", noted(3, dict.fromkeys([code for code in codes() if code != "case_number_from_name"], HOSTILE)),
               {f"diagnostic_{code}" for code in codes() if code != "case_number_from_name"},
               r"letters with the diagnostic .*: observed 33.4 % of 1,501, expected at most .*: <script>"),
    # decisions
    Corruption("decisions", "fewer", keep("decisions", 2), {"requests_of_letters"},
               r"^decisions: requests_of_letters .* observed 1,[0-9]{3} rows, expected at least 1,501 rows$"),
    Corruption("decisions", "outcomes", put("decisions", year(2018), outcome=lit("Overturned")),
               {"overturned_share_2018"}, r"decisions.is_overturned: overturned_share_2018 \(requests overturned, 2018\): observed 100 % of [23][0-9]{2}"),
    Corruption("decisions", "outcomes", put("decisions", year(2016), treatment_category=lit("Surgery")),
               {"drug_share_2016"}, "observed 0 % of 2[0-9]{2}, expected 1"),
    Corruption("decisions", "outcomes", put("decisions", ur_decision=lit("modified")), {"modified_share"},
               r"is_labelled\): observed 100 % of 2,\d{3}"),
    Corruption("decisions", "outcomes", put("decisions", is_retrospective=lit(value=True)), {"retrospective_share"}, "100 %"),
    Corruption("decisions", "outcomes", put("decisions", DRUG & each(2), drugs=lit([], pl.List(pl.String))),
               {"drug_without_ingredient"}, r"e.g. 'CM\d\d-\d{7} \d+', 'CM"),
    Corruption("decisions", "outcomes", put("decisions", rationale_text=lit("The guideline does not support it.")),
               {"distinct_rationales"}, "decisions.rationale_hash: .* observed 0.0[0-9]+ % of 2,[0-9]{3}, expected at least 60 %"),
    Corruption("decisions", "drugs", put("decisions", year(2018, 2019), decision_date=lit("2018-06-01").str.to_date()), set(), ""),
    Corruption("decisions", "drugs", put("decisions", DRUG & year(2018), treatment_subcategory=lit("Opioids")),
               {"opioid_share_of_drugs_2018"}, "decisions.is_opioid: .* 2018"),
    Corruption("decisions", "drugs", put("decisions", ~DRUG & each(2), treatment_category=lit("Other")),
               {"uncategorised_treatment"}, r"treatment_of_no_category: .*e.g. 'CM\d\d-\d{7} \d+: \w"),
    Corruption("decisions", "drugs", put("decisions", rationale_text=NONE), empty("decisions", "rationale_text"), "observed 100 %"),
    Corruption("decisions", "drugs", put("decisions", claims_administrator_guideline_text=NONE, reviewer_guideline_text=NONE),
               empty("decisions", "claims_administrator_guideline_text", "reviewer_guideline_text"), "decision_sentences"),
    # citations
    Corruption("citations", "fewer", keep("citations", 3), {"citations_a_request"},
               "^citations: .* observed 1,[0-9]{3} rows, expected 2,[0-9]{3} rows to 15,[0-9]{3} rows$"),
    Corruption("citations", "parties", put("citations", cited_by=lit("reviewer")), {"cited_by_reviewer"}, "observed 100 %"),
    Corruption("citations", "parties", put("citations", found_in=lit("rationale")), {"rationale_citations"}, "observed 100 %"),
    Corruption("citations", "parties", put("citations", MTUS & each(2), guideline_title=NONE), {"mtus_without_title"},
               r"citations.mtus_title: .*, e.g. 'CM\d\d-\d{7} \d+ reviewer \d+'"),
    Corruption("citations", "parties", put("citations", edition_year=col("edition_year") + 30), {"edition_after_decision"}, ": -"),
    Corruption("citations", "sources", put("citations", MTUS, guideline_source=lit("Other"), citation_text=lit(HOSTILE)),
               {"other_guideline_source", "mtus_share_of_reviewer"}, re.escape(f": {HOSTILE}'")),
    # drift from a baseline
    Corruption("letters", "baseline", keep("letters", 2), {"drift_of_rows"}, "observed 751 rows, expected at least 1,426 rows$"),
    Corruption("letters", "baseline", put("letters", case_outcome=lit("Upheld")),
               {f"drift_of_share_case_outcome_is_{one}" for one in ("upheld", "overturned")}, "against the baseline"),
    Corruption("letters", "baseline", put("letters", col("letter_layout").cast(pl.String) == "labelled_outcomes_2018", letter_layout=lit("labelled_outcomes")),
               {f"drift_of_share_letter_layout_is_{one}" for one in ("labelled_outcomes", "labelled_outcomes_2018")}, "letter_layout labelled_outcomes"),
    Corruption("letters", "baseline", put("letters", provenance=lit("published")),
               {f"drift_of_share_provenance_is_{one}" for one in ("published", "synthetic")}, "observed 100 % of 751"),
    Corruption("letters", "baseline", put("letters", is_represented=lit(value=True)), {"drift_of_filled_is_represented"}, "filled"),
    Corruption("decisions", "baseline", put("decisions", treatment_category=pl.when(col("treatment_category").cast(pl.String) == "Rehabilitation")
               .then(lit("Surgery")).otherwise(col("treatment_category"))),
               {f"drift_of_share_treatment_category_is_{one}" for one in ("rehabilitation", "surgery")}, "category Rehabilitation, against"),
    Corruption("decisions", "baseline", put("decisions", quantity=NONE), {"drift_of_filled_quantity"}, "observed 0 % of 2,[0-9]{3}, expected 4"),
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
    findings, _ = judge(corpus_of(frames), baseline, tables=[table])
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
        assert len(finding.examples) == (3 if finding.rule.is_by_value else 0)


def test_every_measure_is_broken_once() -> None:
    broken = set().union(*(one.broken for one in CORRUPTIONS))
    unbroken = {measure for measure in measures() if not any(name.startswith(measure) for name in broken)}
    assert unbroken == {"letters_a_year"}  # which the next test breaks: the sample is no year of letters


def test_more_letters_than_were_issued_fail(monkeypatch: pytest.MonkeyPatch, clean: PolarsCorpus) -> None:
    fewer = [replace(one, high=100.0) for one in rules("letters") if one.name == "letters_a_year_2016"]
    monkeypatch.setattr(judging, "rules", lambda table: fewer)
    findings, _ = judge(clean, tables=["letters"])
    assert [(one.status, one.observed, one.limits) for one in findings] == [(FAILED, 148, Bounds(None, 100))]


# --- WHAT MUST NOT FAIL --- #


@pytest.fixture(scope="module")
def findings(clean: PolarsCorpus) -> dict[tuple[str, str], Finding]:
    return {(one.rule.table, one.rule.name): one for one in judge(clean, clean)[0]}


def test_the_sample_passes_and_does_not_drift_from_itself(findings: dict[tuple[str, str], Finding]) -> None:
    assert {one.status for one in findings.values()} == {PASSED, NOT_APPLICABLE}
    assert len(findings) == sum(len(rules(table)) for table in JUDGED_TABLES)


def test_too_few_letters_are_no_pass(findings: dict[tuple[str, str], Finding]) -> None:
    early = findings["decisions", "overturned_share_2013"]
    assert (early.status, early.reason) == (NOT_APPLICABLE, "too few letters: 16 of at least 100")
    assert early.observed is None
    assert findings["decisions", "overturned_share_2018"].status == PASSED
    assert findings["letters", "reviewer_specialties_empty_in_professional_review"].status == NOT_APPLICABLE


def test_what_is_observed_is_what_polars_counts(findings: dict[tuple[str, str], Finding]) -> None:
    decisions, letters = sample()["decisions"], sample()["letters"]
    in_2018 = decisions.filter(year(2018))
    found = findings["decisions", "overturned_share_2018"]
    assert found.observed == pytest.approx((in_2018["outcome"].cast(pl.String) == "Overturned").mean())
    per_letter = in_2018.group_by("case_number").len()["len"].cast(pl.Int64)
    assert found.size == Size(in_2018.height, per_letter.len(), in_2018.height**2 / (per_letter**2).sum())
    labelled = letters.filter(letter_layout=pl.lit("labelled_outcomes", letters.schema["letter_layout"]))
    found = findings["letters", "patient_age_empty_in_labelled_outcomes"]
    assert found.observed == pytest.approx(labelled["patient_age"].null_count() / labelled.height)
    assert found.size == Size(labelled.height, labelled.height, labelled.height)
    assert findings["letters", "drift_of_rows"].observed == letters.height


def test_an_empty_corpus_fails_and_says_of_the_rest_that_it_cannot_tell() -> None:
    empty_frames = {table: frame.clear() for table, frame in sample().items()}
    found = judge(corpus_of(empty_frames))[0]
    failed = {one.rule.name for one in found if one.status == FAILED}
    assert failed == {"letters_of_documents", "requests_of_letters", "citations_a_request"}
    assert {one.status for one in found if one.rule.name not in failed} == {NOT_APPLICABLE}


def test_an_expectation_that_cannot_be_computed_is_an_error(
    monkeypatch: pytest.MonkeyPatch, clean: PolarsCorpus
) -> None:
    wrong = replace(measures()["median_age"], name="median_layout", column="letter_layout", low=1.0, high=2.0)
    right = next(one for one in rules("letters") if one.name == "median_age")
    monkeypatch.setattr(judging, "rules", lambda table: [wrong, right])
    found = judge(clean, tables=["letters"])[0]
    assert [one.status for one in found] == [ERROR, PASSED]
    assert found[0].reason not in ("", "no result")
    assert "median_layout" in message(found[0])
    assert "ERROR" in message(found[0])
    assert _frame(found)["status"].to_list() == ["ERROR", "passed"]


# --- MARGINS --- #


def share_rule(low: float | None, high: float | None) -> Expectation:
    return Expectation("r", "decisions", "expect_column_mean_to_be_between", "", "", "x", low, high, margin="binomial")


@pytest.mark.parametrize(
    ("rule", "draws", "expected"),
    [
        (share_rule(0.08, 0.09), 1_000_000, (0.0790, 0.0911)),  # a million letters: hardly any margin
        (share_rule(0.08, 0.09), 100, (0.0, 0.21)),  # of 100 at 9 %, more than 21 come once in 10,000 times
        (share_rule(None, 0.0), 50, (None, 0.0)),  # what never happens needs no room
        (share_rule(0.5, None), 400, (0.4075, None)),
    ],
)
def test_a_band_is_widened_by_what_chance_does(
    rule: Expectation, draws: int, expected: tuple[float | None, float | None]
) -> None:
    found = bounds(rule, Size(draws, draws, draws), {})
    assert (found.low, found.high) == tuple(None if one is None else pytest.approx(one, abs=1e-3) for one in expected)


def test_the_requests_of_one_letter_count_less_than_as_many_letters() -> None:
    assert Size.of(40, 40, 40).effective == 40
    assert Size.of(40, 20, 80).effective == 20
    assert Size.of(40, 20, 21**2 + 19).effective == pytest.approx(3.48, abs=0.01)  # 21 requests in one letter
    assert Size.of(None, None, None) == Size(0, 0, 0.0)


def test_chance_alone_fails_no_small_corpus() -> None:
    """Shares of true letters stay within their widened band, however small the corpus."""
    import scipy.stats

    for draws in (20, 100, 500, 5_000):
        for true in (0.005, 0.083, 0.5, 0.95):
            found = bounds(share_rule(true, true), Size(draws, draws, draws), {})
            assert found.low is not None
            assert found.high is not None
            below = scipy.stats.binom.cdf(found.low * draws - 0.5, draws, true)
            above = scipy.stats.binom.sf(found.high * draws + 0.5, draws, true)
            assert below <= 1e-4
            assert above <= 1e-4


def test_drift_allows_two_points_and_chance() -> None:
    rule = replace(share_rule(None, None), is_drift=True)
    many = Size(10**8, 10**8, 1e8)
    found = bounds(rule, many, {}, Baseline(0.1, many))
    assert (found.low, found.high) == (pytest.approx(0.08, abs=1e-3), pytest.approx(0.12, abs=1e-3))
    few = Size(100, 100, 100.0)
    found = bounds(rule, few, {}, Baseline(0.0, few))
    assert found.high == pytest.approx(0.072, abs=2e-3)
    with pytest.raises(ValueError, match="compares with a baseline"):
        bounds(rule, few, {})


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


def test_rules_name_columns_of_views_and_bands_name_measures() -> None:
    for table in JUDGED_TABLES:
        names = {one.name for one in view(table)} | set(codes())
        for rule in rules(table):
            assert ({rule.column} - {None}) | {one.column for one in rule.conditions} <= names, rule.name
            assert rule.source, rule.name
    assert {row["measure"] for row in vocabulary("corpus_bands")} == set(measures())
    for row in vocabulary("corpus_bands"):
        assert not row["low"] or not row["high"] or float(row["low"]) <= float(row["high"]), row
        assert not row["last_year"] or row["first_year"] <= row["last_year"], row
    for row in vocabulary("null_rates"):
        assert (float(row["low"]) > 0) != (float(row["high"]) < 1), row


def test_every_diagnostic_of_the_package_has_a_rate() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "imrdata").rglob("*.py"))
    assert set(re.findall(r'Diagnostic\(\s*"(\w+)"', source)) == set(codes())


# --- THE REPORT --- #


def test_a_report_is_written_and_quiet(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    imrdata.build(ROOT / "seeds" / "letters", tmp_path / "dataset")
    capfd.readouterr()
    made = report(tmp_path / "dataset", tmp_path / "a", baseline=tmp_path / "dataset")
    assert capfd.readouterr() == ("", "")
    assert made.passed
    assert made.index == tmp_path / "a" / "index.html"
    assert made.notes[0] == "1,500 of 1,501 letters are synthetic, made by the package; no figure of theirs is a fact."
    assert made.frame.filter(status="passed")["observed"].null_count() == 0
    again = report(ROOT / "seeds" / "letters", tmp_path / "b", baseline=tmp_path / "dataset")
    assert again.frame.equals(made.frame), "letters and the dataset that was built of them are judged alike"
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
    (tmp_path / "letters" / "none.txt").write_text("no letter")
    letters = str(ROOT / "seeds" / "letters" / "CM15-0174261.md")
    run = CliRunner().invoke(app, ["report", letters, "-o", str(tmp_path / "one")])
    assert run.exit_code == 0
    assert re.search(r"letters +letters_of_documents +1 rows +1 rows to 1 rows +passed", run.output)
    assert "are not applicable" in run.output
    run = CliRunner().invoke(app, ["report", str(tmp_path / "letters"), letters, "-o", str(tmp_path / "two")])
    assert run.exit_code == 12
    assert "letters: letters_of_documents (letters, of the documents that were read): observed 1 rows" in run.output
    assert "1 of 2 documents could not be read" in run.output
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
    yearly = made.frame.filter(pl.col("expectation").str.contains(r"^(overturned|drug|opioid)_share\w*_20\d\d$"))
    assert yearly["status"].unique().to_list() == [NOT_APPLICABLE]
    assert made.notes == ()


# --- IN A BROWSER, ON SPARK --- #


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with failures of hostile words."""
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
    figures = ("observed", "low", "high")
    same = [name for name in here.frame.columns if name not in (*figures, "examples", "message")]
    assert there.frame.select(same).equals(here.frame.select(same))
    for name in figures:
        difference = (there.frame[name] - here.frame[name]).abs()
        assert difference.max() < 1e-9, name
        assert (there.frame[name].is_null() == here.frame[name].is_null()).all()
    assert there.notes == here.notes
