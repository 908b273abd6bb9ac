"""Test about 1,700 invented requests with their expected values, in ``treatment_requests.csv``."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from imrdata.letters.fields.lexicon import PatternLexicon, beginnings, normalise, request_form, words_of
from imrdata.letters.fields.requests import RequestParts, read_parts
from imrdata.letters.fields.treatments import read_request_treatment, read_treatment
from imrdata.letters.found import Found
from imrdata.letters.model import Amounts
from imrdata.resources import vocabulary

with (Path(__file__).parent / "treatment_requests.csv").open(encoding="utf-8", newline="") as file:
    REQUESTS = list(csv.DictReader(file))


with (Path(__file__).parent / "unseen_requests.csv").open(encoding="utf-8", newline="") as file:
    UNSEEN = list(csv.DictReader(file))


@pytest.mark.parametrize("column", ["category", "subcategory", "body_parts", "laterality", "drugs", "quantity"])
def test_invented_requests(column: str) -> None:
    wrong = []
    for row in REQUESTS:
        found = read_treatment(row["text"])
        value = {
            "category": found.category,
            "subcategory": found.subcategory,
            "body_parts": "; ".join(found.body_parts),
            "laterality": found.laterality or "",
            "drugs": "; ".join(found.drugs),
            "quantity": "" if found.amounts.quantity is None else f"{found.amounts.quantity:g}",
        }[column]
        due = f"{float(row[column]):g}" if column == "quantity" and row[column] not in ("", "?") else row[column]
        if due not in ("?", value):  # a question mark: the right value is unclear
            wrong.append((row["text"], due, value))
    assert wrong == []


@pytest.mark.parametrize("column", ["category", "subcategory", "body_parts", "laterality", "drugs", "quantity"])
def test_requests_that_were_labelled_before_they_were_read(column: str) -> None:
    """`wrong_at_first_contact` has the fields that were wrong at first, and `wrong_now` those that are still wrong."""
    wrong = []
    for row in UNSEEN:
        found = read_treatment(row["text"])
        value = {
            "category": found.category,
            "subcategory": f"{found.category} / {found.subcategory}",
            "body_parts": "; ".join(found.body_parts),
            "laterality": found.laterality or "",
            "drugs": "; ".join(found.drugs),
            "quantity": "" if found.amounts.quantity is None else f"{found.amounts.quantity:g}",
        }[column]
        due = f"{row['category']} / {row['subcategory']}" if column == "subcategory" else row[column]
        if (value != due) != (column in row["wrong_now"].split("; ")):
            wrong.append((row["text"], due, value))
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "quantity", "unit", "strength", "frequency", "duration"),
    [
        ("Norco 10/325mg #60", 60, None, "10/325mg", None, None),
        (
            "Physical therapy 2 times a week for 6 weeks (12 sessions)",
            12,
            "sessions",
            None,
            "2 times a week",
            "6 weeks",
        ),
        ("Physical therapy 2 times a week for 6 weeks", 12, "sessions", None, "2 times a week", "6 weeks"),
        ("Physical therapy 2-3 times a week for 6 weeks", None, None, None, "2-3 times a week", "6 weeks"),
        ("Ibuprofen 600mg tablets #90 with 2 refills", 90, "tablets", "600mg", None, None),
        ("Eight acupuncture visits", 8, "visits", None, None, None),
        ("MRI of the left knee", None, None, None, None, None),
        ("Physical therapy 2 times a month for 6 weeks", None, None, None, "2 times a month", "6 weeks"),
        ("Physical therapy x8 sessions, up to 2 units per session", 8, "sessions", None, None, None),
        ("Physical therapy, 12 sessions of up to 4 units per session", 12, "sessions", None, None, None),
        ("Insulin 10 units daily", None, None, None, "daily", None),  # a dose
        ("Insulin lispro 5 units three times a day, 2 vials", 2, "vials", None, "three times a day", None),
        ("Massage therapy x60 minutes", None, None, None, None, None),
        ("Norco 10/325mg #12O", None, None, "10/325mg", None, None),  # a letter for a digit
        ("Massage therapyx12", 12, None, None, None, None),
        ("TENS pads monthly x 12 months", None, None, None, "monthly", "12 months"),
        ("Botox injection 155u", 155, "units", None, None, None),
        ("Work hardening x80 hours", 80, "hours", None, None, None),
        ("Toradol 60 mg IM injection", None, None, None, None, None),  # a dose
        ("Ketorolac 30 mg/ml 2 ml injection", None, None, None, None, None),
        ("360 degree fusion L5-S1", None, None, None, None, None),
        ("Massage therapy, one hour sessions x 6", 6, "sessions", None, None, None),
        ("Six 1-hour sessions of massage therapy", 6, "sessions", None, None, None),
        (
            "Epidural injection L4-5 x 2",
            2,
            None,
            None,
            None,
            None,
        ),  # the numbers are of a spinal level, not of a course of 5 x 2
        ("Initial 6 of 18 acupuncture visits", None, None, None, None, None),
        ("Thirty-six acupuncture visits", 36, "visits", None, None, None),
        ("Naproxen 500mg, quantity: one hundred twenty", 120, None, "500mg", None, None),
        ("Naproxen 500mg, one hundred thirty tablets", 130, "tablets", "500mg", None, None),
        ("Naproxen 500mg, forty-five tablets", 45, "tablets", "500mg", None, None),
        (
            "Physical therapy 3 times a week for 4 weeks, then 2 times a week for 4 weeks",
            None,
            None,
            None,
            "3 times a week",
            "4 weeks",
        ),
        ("Norco 10/325mg one tab daily, qty.\n60", 60, "tablets", "10/325mg", "daily", None),
        ("Norco 10/325mg #90 refill x 3", 90, None, "10/325mg", None, None),
        ("Norco 10/325mg quantity=90", 90, None, "10/325mg", None, None),
        ("Omega-3 1 gram", None, None, None, None, None),  # a dose
        ("Menthoderm gel 112 grams daily", 112, "grams", None, "daily", None),
        ("Physical therapy for 6 weeks after surgery", None, None, None, None, "6 weeks"),
        ("Physical therapy, 6 weeks after surgery", None, None, None, None, None),
        ("Cold unit x 2 weeks post-op", None, None, None, None, "2 weeks"),
        ("TENS unit x 30-day trial", None, None, None, None, "30-day"),
        ("Lumbar ESI #2", None, None, None, None, None),
        ("Program, part day treatment x 160 hours", 160, "hours", None, None, None),
        ("90 Norco 10/325mg", 90, None, "10/325mg", None, None),
        ("A prescription for 60 Ultram 50mg with one refill", 60, None, "50mg", None, None),
        ("800 ibuprofen", None, None, None, None, None),
        ("600 gabapentin, 300mg capsules", None, None, "300mg", None, None),
        ("12 Norco 10/325mg", None, None, "10/325mg", None, None),
        ("Norco 10/325mg, sixty (60)", 60, None, "10/325mg", None, None),
        ("Skin graft, 10 x 15 cm", None, None, None, None, None),
        ("Foam cushion x 4 inches", None, None, None, None, None),
        ("Massage, one session every other week, total 6", 6, None, None, "one session every other week", None),
        ("Massage, 1 visit every 2 weeks for 3 months", None, None, None, "1 visit every 2 weeks", "3 months"),
        ("Physical therapy 3x/wk x4 wks", 12, "sessions", None, "3x/wk", None),
        ("Acupuncture 6 tx", 6, "treatments", None, None, None),
        ("Acupuncture, 6 sess", 6, "sessions", None, None, None),
    ],
)
def test_amounts(
    text: str,
    quantity: float | None,
    unit: str | None,
    strength: str | None,
    frequency: str | None,
    duration: str | None,
) -> None:
    assert read_treatment(text).amounts == Amounts(quantity, unit, strength, frequency, duration)


def test_words_are_matched_whole() -> None:
    found = read_treatment("Intense pain, Aromasomatics")  # no TENS, no Soma
    assert (found.category, found.drugs, found.is_unknown) == ("Other", (), True)


@pytest.mark.parametrize(
    ("text", "category", "subcategory"),
    [  # each rank of treatment_ranks.csv against the next
        ("Assistant surgeon and psychologist", "Surgery", "Adjunct Surgical Services"),
        ("Consultation with a psychologist", "Psych Services", "Evaluation & Management"),
        ("MRI of the knee, follow-up with a psychologist", "Psych Services", "Evaluation & Management"),
        (
            "MRI of the knee and physical therapy",
            "Diagnostic Testing",
            "Imaging/Radiology",
        ),  # of equal ranks, the first
        ("Physical therapy and MRI of the knee", "Rehabilitation", "Physical Therapy/Occupational Therapy (PT/OT)"),
        ("Carpal tunnel injection", "Injection", "Injection"),  # the longest at its position
        ("Antibiotics and x-ray of the foot", "Diagnostic Testing", "Imaging/Radiology"),  # a kind gives way to a test
        ("Tablets of an antidepressant", "Pharmaceuticals", "Antidepressant"),  # a general word gives way to a kind
        ("Consultation before the operation", "Surgery", "Surgical Consult"),
        ("Evaluation and therapy", "Evaluation & Management", "Medical Specialties"),
        ("Home unit", "DMEPOS", "DME"),
        ("Post-operative cold unit", "Surgery", "Adjunct Surgical Services"),
        ("Gabapentin serum level", "Diagnostic Testing", "Lab & Pathology"),  # longer than the drug at its position
        ("Chiropractic care (CPT 97110)", "Rehabilitation", "Chiropractic"),  # a billing code gives way to words
        ("99213, 97110", "Evaluation & Management", "Medical Specialties"),
        ("Hospital stay after total knee replacement", "Other", "Other"),  # the operation was before
    ],
)
def test_the_highest_rank_decides_and_of_equals_the_first_named(text: str, category: str, subcategory: str) -> None:
    found = read_treatment(text)
    assert (found.category, found.subcategory) == (category, subcategory)


def test_an_optional_part_added_to_a_pattern_changes_no_winner() -> None:
    rows = [(row["pattern"], (row["pattern"], row["rank"])) for row in vocabulary("treatments")]
    plain = PatternLexicon(rows)
    longer = PatternLexicon((rf"(?:{pattern})(?: as well)?", row) for pattern, row in rows)
    for request in REQUESTS:
        scan = request_form(normalise(request["text"]))
        assert longer.find(scan, words_of(scan)) == plain.find(scan, words_of(scan))


def test_of_the_alternatives_of_a_pattern_the_first_that_matches_is_taken() -> None:
    lexicon = PatternLexicon([("bun|bun panel|(?:renal )?bun", "first"), ("bun panels?", "second")])
    found = [lexicon.find(scan, words_of(scan)) for scan in ("bun panel", "renal bun", "bun")]
    assert [(hit.end, hit.row) for hits in found for hit in hits] == [(9, "second"), (9, "first"), (3, "first")]


def test_no_two_rows_of_one_rank_disagree_about_the_same_words() -> None:
    rows = [(row["pattern"], row) for row in vocabulary("treatments")]
    found = [PatternLexicon(some) for some in (rows, rows[::-1])]
    wrong = []
    for example in [row["example"] for _, row in rows] + [row["text"] for row in REQUESTS]:
        scan = request_form(normalise(example))
        for one, other in zip(*(lexicon.find(scan, words_of(scan)) for lexicon in found), strict=True):
            same = ("category", "subcategory", "rank", "body_parts")
            if one.row["rank"] == other.row["rank"] and any(one.row[key] != other.row[key] for key in same):
                wrong.append((one.row["pattern"], other.row["pattern"], example))
    assert wrong == [], "give one of the two another rank, or more words"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("mri", {"mri"}),
        ("x ?rays?", {"x ray", "xray"}),
        ("(?:ct|cat) scans?", {"ct scan", "cat scan"}),
        ("(?:hand )?putty|squeeze balls?", {"hand putty", "putty", "squeeze ball"}),
        (r"\d ?day", {f"{digit}{space}day" for digit in range(10) for space in (" ", "")}),
        ("[rl] ?le", {"r le", "rle", "l le", "lle"}),
    ],
)
def test_how_a_pattern_can_begin(pattern: str, expected: set[str]) -> None:
    assert {begin for begin, _ in beginnings(pattern)} == expected


@pytest.mark.parametrize(
    ("text", "category", "drugs"),
    [
        ("Tramado1 ER 150mg", "Pharmaceuticals", ("tramadol",)),
        ("lnterferential unlt", "DMEPOS", ()),
        ("Physica1 therapy 2 x 6", "Rehabilitation", ()),
        ("Gabapentn 600mg", "Pharmaceuticals", ("gabapentin",)),  # a letter is missing
        ("Gabapenntin 600mg", "Pharmaceuticals", ("gabapentin",)),
        ("Gabapnetin 600mg", "Pharmaceuticals", ("gabapentin",)),
        ("Gabapentun 600mg", "Pharmaceuticals", ("gabapentin",)),
        ("Gabapentun", "Pharmaceuticals", ("gabapentin",)),
        ("Acupuncture and gabapentun 600mg", "Rehabilitation", ()),
        ("Norco and gabapentun 600mg", "Pharmaceuticals", ("acetaminophen", "gabapentin", "hydrocodone")),
        ("Norco, not gabapentun", "Pharmaceuticals", ("acetaminophen", "hydrocodone")),  # no strength, no guess
        ("Habapentin 600mg", "Other", ()),  # first letters are rarely wrong
        ("Gabpentn 600mg", "Other", ()),  # two are wrong
        ("Somma", "Other", ()),  # too short
        ("Sentara hospital", "Other", ()),  # so is Sentra
        ("Medicaid 5%", "Other", ()),
    ],
)
def test_misprinted_words(text: str, category: str, drugs: tuple[str, ...]) -> None:
    found = read_treatment(text)
    assert (found.category, found.drugs) == (category, drugs)


@pytest.mark.parametrize(
    ("text", "guesses"),
    [
        ("Gabapentun 600mg and Tramado1 50mg", (("Gabapentun", "gabapentin"), ("Tramado1", "tramadol"))),
        ("Gabapentin 600mg", ()),
        ("Norco, not gabapentun", ()),
    ],
)
def test_misprinted_words_are_told(text: str, guesses: tuple[tuple[str, str], ...]) -> None:
    assert read_treatment(text).guesses == guesses


def test_no_other_word_is_changed() -> None:
    assert read_treatment("Butrans patch 10MCG/HR, ZZYZX x 4").amounts.strength == "10MCG/HR"


@pytest.mark.parametrize("pattern", [r"\w+ scan", ".", "", " mri", "/s?"])
def test_a_pattern_begins_with_a_letter_or_digit(pattern: str) -> None:
    with pytest.raises(ValueError, match="must begin"):
        beginnings(pattern)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Repeat MRI of the left knee", "MRI"),
        ("Norco 10/325mg #60", "Acetaminophen/hydrocodone"),
        ("Flurbiprofen 20% / baclofen 5% cream in base", "Compounded topical"),
        ("Synvisc injection, right knee", "Hyaluronic acid injection"),
        ("Kenalog 40 mg injection", "Corticosteroid injection"),
        ("Associated surgical service: cold therapy unit, rental", "Cold therapy unit"),
        ("TENS unit with supplies", "TENS unit"),
        ("Total hip replacement", "Hip arthroplasty"),
        ("Spine surgeon consultation", "Spine surgery consultation"),
        ("MRI arthrogram of the left wrist", "MR arthrogram"),
        ("MR imaging of the left wrist", "MRI"),
        ("Left L4-5 facet rhizotomy", "Radiofrequency ablation"),
        ("Genicular nerve ablation", "Radiofrequency ablation"),
        ("Psychological evaluation", "Psychological evaluation"),
        ("Psychiatric evaluation", "Psychiatric consultation"),
        ("Arthrocentesis of the knee", "Joint aspiration"),
        ("Laparoscopic surgery", "Laparoscopy"),
        ("Cervical fusion C5-6 with an assistant surgeon", "Spinal fusion"),
        ("Final functional evaluation", "Functional capacity evaluation"),
        ("Wheelchair ramp", "Home or vehicle modification"),
        ("Lumbar orthotic brace", "Brace or orthosis"),
        ("Fluoroscopically guided injection of the hip", None),
        ("Fluoroscopically guided hip injection", "Joint injection"),
        ("Oral surgeon", "Dental care"),
        ("Electric bed", "Orthopedic mattress or bed"),
        ("Residential functional restoration program", "Functional restoration program"),
        ("Third occipital nerve RFA", "Radiofrequency ablation"),
        ("Medial branch neurotomy", "Radiofrequency ablation"),
        ("Endoscopic carpal tunnel release", "Carpal tunnel release"),
        ("Removal of a cyst of the wrist", "Mass or lesion excision"),
        ("Urine culture", "Culture"),
        ("Home infusion nursing", "Home nursing visits"),
        ("Colon resection", None),  # no word says which of the treatments it is
        ("Sesamoidectomy", None),
        ("B12 shot", None),
        ("Muscle relaxant", None),  # a class names no treatment
        ("Aromasomatics", None),
    ],
)
def test_the_name_of_a_treatment(text: str, name: str | None) -> None:
    assert read_treatment(text).name == name


@pytest.mark.parametrize(
    ("text", "requested", "authorized"),
    [
        ("Physical therapy 2x6, modified to 4 visits", 12, 4),
        ("Norco 10/325mg certified #30 for weaning", None, 30),
        ("Norco 10/325mg #90 (#60 approved by UR)", 90, 60),
        ("Norco 10/325mg #90 approved for #60", 90, 60),
        ("Norco 10/325mg #90 [certified #60]", 90, 60),
        ("Soma 350mg #60; certified for one month #20 only", 60, 20),
        ("Chiropractic 3x4; 6 sessions were certified", 12, 6),
        ("Acupuncture x 12 (approved x 6)", 12, 6),
        ("Psychotherapy 8 sessions (4 sessions approved)", 8, 4),
    ],
)
def test_what_remains_of_a_request_that_was_modified_is_not_stated_by_a_short_form(
    text: str, requested: float | None, authorized: float
) -> None:
    amounts = read_request_treatment(read_parts(text, 0, len(text))).amounts
    assert (amounts.quantity, amounts.requested_quantity, amounts.authorized_quantity) == (None, requested, authorized)


@pytest.mark.parametrize(
    ("original", "authorized", "disputed", "amounts"),
    [
        ("Norco 10/325mg #60", "Norco 10/325mg #40", "Norco 10/325mg #20", (20, 60, 40)),
        ("Acupuncture 12 visits", "6 sessions of acupuncture", "Acupuncture 6 visits", (6, 12, 6)),
        ("Physical therapy 2 times a week for 6 weeks", "4 sessions", "Physical therapy 8 sessions", (8, 12, 4)),
        ("Ibuprofen 600mg 90 tablets", "2 bottles of ibuprofen", "Ibuprofen 600mg 60 tablets", (60, 90, None)),
        ("Physical therapy", "Physical therapy 6 visits", "Physical therapy", (None, None, 6)),
        ("Two to three week trial of a unit", None, "Trial of a unit", (None, None, None)),
        ("Lidoderm 2 boxes", "Lidoderm 30 patches", "Lidoderm", (None, 2, None)),  # the unit is boxes
    ],
)
def test_the_quantities_of_a_modified_request(
    original: str, authorized: str | None, disputed: str, amounts: tuple[float | None, ...]
) -> None:
    found = [Found(part, 0, len(part)) if part else None for part in (original, authorized)]
    whole = RequestParts(*found, Found(disputed, 99, 99 + len(disputed)), is_modified=True)
    read = read_request_treatment(whole).amounts
    assert (read.quantity, read.requested_quantity, read.authorized_quantity) == amounts
    unmodified = read_request_treatment(whole._replace(is_modified=False)).amounts
    assert (unmodified.requested_quantity, unmodified.authorized_quantity) == (None, None)


@pytest.mark.parametrize(
    ("original", "authorized", "disputed", "unit"),
    [
        ("8 sessions of therapy", "6 visits of therapy", "Therapy of the knee", "sessions"),
        ("Therapy", "6 visits of therapy", "Therapy", "visits"),
        ("8 sessions of therapy", "6 visits of therapy", "2 treatments of therapy", "treatments"),
        ("Norco #60", "Norco #30", "Norco #30", None),
    ],
)
def test_the_unit_of_a_modified_request(original: str, authorized: str, disputed: str, unit: str | None) -> None:
    found = [Found(part, 0, len(part)) for part in (original, authorized)]
    whole = RequestParts(*found, Found(disputed, 99, 99 + len(disputed)), is_modified=True)
    assert read_request_treatment(whole).amounts.quantity_unit == unit


@pytest.mark.parametrize(
    ("text", "subcategory"),
    [
        ("Diclofenac 1% gel 100g", "Topical Analgesics"),  # a single percent sign is not a compound
        ("Lidoderm 5% and gabapentin 300mg", "Topical Analgesics"),  # nor is one of two drugs
        ("Acetaminophen 300mg with codeine 30mg", "Opioids"),
        ("Ketoprofen 10% / lidocaine 5% cream", "Topical Compounds"),
        ("Ketamine 5% cream 60gr", "Topical Compounds"),
        ("Soma compound", "Muscle Relaxant"),  # a tablet of two drugs
    ],
)
def test_the_class_of_a_preparation(text: str, subcategory: str) -> None:
    assert read_treatment(text).subcategory == subcategory
