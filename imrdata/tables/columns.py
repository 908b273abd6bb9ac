"""The columns of the tables, with types and descriptions.

One entry a column: the same quantity has the same name, type and description in every table. The pandera models
(`imrdata.tables.validation`), the exported schemas and the documentation are made from these entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import polars as pl

from imrdata.errors import UnknownTermError
from imrdata.resources import vocabulary
from imrdata.terms import CASE_OUTCOMES, OUTCOMES, PARTIES

SCHEMA_VERSION = 1  # of the columns of all tables; a change that a reader of a built dataset must know raises it
TABLES = ("letters", "decisions", "citations", "quarantine", "diagnostics")
KEYS = {
    "letters": ("case_number",),
    "decisions": ("case_number", "request_number"),
    "citations": ("case_number", "request_number", "cited_by", "citation_number"),
    "quarantine": (),
    "diagnostics": (),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its type, what it means, whether it may be null, and where in the record its value stands."""

    dtype: pl.DataType
    description: str
    nullable: bool = True
    path: str = ""  # attributes from the record of the row on; where it is empty, the one of the column's name


@cache
def columns() -> dict[str, Column]:
    """Every column of the package, by name."""
    text, whole, day = pl.String(), pl.Int16(), pl.Date()
    names = pl.List(pl.String())
    layouts = [row["layout"] for row in vocabulary("letter_layouts")]
    categories = list(dict.fromkeys(row["category"] for row in vocabulary("treatment_categories")))
    return {
        "case_number": Column(text, "Number of the IMR case, CMyy-nnnnnnn.", nullable=False),
        "injury_date": Column(day, "Date of injury, as in the letter's header."),
        "ur_denial_date": Column(day, "Date of the utilization review decision that denied or modified the treatment, as in the header."),
        "application_received_date": Column(day, "Date on which the IMR application was received, as in the header."),
        "assigned_date": Column(day, "Date on which the case was assigned to the review organization, as in the header."),
        "decision_date": Column(day, "Date of the final determination, as in the header."),
        "priority": Column(pl.Enum(["Standard", "Expedited"]), "Standard (regular) or Expedited review."),
        "reviewer_states": Column(names, "States that license the reviewer, USPS codes, in printed order.", nullable=False),
        "reviewer_specialties": Column(names, "Certifications and specialties of the reviewer, vocabulary labels, in printed order.", nullable=False),
        "patient_age": Column(whole, "Age of the injured worker in years, as the summary says; null where it does not."),
        "patient_sex": Column(pl.Enum(["female", "male"]), "Sex of the injured worker, as the summary says; null where it does not."),
        "is_represented": Column(pl.Boolean(), "Whether the summary calls the injured worker represented by an attorney; null where it does not say."),
        "case_outcome": Column(pl.Enum(CASE_OUTCOMES), "Outcome of the whole letter, derived from its requests.", nullable=False),
        "request_count": Column(whole, "Number of treatment requests that the letter decides.", nullable=False),
        "overturned_count": Column(whole, "Number of the letter's treatment requests that were overturned.", nullable=False),
        "determination_text": Column(text, "The section that tells how the determination was made, with the reviewer's credentials."),
        "clinical_summary_text": Column(text, "The section that summarizes the clinical case."),
        "documents_reviewed_text": Column(text, "The section that lists the documents reviewed; null where the layout has none."),
        "letter_layout": Column(pl.Enum(layouts), "Layout of the letter, known by its labels.", nullable=False),
        "provenance": Column(pl.Enum(["published", "synthetic"]), "published: a real letter; synthetic: made by this package.", nullable=False),
        "source": Column(text, "File, archive member or other place that the letter was read from.", nullable=False),
        "source_sha256": Column(text, "SHA-256 of the bytes that were read, hexadecimal."),
        "corrected_columns": Column(names, "Columns of the row whose values were corrected, sorted; see imrdata.correct.", nullable=False),
        "imrdata_version": Column(text, "Version of the package, and digest of its vocabularies, that read the letter.", nullable=False),
        "request_number": Column(whole, "Number of the treatment request in the letter, 1-based, in printed order.", nullable=False),
        "request_text": Column(text, "The whole heading of the request, without its outcome.", nullable=False),
        "original_request_text": Column(text, "What was requested at first; null unless utilization review modified the request."),
        "authorized_text": Column(text, "What the claims administrator authorized; null unless utilization review modified the request."),
        "disputed_treatment_text": Column(text, "The treatment in dispute: the portion left where utilization review modified the request, else the whole request.", nullable=False),
        "ur_decision": Column(pl.Enum(["denied", "modified"]), "modified: the letter says that utilization review authorized a part of the request; denied: its layout would say so; null where it would not."),
        "is_retrospective": Column(pl.Boolean(), "Whether the request says retrospective, or gives a past date of service.", nullable=False),
        "outcome": Column(pl.Enum(OUTCOMES), "Upheld: the utilization review decision stands; Overturned: the treatment is medically necessary.", nullable=False),
        "treatment_category": Column(pl.Enum(categories), "Category of the disputed treatment, of the DWC's decision search.", nullable=False, path="treatment.category"),
        "treatment_subcategory": Column(text, "Subcategory of the disputed treatment; for drugs, the drug class.", nullable=False, path="treatment.subcategory"),
        "treatment_name": Column(text, "What the disputed treatment is, e.g. MRI, TENS unit, Epidural steroid injection; for a drug its generic ingredients; null where unknown.", path="treatment.name"),
        "drugs": Column(names, "Generic ingredients of the disputed drugs, lower case, sorted; empty where the request is no drug.", nullable=False, path="treatment.drugs"),
        "body_parts": Column(names, "Body parts that the disputed treatment names or plainly implies.", nullable=False, path="treatment.body_parts"),
        "laterality": Column(pl.Enum(["left", "right", "bilateral"]), "Side of the body; null where none is named, or sides are mixed.", path="treatment.laterality"),
        "quantity": Column(pl.Float64(), "Amount requested, in quantity_unit; null where the text gives none.", path="treatment.amounts.quantity"),
        "quantity_unit": Column(text, "Unit of quantity, e.g. sessions or tablets; null where the text gives none.", path="treatment.amounts.quantity_unit"),
        "requested_quantity": Column(pl.Float64(), "Amount of the original request, in quantity_unit; null unless utilization review modified the request and the text gives one.", path="treatment.amounts.requested_quantity"),
        "authorized_quantity": Column(pl.Float64(), "Amount that the claims administrator authorized, in quantity_unit; null unless utilization review modified the request and the text gives one.", path="treatment.amounts.authorized_quantity"),
        "strength": Column(text, "Strength of the drug as printed, e.g. 10/325mg.", path="treatment.amounts.strength"),
        "frequency": Column(text, "How often, as printed, e.g. 2 times a week.", path="treatment.amounts.frequency"),
        "duration": Column(text, "For how long, as printed, e.g. 6 weeks.", path="treatment.amounts.duration"),
        "claims_administrator_guideline_text": Column(text, "The guideline line of the claims administrator."),
        "reviewer_guideline_text": Column(text, "The guideline line of the reviewer."),
        "rationale_text": Column(text, "The reviewer's rationale for the decision."),
        "cited_by": Column(pl.Enum(PARTIES), "The party that cites the guideline.", nullable=False),
        "citation_number": Column(whole, "Number of the citation for its request and party, 1-based, in printed order.", nullable=False),
        "found_in": Column(pl.Enum(["guideline", "rationale"]), "Where it is cited: in the party's guideline line, or in the reviewer's rationale.", nullable=False),
        "guideline_source": Column(pl.Enum(["MTUS", "ODG", "ACOEM", "Other"]), "The body of guidelines.", nullable=False),
        "guideline_title": Column(text, "Title in it; for MTUS the chapter as printed, without the year."),
        "edition_year": Column(whole, "Year of the edition."),
        "sections": Column(names, "Sections named, in printed order.", nullable=False),
        "pages": Column(text, "Pages named, as printed."),
        "citation_text": Column(text, "The words of the citation.", nullable=False),
        "step": Column(text, "Step of the reading that failed: source, text, sections, fields, worker or dataset.", nullable=False),
        "reason": Column(text, "Short stable code of the cause.", nullable=False),
        "message": Column(text, "What is wrong, in one sentence.", nullable=False),
        "code": Column(text, "Short stable code of what was seen.", nullable=False),
        "excerpt": Column(text, "Words of the letter at the fault, where there are any."),
    }  # fmt: skip


_DATES = ["injury_date", "ur_denial_date", "application_received_date", "assigned_date", "decision_date"]
_REVIEWER_AND_PATIENT = [
    "priority",
    "reviewer_states",
    "reviewer_specialties",
    "patient_age",
    "patient_sex",
    "is_represented",
]
_LETTER_TEXTS = ["determination_text", "clinical_summary_text", "documents_reviewed_text"]
_ORIGIN = ["letter_layout", "provenance", "source"]
_TREATMENT = ["treatment_category", "treatment_subcategory", "treatment_name", "drugs", "body_parts", "laterality"]
_AMOUNT = [
    "quantity",
    "quantity_unit",
    "requested_quantity",
    "authorized_quantity",
    "strength",
    "frequency",
    "duration",
]
_ITEM_TEXTS = ["claims_administrator_guideline_text", "reviewer_guideline_text", "rationale_text"]

COLUMNS_OF = {
    "letters": [
        "case_number", *_DATES, *_REVIEWER_AND_PATIENT, "case_outcome", "request_count", "overturned_count",
        *_LETTER_TEXTS, "corrected_columns", *_ORIGIN, "source_sha256", "imrdata_version",
    ],
    "decisions": [
        "case_number", "request_number", "request_text", "original_request_text", "authorized_text",
        "disputed_treatment_text", "ur_decision", "is_retrospective", "outcome", *_TREATMENT, *_AMOUNT, *_ITEM_TEXTS,
        *_DATES, *_REVIEWER_AND_PATIENT, "case_outcome", "corrected_columns", *_ORIGIN,
    ],
    "citations": [
        "case_number", "request_number", "cited_by", "citation_number", "found_in", "guideline_source",
        "guideline_title", "edition_year", "sections", "pages", "citation_text",
    ],
    "quarantine": ["source", "source_sha256", "step", "reason", "message", "excerpt"],
    "diagnostics": ["case_number", "code", "message"],
}  # fmt: skip

NOT_IN_RECORD = frozenset(["corrected_columns", "imrdata_version"])  # of the row, not of what the letter says

# The columns of a decision that its letter repeats in each of its rows.
OF_THE_LETTER = frozenset([*_DATES, *_REVIEWER_AND_PATIENT, "case_outcome", *_ORIGIN, "case_number"])


def sort_key(table: str) -> list[str]:
    """The columns by which the rows of a table are in order: its key; the source of what is in quarantine."""
    return list(KEYS[table]) or (["source"] if table == "quarantine" else ["case_number"])


@cache
def schema(table: str) -> pl.Schema:
    """Names and types of a table's columns, in order.

    Raises:
        UnknownTermError: There is no table of this name.
    """
    return pl.Schema({name: columns()[name].dtype for name in column_names(table)})


def column_names(table: str) -> list[str]:
    """Names of a table's columns, in order.

    Raises:
        UnknownTermError: There is no table of this name.
    """
    if table not in COLUMNS_OF:
        raise UnknownTermError(f"no table {table!r}; there are: {', '.join(TABLES)}", reason="unknown_table")
    return COLUMNS_OF[table]


def record_level(table: str, column: str) -> int:
    """Which record holds a column of a table: 0 the letter, 1 its request or diagnostic, 2 the request's citation."""
    if table == "letters" or column in OF_THE_LETTER:
        return 0
    return 2 if table == "citations" and column != "request_number" else 1
