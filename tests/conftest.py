"""Shared parts of the tests: an invented letter to vary, and the real letters if available."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from paper import make_pdf

from imrdata.datasets import gathering, loading
from imrdata.datasets.builds import BuildReport
from imrdata.datasets.dataset import Dataset

settings.register_profile("imrdata", deadline=None)  # on a busy machine, a slow test has not failed
settings.load_profile("imrdata")

ROOT = Path(__file__).resolve().parent.parent
GUARD = ROOT / "tests" / "only_loopback"  # refuses to connect to other machines
SHARED = ROOT.parent / "shared"
SEED = ROOT / "seeds" / "letters" / "CM15-0174261.md"

HEADER = """\
Case Number: CM16-0000123
Date Assigned: 11/18/2016 Date of Injury: 10/10/2016
Decision Date: 12/19/2016 UR Denial Date: 11/09/2016
Priority: Standard Application
Received:
11/14/2016
"""
DETERMINATION = """\
HOW THE IMR FINAL DETERMINATION WAS MADE
An expert reviewer looked at the whole file. The reviewer works at least 24 hours a week.
The Expert Reviewer has the following credentials:
State(s) of Licensure: Texas,New York, California
Certification(s)/Specialty: Physical Medicine & Rehabilitation, Pain Management
"""
SUMMARY = """\
CLINICAL CASE SUMMARY
The expert reviewer wrote this summary of the case file:
The injured worker is a 41 year old female cook who slipped and fell. She is represented. Her left
knee still hurts, and a scan of it was asked for.
"""
DECISIONS = """\
IMR ISSUES, DECISIONS AND RATIONALES
The Final Determination was based on decisions for the disputed items/services set forth below:
"""
ITEMS = (
    """\
MRI of the left knee: Upheld
Claims Administrator guideline: Decision based on MTUS Knee Complaints 2004, Section(s):
Special Studies.
MAXIMUS guideline: Decision based on MTUS Knee Complaints 2004. Decision based on Non-MTUS
Citation Official Disability Guidelines (ODG), Knee and Leg Chapter, MRI.
Decision rationale: The file shows no sign of a torn ligament. The guideline asks for one. The
scan is not medically necessary.
""",
    """\
Acupuncture 18 sessions was the original request. Acupuncture 6 sessions was
authorized by the Claims Administrator. The remaining IMR eligible portion of the
original request, Acupuncture 12 sessions is: Overturned
Claims Administrator guideline: The Claims Administrator did not cite any medical evidence
for its decision.
MAXIMUS guideline: Decision based on MTUS Acupuncture Treatment 2007.
Decision rationale: Six sessions brought her back to her stove. The rest is medically necessary.
""",
)
LETTER = HEADER + DETERMINATION + SUMMARY + DECISIONS + "".join(ITEMS)


def python_path(*folders: Path) -> str:
    """Return a PYTHONPATH for a child process: some folders, and the current value."""
    return os.pathsep.join([*map(str, folders), os.environ["PYTHONPATH"]])


@pytest.fixture(autouse=True)
def no_dataset_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the tests without the IMRDATA_DATASET of the person who runs them."""
    monkeypatch.delenv("IMRDATA_DATASET", raising=False)


@pytest.fixture(autouse=True, scope="session")
def every_document_is_accounted_for() -> Iterator[None]:
    """Check for every load and build of the tests: documents in = letters out + quarantined + exact duplicates."""

    def checked(load: Callable[..., Dataset]) -> Callable[..., Dataset]:
        def checking(*args: Any) -> Dataset:
            data = load(*args)
            assert data.document_count == data.letters.height + data.quarantine.height + data.duplicate_count
            return data

        return checking

    made = BuildReport.__init__

    def checking(self: BuildReport, *args: Any, **counts: Any) -> None:
        made(self, *args, **counts)
        assert self.document_count == self.letter_count + self.quarantined_count + self.duplicate_count

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gathering, "collect", checked(gathering.collect))  # from letters
        patch.setattr(loading, "_read_all", checked(loading._read_all))  # from a dataset
        patch.setattr(BuildReport, "__init__", checking)
        yield


@pytest.fixture(scope="session")
def real_letters() -> Path:
    """Return the folder of real letters beside the checkout."""
    folder = SHARED / "letters"
    if not any(folder.glob("*.pdf")):
        pytest.skip("the real letters are not at hand (../shared/letters)")
    return folder


@pytest.fixture(scope="session")
def answers() -> dict[str, dict[str, Any]]:
    """Return the hand-checked values of the real letters, by case number."""
    file = SHARED / "gold" / "dev.jsonl"
    if not file.exists():
        pytest.skip("the hand-checked answers are not at hand (../shared/gold)")
    records = map(json.loads, file.read_text().splitlines())
    return {record["case_number"]: record for record in records}


@pytest.fixture
def pdf_of() -> Callable[..., bytes]:
    """Return a function that makes the PDF of a text."""
    return make_pdf
