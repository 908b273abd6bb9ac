"""Test search: words are found by their stems, as by a plain loop, in memory and in an index on disk."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import LETTER
from hypothesis import given
from hypothesis import strategies as st

import imrdata
from imrdata.datasets.searching import FOLDER
from imrdata.errors import DatasetError, UnknownTermError
from imrdata.search.excerpts import beginning
from imrdata.search.index import TextIndex
from imrdata.search.queries import stems_of

LONG = "far word " * 30


def frame_of(texts: list[str | None], **others: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"rationale_text": texts, **others}, schema_overrides={"rationale_text": pl.String})


def found(texts: list[str | None], query: str, **others: list[str]) -> list[str | None]:
    result: list[str | None] = frame_of(texts, **others).imr.search(query)["excerpt"].to_list()  # type: ignore[attr-defined]
    return result


@pytest.mark.parametrize(
    ("text", "query", "excerpt"),
    [
        ("An MRI of the knee.", "mri", "An «MRI» of the knee."),
        ("The knee, by MRI", "mri KNEE", "The «knee», by «MRI»"),
        ("The knee, by MRI", "mri AND knee", "The «knee», by «MRI»"),
        ("The knee", "mri knee", None),
        ("The knee", "mri OR knee", "The «knee»"),
        ("ten sessions", "session", "ten «sessions»"),
        ("one session", "sessions", "one «session»"),
        ("studies of disability", "study disabilities", "«studies» of «disability»"),
        ("a painful knee", "pain", "a «painful» knee"),
        ("dying", "dies", "«dying»"),
        ("low back pain", '"back pain"', "low «back pain»"),
        ("pain in the back", '"back pain"', None),
        ("back\n pain", '"back pain"', "«back\n pain»"),
        ("a return-to-work goal", "return-to-work", "a «return-to-work» goal"),
        ("return and work", "return-to-work", None),
        ("an MRI scan", 'MRI OR "MRI scan"', "an «MRI scan»"),
        ("10/325mg (1) daily", '"10/325mg (1)"', "«10/325mg (1») daily"),
        ("(a+)+$ stands", "a stands", "(«a»+)+$ «stands»"),
        ("a|b", "c OR d", None),
        ("Ménière's at the café", "MÉNIÈRE CAFÉ", "«Ménière»'s at the «café»"),
        ("knee and hip", "knee NOT hip", None),
        ("knee and ankle", "knee NOT hip", "«knee» and ankle"),
        ("ankle", "NOT (hip OR knee)", "None"),
        ("hip", "NOT (hip OR knee)", None),
        ("the knee has severe arthritis", "arthritis NEAR/2 knee", "the «knee» has severe «arthritis»"),
        ("the knee has severe arthritis", "arthritis NEAR/1 knee", None),
        ("the knee has severe arthritis", "knee NEAR arthritis", "the «knee» has severe «arthritis»"),
        ("hip pain", "(hip OR knee) (pain OR ache)", "«hip» «pain»"),
        ("not medically necessary", '"not medically necessary"', "«not medically necessary»"),
        (None, "pain", None),
    ],
)
def test_queries(text: str | None, query: str, excerpt: str | None) -> None:
    assert list(map(str, found([text], query))) == ([] if excerpt is None else [excerpt])


@pytest.mark.parametrize(
    ("query", "in_", "error", "message"),
    [
        ("", None, ValueError, "at least one word"),
        ("$ pain", None, ValueError, r"\$ contains no word"),
        ('"" pain', None, ValueError, "contains no word"),
        ('"pain', None, ValueError, "quotation mark is not closed"),
        ("(pain", None, ValueError, "parenthesis is not closed"),
        ("pain)", None, ValueError, "without an opening one"),
        ("pain or ache", None, ValueError, 'write OR to combine words, or "or", in quotation marks'),
        ("not necessary", None, ValueError, 'write NOT to combine words, or "not"'),
        ("pain OR", None, ValueError, "a word is missing at the end"),
        ("OR pain", None, ValueError, "a word is missing before OR"),
        ("pain NEAR", None, ValueError, "missing at the end"),
        ('"back pain" NEAR knee', None, ValueError, "two different single words"),
        ("pain NEAR pains", None, ValueError, "two different single words"),
        ("(" * 500 + "pain", None, ValueError, "more than 50 levels"),
        ("x" * 2001, None, ValueError, "2,001 characters"),
        ("pain", [], ValueError, "at least one column"),
        ("pain", "rational", UnknownTermError, "no column 'rational'; did you mean .*rationale_text"),
        ("pain", "outcome", UnknownTermError, "no column 'outcome'"),
    ],
)
def test_queries_that_are_none_are_refused(
    query: str, in_: str | list[str] | None, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        imrdata.load_decisions(imrdata.example_letter()).imr.search(query, in_)  # type: ignore[attr-defined]
    with pytest.raises(UnknownTermError, match="needs request_text or"):
        pl.DataFrame({"x": ["pain"]}).imr.search("pain")  # type: ignore[attr-defined]


def test_excerpts_are_cut_at_words() -> None:
    (excerpt,) = found([LONG + "the hit, a hit " + LONG], "hits")
    assert excerpt is not None
    assert excerpt.startswith(("… far word", "… word far"))
    assert excerpt.endswith((" far …", " word …"))
    assert "far word the «hit», a «hit» far word" in excerpt
    assert len(excerpt) < 260
    assert found(["x" * 500 + " hit " + "x" * 500], "hit") == ["… «hit» …"]


def test_words_may_stand_in_different_columns_and_the_excerpt_is_of_the_first_with_a_hit() -> None:
    frame = frame_of(["of the knee", "of the arm"], request_text=["MRI", "EMG"], note=["x", "x"])
    result = frame.imr.search("mri knees")  # type: ignore[attr-defined]
    assert result.select("excerpt_of", "excerpt", "matched_words").rows() == [
        ("request_text", "«MRI»", ["knee", "mri"])
    ]
    assert frame.imr.search("mri knee", "rationale").height == 0  # type: ignore[attr-defined]
    assert frame.imr.search("x NOT knee", ["note", "rationale"])["excerpt"].to_list() == ["«x»"]  # type: ignore[attr-defined]


def test_a_limit_gives_the_best_and_tells_how_many_there_are() -> None:
    frame = frame_of(["pain in a long, long text", "pain", "no such word", "pain pain pain"])
    every = frame.imr.search("pain")  # type: ignore[attr-defined]
    best = frame.imr.search("pain", limit=1)  # type: ignore[attr-defined]
    assert every["score"].is_sorted(descending=True)
    assert (every.height, best.height, best["found_count"][0]) == (3, 1, 3)
    assert best["score"][0] == every["score"][0]
    assert "3 found, the first 1 shown" in best.imr.show_excerpts().html


def test_a_word_begins_as_its_stem_does() -> None:
    texts = imrdata.load_decisions()["rationale_text"].str.to_lowercase()
    words = {*texts.str.extract_all(r"\w+").explode().unique().drop_nulls(), "dying", "lying", "organization"}
    assert all(word.startswith(beginning(stem)) for word in words for stem in stems_of(word))
    assert all(len(stems_of(word)) == 1 for word in words)


# --- COMPARED WITH A PLAIN LOOP --- #

WORD = st.sampled_from(["knee", "knees", "pain", "é", "É", "1", "study", "studies"])
TEXT = st.lists(WORD | st.sampled_from([" ", "\n", ", ", "-", "$"]), max_size=12).map("".join)
PHRASE = st.lists(WORD, min_size=1, max_size=3)


def holds(text: str, stems: list[str]) -> bool:
    words = stems_of(text)
    return any(words[at : at + len(stems)] == stems for at in range(len(words)))


@given(st.lists(st.none() | TEXT, min_size=1, max_size=6), st.lists(PHRASE, min_size=1, max_size=3), st.integers(0, 3))
def test_search_finds_what_a_plain_loop_finds(texts: list[str | None], phrases: list[list[str]], between: int) -> None:
    frame, stems = frame_of(texts), [stems_of(" ".join(phrase)) for phrase in phrases]
    quoted = [f'"{" ".join(phrase)}"' for phrase in phrases]
    for query, test in (
        (" ".join(quoted), lambda text: all(holds(text, one) for one in stems)),
        (" OR ".join(quoted), lambda text: any(holds(text, one) for one in stems)),
        (f"NOT ({' OR '.join(quoted)})", lambda text: not any(holds(text, one) for one in stems)),
    ):
        rows = frame.with_row_index("row").imr.search(query)  # type: ignore[attr-defined]
        assert sorted(rows["row"]) == [row for row, text in enumerate(texts) if test(text or "")]
        assert (rows["found_count"] == rows.height).all()
        if not query.startswith("NOT"):
            assert [re.sub("[«»]", "", excerpt) for excerpt in rows["excerpt"]] == rows["rationale_text"].to_list()
            assert all("«" in excerpt for excerpt in rows["excerpt"])
            assert rows["matched_words"].list.len().min() != 0
    one, other = stems[0][0], stems[-1][-1]
    if one != other:
        near = frame.with_row_index("row").imr.search(f"{phrases[0][0]} NEAR/{between} {phrases[-1][-1]}")  # type: ignore[attr-defined]
        expected = [row for row, text in enumerate(texts) if is_near(stems_of(text or ""), one, other, between)]
        assert sorted(near["row"]) == expected


def is_near(words: list[str], one: str, other: str, between: int) -> bool:
    places = [(a, b) for a, left in enumerate(words) for b, right in enumerate(words) if (left, right) == (one, other)]
    return any(abs(a - b) <= between + 1 for a, b in places)


# --- AN INDEX BESIDE A DATASET --- #

QUERIES = ("scan", '"torn ligament"', "knee OR acupuncture", "session NOT knee", "NOT knee", "sessions NEAR/3 brought")


def letter(number: int, **changed: str) -> str:
    text = LETTER.replace("CM16-0000123", f"CM16-{number:07d}")
    for old, new in changed.items():
        text = text.replace(old, new)
    return text


def is_kept(data: imrdata.Dataset) -> bool:
    return any(texts.manifest is not None for texts in data.indexes.values())


def same_as_in_memory(data: imrdata.Dataset) -> None:
    """Check that a search in the index beside the dataset finds the same rows as a search in memory."""
    for query in QUERIES:
        kept, fresh = data.search(query), data.decisions.imr.search(query)  # type: ignore[attr-defined]
        key = ["case_number", "request_number"]
        told = [*key, "request_text", "rationale_text", "found_count", "matched_words", "excerpt"]
        assert kept.sort(key).select(told).equals(fresh.sort(key).select(told)), query


def test_an_index_beside_a_dataset_is_right_in_every_version(tmp_path: Path) -> None:
    letters, dest = tmp_path / "letters", tmp_path / "data"
    letters.mkdir()
    for number in range(8):
        (letters / f"{number}.txt").write_text(letter(number, ligament="ligament" if number % 2 else "tendon"))
    imrdata.build(letters, dest, 1, search=True)
    first = imrdata.load(dest)
    same_as_in_memory(first)
    assert is_kept(first)
    (letters / "9.txt").write_text(letter(9, scan="X-ray"))
    imrdata.build(letters, dest, 1)
    second = imrdata.load(dest)
    same_as_in_memory(second)
    assert is_kept(second)
    assert second.search("x-ray")["case_number"].unique().to_list() == ["CM16-0000009"]
    mark = {
        "case_number": "CM16-0000001",
        "request_number": 1,
        "column": "rationale_text",
        "value": "A corrected word.",
    }
    imrdata.correct(dest, pl.DataFrame([mark | {"reason": "misread", "corrected_by": "me"}]))
    third = imrdata.load(dest)
    same_as_in_memory(third)
    assert is_kept(third)
    assert third.search("corrected").height == 1
    assert second.search("corrected").height == 0
    for version in (1, 2):
        old = imrdata.load(dest, version=version)
        same_as_in_memory(old)
        assert is_kept(old)
    imrdata.vacuum(dest, keep_versions=1)
    imrdata.build(letters, dest, 1)
    same_as_in_memory(imrdata.load(dest))
    imrdata.verify(dest)
    assert third.search("scan", table="letters")["excerpt_of"].unique().to_list() == ["clinical_summary_text"]
    assert third.search("fell", "documents_reviewed", table="letters").height == 0
    assert third.search("ODG", "reviewer_guideline").height == 9


def test_an_index_that_does_not_hold_the_version_is_not_used(tmp_path: Path) -> None:
    dest = tmp_path / "data"
    (tmp_path / "one.txt").write_text(letter(1))
    imrdata.build(tmp_path / "one.txt", dest, 1, search=True)
    shutil.copytree(dest / FOLDER, tmp_path / "old")
    (tmp_path / "two.txt").write_text(letter(2))
    imrdata.build(tmp_path / "two.txt", dest, 1)
    shutil.rmtree(dest / FOLDER)
    shutil.copytree(tmp_path / "old", dest / FOLDER)
    stale = imrdata.load(dest)
    same_as_in_memory(stale)
    assert not is_kept(stale)
    for path in (dest / FOLDER / "decisions").iterdir():
        path.write_bytes(b"not an index")
    damaged = imrdata.load(dest)
    same_as_in_memory(damaged)
    assert not is_kept(damaged)
    imrdata.build(tmp_path / "two.txt", dest, 1)
    mended = imrdata.load(dest)
    same_as_in_memory(mended)
    assert is_kept(mended)
    shutil.rmtree(dest / FOLDER)
    same_as_in_memory(imrdata.load(dest))


def test_rows_of_other_data_than_the_index_are_refused(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(letter(1))
    imrdata.build(tmp_path / "one.txt", tmp_path / "data", 1, search=True)
    data = imrdata.load(tmp_path / "data")
    renamed = data.decisions.with_columns(case_number=pl.lit("CM16-0000002"))
    import dataclasses

    with pytest.raises(DatasetError, match="does not belong to these rows"):
        dataclasses.replace(data, decisions=renamed).search("scan")


def test_two_processes_cannot_change_one_index(tmp_path: Path) -> None:
    index = TextIndex(["text"], tmp_path)
    other: Any = TextIndex(["text"], tmp_path)._index.writer(15_000_000, 1)
    with pytest.raises(ValueError, match="Lock"):
        index.change([], [("part", 1, ["text"])])
    del other


def test_an_index_in_memory_that_takes_long_is_told(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from imrdata.datasets import searching

    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    imrdata.load([letter(1)]).search("scan")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(searching, "_TOLD", 1)
    imrdata.load([letter(1)]).search("scan")
    said = capsys.readouterr().err
    assert "imrdata build --search keeps the index" in said
    assert "2/2" in said


# --- SIMILAR DECISIONS --- #


def test_similar_decisions_share_rare_words() -> None:
    rare = ["spinal cord stimulator trial", "spinal cord stimulator", "cord of the spine", "acupuncture", "acupuncture"]
    letters = [letter(number, **{"torn ligament": words}) for number, words in enumerate(rare)]
    data = imrdata.load(letters)
    result = data.similar("cm16-0000000", 1, n=2)
    assert result["case_number"].to_list() == ["CM16-0000001", "CM16-0000002"]
    assert result["shared_words"].list.contains("stimulator").to_list() == [True, False]
    assert result["score"].is_sorted(descending=True)
    assert data.similar("CM16-0000000", 1, on="request_text")["case_number"].n_unique() == 4
    with pytest.raises(UnknownTermError, match="no request 7 of CM16-0000000"):
        data.similar("CM16-0000000", 7)
    with pytest.raises(UnknownTermError, match="no column 'rationale'; did you mean rationale_text"):
        data.similar("CM16-0000000", 1, on="rationale")
    with pytest.raises(ValueError, match="has no original_request_text"):
        data.similar("CM16-0000000", 1, on="original_request_text")


def test_decisions_about_the_same_treatment_are_more_alike() -> None:
    requests = ["MRI of the left knee", "Norco 10/325 mg", "Acupuncture, neck", "X-ray of the neck", "EMG of an arm"]
    data = imrdata.load([letter(number, **{"MRI of the left knee": words}) for number, words in enumerate(requests)])
    result = data.similar("CM16-0000000", 1, n=20).filter(request_number=1)
    subcategories = result["treatment_subcategory"].to_list()
    assert subcategories[:2] == ["Imaging/Radiology", "EMG/NCV/NCS"]
    assert (result["score"][0], result["score"][1]) == pytest.approx((2 * result["score"][2], 1.5 * result["score"][2]))
