"""Mark the requests about the spine in a study with its own contract."""

from __future__ import annotations

import warnings

import pandera.polars as pa
import polars as pl

import imrdata
from imrdata.analysis.namespace import ImrFrame
from imrdata.letters.model import Citation, TreatmentRequest

SPINE = ["neck", "upper back", "low back"]


def contract() -> pa.DataFrameSchema:
    """The contract of decisions, with an additional column."""
    extended: pa.DataFrameSchema = imrdata.model("decisions").add_columns({"is_spine": pa.Column(pl.Boolean())})
    return extended


def marked(decisions: pl.DataFrame) -> pl.DataFrame:
    is_spine = pl.col("body_parts").list.set_intersection(SPINE).list.len() > 0
    frame = decisions.with_columns(is_spine=is_spine)
    contract().validate(frame, lazy=True)
    return frame


def overturned(letter: imrdata.Letter) -> list[str]:
    requests: tuple[TreatmentRequest, ...] = letter.requests
    return [request.request_text for request in requests if request.outcome == "Overturned"]


def cited(request: TreatmentRequest) -> set[str]:
    citations: tuple[Citation, ...] = request.citations
    return {one.guideline_source for one in citations}


def study(data: imrdata.Dataset) -> pl.DataFrame:
    return ImrFrame(marked(data.decisions)).overturn_rate("is_spine", small_below=10)


def main() -> None:
    warnings.simplefilter("ignore", imrdata.ImrDataWarning)
    rates = study(imrdata.load())
    letter = imrdata.read_letter(imrdata.example_letter())
    print(rates.columns[:3], letter.request_count, overturned(letter), cited(letter.requests[0]))
    try:
        contract().validate(imrdata.load_decisions(), lazy=True)
    except pa.errors.SchemaErrors as errors:
        print("lacks", *errors.failure_cases["failure_case"])


if __name__ == "__main__":
    main()
