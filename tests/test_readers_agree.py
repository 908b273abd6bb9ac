"""Test that the texts of all PDF readers give the same record of a letter."""

from __future__ import annotations

import dataclasses
import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import SEED

import imrdata
from imrdata.letters.found import collapse
from imrdata.letters.model import Letter
from imrdata.letters.reading import read_bytes
from imrdata.synthetic import synthesize

LETTERS = 40  # of the real letters

# pdfminer loses half a line of this letter, where a redaction left a gap in it.
LOST_WORDS = {("pdfminer", "CM16-0249724"): {"clinical_summary_text"}}


def pdftotext(*flags: str) -> Callable[[Path], str]:
    def read(path: Path) -> str:
        command = ["pdftotext", *flags, str(path), "-"]
        return subprocess.run(command, capture_output=True, check=True).stdout.decode()

    return read


def pypdf(path: Path) -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


def pdfminer(path: Path) -> str:
    from pdfminer.high_level import extract_text

    text: str = extract_text(io.BytesIO(path.read_bytes()))
    return text


def pymupdf(path: Path) -> str:
    import pymupdf

    with pymupdf.open(path) as document:
        return "\f".join(page.get_text() for page in document)


READERS = {
    "pdftotext -layout": pdftotext("-layout"),
    "pdftotext -raw": pdftotext("-raw"),
    "pdftotext": pdftotext(),
    "pypdf": pypdf,
    "pdfminer": pdfminer,
    "PyMuPDF": pymupdf,
}


@pytest.fixture(scope="module")
def by_pdf(real_letters: Path) -> dict[Path, Letter]:
    paths = sorted(real_letters.glob("*.pdf"))[:LETTERS]
    return {path: imrdata.read_letter(path) for path in paths}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("reader", READERS)
def test_every_reader_gives_the_record_of_the_pdf(by_pdf: dict[Path, Letter], reader: str) -> None:
    if reader.startswith("pdftotext") and shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (Debian package poppler-utils)")
    for path, letter in by_pdf.items():
        read = imrdata.read_letter(READERS[reader](path).encode())
        # Without -layout or -raw, pdftotext deletes a hyphen at the end of a line. Then nothing can distinguish
        # "non-" / "steroidal" from "nonsteroidal". Everything except these hyphens must agree.
        if reader == "pdftotext":
            read, expected = without_hyphens(read), without_hyphens(letter)
        else:
            expected = letter
        lost = LOST_WORDS.get((reader, letter.case_number), set())
        assert differences(read, expected) == lost, path.name


def differences(one: Letter, other: Letter) -> set[str]:
    names = [field.name for field in dataclasses.fields(Letter) if field.compare]
    return {name for name in names if getattr(one, name) != getattr(other, name)}


def without_hyphens(record: Letter) -> Letter:
    def bare(value: object) -> object:
        if isinstance(value, str):
            return value.replace("-", "")
        if isinstance(value, tuple):
            return tuple(map(bare, value))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return dataclasses.replace(
                value, **{field.name: bare(getattr(value, field.name)) for field in dataclasses.fields(value)}
            )
        return value

    bared = bare(dataclasses.replace(record, sections=()))
    assert isinstance(bared, Letter)
    return bared


# The standard fonts of PDF readers contain only Latin-1.
LATIN = str.maketrans({"\u201c": '"', "\u201d": '"', "\u2019": "'", "\u2022": "-", "\u2013": "-"})


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_synthetic_letters_of_every_layout_through_pdfs(pdf_of: Callable[..., bytes], tmp_path: Path) -> None:
    made = list(synthesize(50, seed=4, years=[2013, 2014, 2016, 2020]))
    assert len({one.letter.letter_layout for one in made}) == 5
    # Without -layout or -raw, pdftotext deletes hyphens (see above).
    names = [name for name in READERS if name.split()[0] != "pdftotext" or (shutil.which("pdftotext") and " " in name)]
    for one in made:
        text = one.text.translate(LATIN)
        path = tmp_path / one.name.replace(".txt", ".pdf")
        path.write_bytes(pdf_of(text))
        letter = read_bytes(text.encode("latin-1"), one.name)
        assert letter.case_number == one.letter.case_number
        assert differences(imrdata.read_letter(path), letter) == set(), one.name
        for name in names:
            read = read_bytes(READERS[name](path).encode(), one.name)
            assert differences(read, letter) == set(), (name, one.name)


def test_the_seed_letter_in_every_rendering(pdf_of: Callable[..., bytes]) -> None:
    markdown = SEED.read_text()
    letter = read_bytes(markdown.encode())
    plain = letter.text
    html = (
        "<html><body>"
        + "".join(f"<p>{line.replace('&', '&amp;')}</p>" for line in plain.split("\n"))
        + "</body></html>"
    )
    wrapped = "\n".join(wrap(line) for line in plain.split("\n"))
    renderings = {
        "HTML": html.encode(),
        "plain text": plain.encode(),
        "wrapped text": wrapped.encode(),
        "wrapped text with CRLF and a byte-order mark": ("\ufeff" + wrapped.replace("\n", "\r\n")).encode(),
        "HTML table header": html.replace("<p>Date Assigned: ", "<table><tr><td>Date Assigned:</td><td>", 1)
        .replace("09/16/2015 ", "09/16/2015</td></tr></table><p>", 1).encode(),
        "PDF": pdf_of(wrapped),
    }  # fmt: skip
    for rendering, content in renderings.items():
        assert differences(imrdata.read_letter(content), letter) == set(), rendering


def wrap(line: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(line, 95, break_long_words=False))


def test_spans_of_real_letters_give_their_values_back(by_pdf: dict[Path, Letter]) -> None:
    for letter in by_pdf.values():
        assert letter.sections[0].start == 0
        assert letter.sections[-1].end == len(letter.text)
        for request in letter.requests:
            for name in ("request_text", "disputed_treatment_text", "rationale_text", "outcome"):
                start, end = letter.spans[f"requests[{request.request_number}].{name}"]
                assert collapse(letter.text[start:end]) == getattr(request, name)
