"""Check a whole corpus: `report` runs the suites and writes the results."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any

import polars as pl

from imrdata.datasets.loading import dataset_folder
from imrdata.datasets.sources import Source
from imrdata.datasets.store import damage_told
from imrdata.datasets.system import require_destination
from imrdata.errors import UnknownTermError
from imrdata.quality.corpus import Corpus, require_dataset_for_spark
from imrdata.quality.judging import ERROR, FAILED, Finding, great_expectations, judge
from imrdata.quality.page import page, verdict
from imrdata.quality.wording import about, expected, message, observed
from imrdata.version import __version__

ENGINES = ("pandas", "spark")
_NUMBERS = dict.fromkeys(("observed", "low", "high", "seen_below", "seen_above"), pl.Float64())


@dataclass(frozen=True, slots=True)
class QualityReport:
    """The results of the suites for a corpus.

    Attributes:
        frame: One row per expectation, see `report`.
        index: The path of the page.
        notes: Notes to read before any figure.
        verdict: One sentence that says how many expectations hold.
    """

    frame: pl.DataFrame
    index: Path
    notes: tuple[str, ...]
    verdict: str

    @property
    def failed_count(self) -> int:
        """Count the expectations that fail."""
        return int((self.frame["status"] == FAILED).sum())

    @property
    def error_count(self) -> int:
        """Count the expectations that could not be computed."""
        return int((self.frame["status"] == ERROR).sum())

    @property
    def passed(self) -> bool:
        """Return whether every applicable expectation was computed and holds."""
        return not self.failed_count and not self.error_count

    def __repr__(self) -> str:
        return f"QualityReport({self.verdict})"


def report(
    source: Source | None,
    destination: str | os.PathLike[str],
    *,
    baseline: Source | None = None,
    engine: str = "pandas",
) -> QualityReport:
    """Check a whole corpus: run the expectation suites, and write a page that opens offline.

    Args:
        source: As for `imrdata.load`: letters, or the folder of a built dataset.
        destination: The folder for ``index.html`` and ``results/<table>.json``.
        baseline: Another corpus to compare with, such as its last release: new letters are compared with those of the
            baseline, by layout and year of decision; if there are none, all letters, read again.
        engine: ``pandas``, or ``spark`` for a built dataset that is too large for pandas. An existing session is
            used; its workers must be able to read `destination`.

    Returns:
        A `QualityReport`. Its ``frame`` has one row per expectation, in the order of the suites:

        - ``table``, ``expectation`` (its name), ``description``, ``about`` (a year, a layout), ``column`` of the view
        - ``observed``: a share (0 to 1), days, years or rows, according to ``unit``; null if nothing was measured.
          For an expectation that counts the rows that break it, their share.
        - ``low``, ``high``: the limits, including margins; null for no limit
        - ``seen_below``, ``seen_above``: a true value beyond these would be detected in four of five corpora
        - ``row_count``, ``letter_count``: the numbers of rows and letters it is about
        - ``status``: ``passed``, ``FAILED``, ``ERROR`` (it could not be computed) or ``not applicable`` (too few
          letters)
        - ``examples``: up to three rows that break it
        - ``message``: the result in one sentence; ``source``: the source of the band

    Raises:
        MissingExtraError: Great Expectations or Spark is not installed.
        DatasetError: A built dataset is damaged, or the engine is Spark and the source is not a built dataset.
        UnknownTermError: The engine does not exist.
        OSError: `destination` cannot be written, is a link, or has links in it.

    Source:
        Bands: figures published by the California DWC and DIR, and by the CWCI; see
        ``seeds/vocabularies/corpus_bands.csv``.

    Example:
        >>> from imrdata.quality import report
        >>> report("letters", "quality").passed  # doctest: +SKIP
        True
    """
    if engine not in ENGINES:
        raise UnknownTermError(f"no engine {engine!r}; there are: {', '.join(ENGINES)}", reason="unknown_engine")
    great_expectations()  # fails early if it is missing
    folder = Path(destination)
    require_destination(folder)
    if folder.is_file():
        raise NotADirectoryError(f"{folder} is a file, not a folder")
    if engine == "spark":
        require_dataset_for_spark([source] if baseline is None else [source, baseline])
    other = None if baseline is None else Corpus.of(baseline)
    views = folder.absolute() / ".views" if engine == "spark" else None
    with damage_told(_label(source)) if dataset_folder(source) else nullcontext():
        corpus = Corpus.of(source, other)
        findings, results = judge(corpus, spark=views)
        notes, facts = _notes(corpus, other), _facts(corpus, source, baseline)
    if views:
        rmtree(views)
    index = _write(folder, page("Quality of a corpus of IMR letters", facts, notes, findings), results)
    return QualityReport(_frame(findings), index, tuple(notes), verdict(findings))


def _frame(findings: Sequence[Finding]) -> pl.DataFrame:
    rows = [
        {
            "table": one.rule.table, "expectation": one.rule.name, "description": one.rule.description,
            "about": about(one.rule), "column": one.rule.column, "observed": one.observed, "low": one.limits.low,
            "high": one.limits.high, "seen_below": one.limits.seen_below, "seen_above": one.limits.seen_above,
            "unit": one.rule.unit, "row_count": one.size.rows, "letter_count": one.size.letters, "status": one.status,
            "observed_text": observed(one), "expected_text": expected(one), "examples": list(one.examples),
            "message": message(one), "source": one.rule.source,
        }
        for one in findings
    ]  # fmt: skip
    types = {"column": pl.String(), **_NUMBERS, "examples": pl.List(pl.String())}
    return pl.DataFrame(rows, schema_overrides=types, infer_schema_length=None)


def _notes(corpus: Corpus, baseline: Corpus | None) -> list[str]:
    notes = []
    if baseline is not None and corpus.kept_count:
        new = f"{corpus.new_count:,} letters are new; they are" if corpus.new_count else "No letter is new; all are"
        notes.append(f"{new} compared with the baseline's of the same layouts and years.")
    for words, one in (("", corpus), (" of the baseline", baseline)):
        if one is None:
            continue
        synthetic = dict(one.provenance()).get("synthetic", 0)
        if synthetic:
            of = f"{synthetic:,} of {one.counts['letters']:,} letters{words}"
            notes.append(f"{of} are synthetic, generated by the package; do not quote figures from them.")
        if one.counts["quarantine"]:
            of = f"{one.counts['quarantine']:,} of {one.counts['documents']:,} documents{words}"
            notes.append(f"{of} could not be read and are in no figure; the table quarantine says why.")
    return notes


def _facts(corpus: Corpus, source: Source | None, baseline: Source | None) -> list[tuple[str, str]]:
    first, last = corpus.span
    letters = ", ".join(f"{count:,} {kind}" for kind, count in corpus.provenance())
    counts = corpus.counts
    read = (
        f"{counts['documents']:,} read, {counts['quarantine']:,} quarantined, {counts['duplicates']:,} copies left out"
    )
    return [
        ("corpus", _label(source)),
        ("compared with", _label(baseline) if baseline is not None else "no baseline"),
        ("documents", read),
        ("letters", letters or "none"),
        ("years of decision", "none" if first is None else f"{first:%Y} to {last:%Y}"),
        ("requests decided", f"{counts['decisions']:,}"),
        ("citations", f"{counts['citations']:,}"),
        ("made by", f"imrdata {__version__}, with Great Expectations"),
    ]


def _label(source: Source | None) -> str:
    if source is None:
        return os.environ.get("IMRDATA_DATASET") or "the sample that ships with imrdata"
    if isinstance(source, os.PathLike) or (isinstance(source, str) and "\n" not in source):
        return os.fspath(source)
    if isinstance(source, str | bytes | bytearray | memoryview):
        return "one letter"
    several = list(source)
    return _label(several[0]) if len(several) == 1 else f"{len(several):,} sources"


def _write(folder: Path, html: str, results: dict[str, Any]) -> Path:
    (folder / "results").mkdir(parents=True, exist_ok=True)
    for table, result in results.items():
        text = json.dumps(_lasting(result.to_json_dict()), indent=1, ensure_ascii=False)
        (folder / "results" / f"{table}.json").write_text(text + "\n", encoding="utf-8")
    index = folder / "index.html"
    index.write_text(html, encoding="utf-8")
    return index


def _lasting(value: Any) -> Any:
    """Remove what differs between runs from a result: identifiers, times, positions in the library's files."""
    if isinstance(value, dict):
        fleeting = {"id", "batch_id", "run_id", "batch_markers", "active_batch_definition", "validation_time",
                    "exception_traceback", "rendered_content"}  # fmt: skip
        return {key: _lasting(one) for key, one in value.items() if key not in fleeting}
    return [_lasting(one) for one in value] if isinstance(value, list) else value
