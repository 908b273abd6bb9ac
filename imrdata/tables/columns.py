"""The contract of the tables: one entry per column and per table.

The same quantity has the same name, type and meaning in every table. The pandera models, the polars schemas, the
exported schemas and the documentation are made from these entries; rules between columns are in `imrdata.tables.rules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, partial

import polars as pl

from imrdata.errors import UnknownTermError, alternatives
from imrdata.letters.case_numbers import CASE_NUMBER
from imrdata.letters.dates import FIRST_EDITION_YEAR, FIRST_YEAR, LAST_EDITION_YEAR, LAST_YEAR
from imrdata.resources import vocabulary
from imrdata.terms import CASE_OUTCOMES, OUTCOMES, PARTIES, PATIENT_AGES

SCHEMA_VERSION = 2  # of the columns of all tables; raised when a change affects readers of built datasets
TABLES = ("letters", "decisions", "citations", "quarantine", "diagnostics")
SHA256 = r"^[0-9a-f]{64}$"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the meaning of its values and their limits. A limit that is None or false does not apply.

    `path` is the dotted attribute of the row's record that has the value; empty if the attribute has the column's name,
    None if no record has the value.
    """

    dtype: pl.DataType
    description: str
    nullable: bool = True
    unit: str = ""
    path: str | None = ""
    is_own: bool = False  # a row has a value of its own instead of repeating that of its parent row
    pattern: str | None = None  # a regular expression that a text matches
    minimum: float | date | None = None
    maximum: float | date | None = None
    above: float | None = None  # a number that every value must exceed
    is_finite: bool = False  # neither infinite nor NaN
    min_length: int | None = None  # bytes of a text
    listed: str = ""  # the vocabulary that lists its values, and the column of that, as "drugs.ingredients"
    has_words: bool = False  # each element of a list is a text that is not empty


_text = partial(Column, pl.String(), min_length=1)
_names = partial(Column, pl.List(pl.String()), nullable=False, has_words=True)
_number = partial(Column, pl.Int16(), nullable=False, minimum=1)
_year_or_age = partial(Column, pl.Int16())
_date = partial(Column, pl.Date(), minimum=date(FIRST_YEAR, 1, 1), maximum=date(LAST_YEAR, 12, 31))
_boolean = partial(Column, pl.Boolean())
_quantity = partial(Column, pl.Float64(), unit="as in quantity_unit", above=0, is_finite=True)


@cache
def columns() -> dict[str, Column]:
    """Return every column of the package, by name. ``contract_of(name).columns`` are those of one table."""
    return {**_of_letter(), **_of_request(), **_of_citation(), **_of_problem()}


def _of_letter() -> dict[str, Column]:
    layouts = [row["layout"] for row in vocabulary("letter_layouts")]
    return {
        "case_number": Column(pl.String(), "Number of the IMR case, CMyy-nnnnnnn.", nullable=False, pattern=CASE_NUMBER),
        "injury_date": _date("Date of injury, as in the letter's header."),
        "ur_denial_date": _date("Date of the utilization review decision that denied or modified the treatment, as in the header."),
        "application_received_date": _date("Date the IMR application was received, as in the header."),
        "assigned_date": _date("Date the case was assigned to the review organization, as in the header."),
        "decision_date": _date("Date of the final determination, as in the header."),
        "priority": Column(pl.Enum(["Standard", "Expedited"]), "Standard (regular) or Expedited review."),
        "reviewer_states": _names("States that license the reviewer, as USPS codes, in printed order.", listed="us_states.code"),
        "reviewer_specialties": _names("Certifications and specialties of the reviewer, as vocabulary labels, in printed order.", listed="medical_specialties.specialty"),
        "patient_age": _year_or_age("Age of the injured worker, from the clinical summary; null if it is not stated.", unit="years", minimum=PATIENT_AGES[0], maximum=PATIENT_AGES[1]),
        "patient_sex": Column(pl.Enum(["female", "male"]), "Sex of the injured worker, from the clinical summary; null if it is not stated."),
        "is_represented": _boolean("Whether an attorney represents the injured worker, from the clinical summary; null if it is not stated."),
        "case_outcome": Column(pl.Enum(CASE_OUTCOMES), "Outcome of the whole letter, derived from its requests.", nullable=False),
        "request_count": _number("Number of treatment requests that the letter decides."),
        "overturned_count": _number("Number of the letter's treatment requests that were overturned.", minimum=0),
        "determination_text": _text("The section on how the determination was made, with the reviewer's credentials."),
        "clinical_summary_text": _text("The section that summarizes the clinical case."),
        "documents_reviewed_text": _text("The section that lists the documents reviewed; null if the layout has none."),
        "letter_layout": Column(pl.Enum(layouts), "Layout of the letter, determined from its labels.", nullable=False),
        "corrected_columns": _names("Columns of the row whose values were corrected, or follow from corrected outcomes, sorted; see imrdata.correct.", path=None, is_own=True),
        "imrdata_version": _text("Version of the package that read the letter, with the digest of its vocabularies.", nullable=False, path=None),
        "doubts": _names("Codes of the diagnostics that put a value of the row in doubt, sorted. A row of decisions has those of its request and of the whole letter.", path=None, is_own=True, listed="diagnostics.code"),
        "provenance": Column(pl.Enum(["published", "synthetic"]), "published: a real letter; synthetic: generated by this package.", nullable=False),
        "source": _text("File, archive member or other place that the letter was read from.", nullable=False),
        "source_sha256": Column(pl.String(), "SHA-256 of the bytes that were read, hexadecimal.", pattern=SHA256),
        "text_origin": Column(pl.Enum(["embedded", "ocr", "mixed"]), "Origin of the words: embedded in the PDF, ocr (recognized in images of the pages), or mixed; null if the file was text."),
        "ocr_engine": _text("Program that recognized words in images, with its version; null if none did."),
    }  # fmt: skip


def _of_request() -> dict[str, Column]:
    categories = list(dict.fromkeys(row["category"] for row in vocabulary("treatment_categories")))
    return {
        "request_number": _number("Number of the treatment request in the letter, 1-based, in printed order."),
        "request_text": _text("The full text of the request as printed, without its outcome.", nullable=False),
        "original_request_text": _text("What was originally requested; null unless utilization review modified the request."),
        "authorized_text": _text("What the claims administrator authorized; null unless utilization review modified the request."),
        "disputed_treatment_text": _text("The treatment in dispute: the remaining portion if utilization review modified the request, otherwise the whole request.", nullable=False),
        "ur_decision": Column(pl.Enum(["denied", "modified"]), "modified: the letter says that utilization review authorized a part of the request; denied: it does not, and its layout would; null if the layout never says so."),
        "is_retrospective": _boolean("Whether the request is called retrospective or gives a past date of service.", nullable=False),
        "outcome": Column(pl.Enum(OUTCOMES), "Upheld: the utilization review decision stands; Overturned: the treatment is medically necessary.", nullable=False),
        "treatment_category": Column(pl.Enum(categories), "Category of the disputed treatment, as in the DWC's decision search.", nullable=False, path="treatment.category"),
        "treatment_subcategory": _text("Subcategory of the disputed treatment; for drugs, the drug class.", nullable=False, path="treatment.subcategory", listed="treatment_categories.subcategory"),
        "treatment_name": _text("What the disputed treatment is, e.g. MRI, TENS unit, Epidural steroid injection; for a drug, its generic ingredients; null if unknown.", path="treatment.name"),
        "drugs": _names("Generic ingredients of the disputed drugs, lowercase, sorted; empty if the request is not for a drug.", path="treatment.drugs", listed="drugs.ingredients"),
        "body_parts": _names("Body parts that the disputed treatment names or clearly implies.", path="treatment.body_parts", listed="body_part_codes.body_part"),
        "laterality": Column(pl.Enum(["left", "right", "bilateral"]), "Side of the body; null if none is named or the sides differ.", path="treatment.laterality"),
        "quantity": _quantity("Amount in dispute, in quantity_unit; null if the text gives none.", path="treatment.amounts.quantity"),
        "quantity_unit": _text("Unit of quantity, requested_quantity and authorized_quantity, e.g. sessions or tablets; null if the text gives none.", path="treatment.amounts.quantity_unit", listed="units.unit"),
        "requested_quantity": _quantity("Amount of the original request, in quantity_unit; null unless utilization review modified the request and the text gives one.", path="treatment.amounts.requested_quantity"),
        "authorized_quantity": _quantity("Amount that the claims administrator authorized, in quantity_unit; null unless utilization review modified the request and the text gives one.", path="treatment.amounts.authorized_quantity"),
        "strength": _text("Strength of the drug as printed, e.g. 10/325mg.", path="treatment.amounts.strength"),
        "frequency": _text("Frequency of the treatment as printed, e.g. 2 times a week.", path="treatment.amounts.frequency"),
        "duration": _text("Duration of the treatment as printed, e.g. 6 weeks.", path="treatment.amounts.duration"),
        "claims_administrator_guideline_text": _text("The guideline line of the claims administrator."),
        "reviewer_guideline_text": _text("The guideline line of the reviewer."),
        "rationale_text": _text("The reviewer's rationale for the decision."),
    }  # fmt: skip


def _of_citation() -> dict[str, Column]:
    return {
        "cited_by": Column(pl.Enum(PARTIES), "The party that cites the guideline.", nullable=False),
        "citation_number": _number("Number of the citation within its request and party, 1-based, in printed order."),
        "found_in": Column(pl.Enum(["guideline", "rationale"]), "Place of the citation: the party's guideline line or the reviewer's rationale.", nullable=False),
        "guideline_source": Column(pl.Enum(["MTUS", "ODG", "ACOEM", "Other"]), "Source of the guideline.", nullable=False),
        "guideline_title": _text("Title of the guideline or chapter, as in the vocabulary, without the year; as printed if the vocabulary lacks it.", listed="guideline_titles.title"),
        "guideline_subject": _text("Subject of the title, the same for all editions and sources; null if unknown.", listed="guideline_titles.subject"),
        "edition_year": _year_or_age("Year of the edition.", minimum=FIRST_EDITION_YEAR, maximum=LAST_EDITION_YEAR),
        "sections": _names("Sections cited, in printed order.", listed="mtus_sections.section"),
        "pages": _text("Pages cited, as printed."),
        "citation_text": _text("The words of the citation.", nullable=False),
    }  # fmt: skip


def _of_problem() -> dict[str, Column]:
    """Return the columns of the quarantine and of diagnostics."""
    return {
        "step": _text("Step of the reading that failed: source, text, sections, fields, worker or dataset.", nullable=False, listed="reasons.step"),
        "reason": _text("Stable code of the cause.", nullable=False, listed="reasons.code"),
        "message": _text("What is wrong, in one sentence.", nullable=False),
        "code": _text("Stable code of the finding.", nullable=False, listed="diagnostics.code"),
        "column": _text("Column that the diagnostic concerns; null if none.", listed="diagnostics.column"),
        "excerpt": _text("Words of the letter where the problem is; null if there are none."),
    }  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A table: its columns, its key, and its parent, whose key and values each row repeats."""

    name: str
    description: str  # what a row represents
    columns: Mapping[str, Column] = field(repr=False)
    key: tuple[str, ...] = ()  # the columns that identify a row
    parent: Table | None = None

    def repeats(self, column: str) -> bool:
        """Return whether a row repeats the value of a column from its parent row."""
        return self.parent is not None and column in self.parent.columns and not self.columns[column].is_own

    def level(self, column: str) -> int:
        """Return which record has a value: 0 the letter, 1 its request or diagnostic, 2 the request's citation."""
        if self.parent is not None and self.repeats(column):
            return self.parent.level(column)
        return len(self.ancestors())

    def ancestors(self) -> list[Table]:
        """Return the parent, its parent, and so on."""
        return [] if self.parent is None else [self.parent, *self.parent.ancestors()]


# Columns are ordered by use: the most used first, long texts and the source last.
_OTHER_DATES = "injury_date ur_denial_date application_received_date assigned_date"
_PEOPLE = "patient_age patient_sex is_represented reviewer_specialties reviewer_states priority"


def treatment_columns() -> list[str]:
    """Return the columns of a request that are read from its disputed treatment, without the amounts."""
    return [name for name, column in columns().items() if (column.path or "").rpartition(".")[0] == "treatment"]


def amount_columns() -> list[str]:
    """Return the columns of a request that say how much is requested."""
    return [name for name, column in columns().items() if (column.path or "").startswith("treatment.amounts.")]


@cache
def _tables() -> dict[str, Table]:
    kind = "treatment_category treatment_subcategory treatment_name"
    others = " ".join(name for name in (*treatment_columns(), *amount_columns()) if name not in kind.split())
    letters = Table(
        "letters",
        "One row per final determination letter.",
        _named(f"""
            case_number decision_date case_outcome request_count overturned_count {_PEOPLE} {_OTHER_DATES}
            letter_layout provenance doubts corrected_columns
            determination_text clinical_summary_text documents_reviewed_text source source_sha256
            text_origin ocr_engine imrdata_version
        """),
        key=("case_number",),
    )
    decisions = Table(
        "decisions",
        "One row per treatment request decided.",
        _named(f"""
            case_number request_number decision_date {kind} outcome ur_decision is_retrospective {others}
            {_PEOPLE} case_outcome {_OTHER_DATES} letter_layout provenance doubts corrected_columns
            request_text disputed_treatment_text original_request_text authorized_text
            claims_administrator_guideline_text reviewer_guideline_text rationale_text source
        """),
        key=("case_number", "request_number"),
        parent=letters,
    )
    citations = Table(
        "citations",
        "One row per guideline cited by a party for a request.",
        _named("""
            case_number request_number cited_by citation_number found_in
            guideline_source guideline_title guideline_subject edition_year sections pages provenance citation_text
        """),
        key=("case_number", "request_number", "cited_by", "citation_number"),
        parent=decisions,
    )
    return {one.name: one for one in (letters, decisions, citations, *_problems(letters), _index())}


def _problems(letters: Table) -> tuple[Table, Table]:
    """Return the quarantine and the diagnostics."""
    quarantine = Table(
        "quarantine",
        "One row per file or letter that could not be read.",
        _named("source reason message step excerpt source_sha256"),
    )
    of_no_request = replace(
        columns()["request_number"],
        description="Number of the treatment request that the diagnostic concerns; null if it concerns the whole letter.",
        nullable=True,
    )
    diagnostics = Table(
        "diagnostics",
        "One row per finding about a letter that is not an error.",
        _named("case_number request_number column code message excerpt", request_number=of_no_request),
        parent=letters,
    )
    return quarantine, diagnostics


def _index() -> Table:
    """Return the contract of the index of the state's decision search, which is not a table of a dataset."""
    of_case = replace(
        columns()["request_number"],
        description="Number of the request among those that the state's pages list for the case, 1-based; null in a row for the whole case.",
        nullable=True,
    )
    case_outcome = replace(
        columns()["case_outcome"], description="Outcome of the whole case, as the state enters it.", nullable=True
    )
    dates = ("injury_date", "application_received_date", "decision_date")
    own = {
        "letter_url": Column(pl.String(), "Address of the letter's PDF.", pattern=r"^https?://"),
        **{name: replace(columns()[name], description=f"{columns()[name].description.partition(',')[0]}, as the state enters it.") for name in dates},
        "reviewer_specialty": _text("Specialty of the reviewer, as the state prints it."),
        "dwc_category": _text("Category of the treatment, as the state prints it."),
        "dwc_subcategory": _text("Subcategory of the treatment or class of the drug, as the state prints it."),
        "request_outcome": Column(pl.Enum(OUTCOMES), "Outcome of the request, as the state enters it."),
        "page": _text("Page, file or archive member that the row was read from.", nullable=False),
    }  # fmt: skip
    named = {"case_number": columns()["case_number"], "request_number": of_case, "case_outcome": case_outcome} | own
    order = f"case_number request_number letter_url {' '.join(dates)} reviewer_specialty case_outcome dwc_category"
    order += " dwc_subcategory request_outcome page"
    described = "One row per treatment request or whole case in the state's decision search."
    return Table(
        "index", described, {name: named[name] for name in order.split()}, key=("case_number", "request_number")
    )


def _named(names: str, **changed: Column) -> dict[str, Column]:
    return {name: changed.get(name, columns()[name]) for name in names.split()}


def contract_of(name: str) -> Table:
    """Return the contract of a table, or raise an error for an unknown one."""
    if name not in _tables():
        raise UnknownTermError(f"no table {name!r}; {alternatives(name, _tables())}", reason="unknown_table")
    return _tables()[name]


def require_column(name: str, known: Iterable[str]) -> None:
    """Raise an error for an unknown column; the message lists similar names or all names."""
    if name not in known:
        raise UnknownTermError(f"no column {name!r}; {alternatives(name, known)}", reason="unknown_column")


def sort_key(name: str) -> list[str]:
    """Return the columns that a table is sorted by: its key, else the case number, else the source."""
    of = contract_of(name)
    return list(of.key) or (["case_number"] if "case_number" in of.columns else ["source"])


def in_key_order(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Sort the rows of a table; rows with equal keys keep their order."""
    return frame.sort(sort_key(name), maintain_order=True)


@cache
def schema(name: str) -> pl.Schema:
    """Return the names and types of a table's columns, in order."""
    return pl.Schema({column: entry.dtype for column, entry in contract_of(name).columns.items()})
