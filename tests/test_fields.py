"""Test fields of the text: reviewer, patient, parts of a request, retrospective requests, citations."""

from datetime import date

import pytest

from imrdata.letters.fields.contradictions import contradictions
from imrdata.letters.fields.patient import read_patient
from imrdata.letters.fields.requests import is_retrospective, read_parts
from imrdata.letters.fields.reviewer import read_reviewer


@pytest.mark.parametrize(
    ("printed", "states", "specialties", "diagnostics"),
    [
        ("State(s) of Licensure: Texas,New York, North Carolina\nCertification(s)/Specialty: Family Practice",
         ["TX", "NY", "NC"], ["Family Practice"], []),
        ("State(s) of Licensure: California\nCertification(s)/Specialty: Preventive Medicine, Occupational\nMedicine",
         ["CA"], ["Preventive Medicine", "Occupational Medicine"], []),
        ("State(s) of Licensure: District of\nColumbia, CA\nCertification(s)/Specialty: PM&R",
         ["DC", "CA"], ["Physical Medicine & Rehabilitation"], []),
        ("State (s) of Licensure: California and Texas, Washington, D.C., Utah\nCertification (s)/Specialty: Surgery",
         ["CA", "TX", "DC", "UT"], ["Surgery"], []),
        ("State(s) of Licensure: Atlantis\nCertification(s)/Specialty: Phrenology, Surgery",
         [], ["Phrenology", "Surgery"], [("unknown_state", "Atlantis"), ("unknown_specialty", "Phrenology")]),
        ("State(s) of Licensure: California and Texas and Nevada\nCertification(s)/Specialty: Surgery",
         ["CA", "TX", "NV"], ["Surgery"], []),
        ("State(s) of Licensure: California (inactive), Utah\nCertification(s)/Specialty: Surgery",
         ["UT"], ["Surgery"], [("unknown_state", "California (inactive)")]),
        ("State(s) of Licensure: N/A\nCertification(s)/Specialty: Endocrinology, Diabetes, & Metabolism",
         [], ["Endocrinology, Diabetes & Metabolism"], [("unknown_state", "N/A")]),
        ("State(s) of Licensure: [REDACTED], Utah\nCertification(s)/Specialty: Surgery",
         ["UT"], ["Surgery"], [("unknown_state", "[REDACTED]")]),
        ("State(s) of Licensure: California, Washington, D.C.\nCertification(s)/Specialty: L.Ac., D.C.",
         ["CA", "DC"], ["Acupuncture", "Chiropractor"], []),
        ("The reviewer is a Doctor of Chiropractic and is licensed to practice in California.",
         ["CA"], ["Chiropractor"], []),
        ("The reviewer is board certified in ENT and is licensed to practice in California.",
         ["CA"], [], [("missing_credentials", "the reviewer's license or specialty is missing")]),  # initials
        ("State(s) of Licensure: California\nNevada/Utah\n"
         "Certification(s)/Specialty: Family Practice\nSurgery & Neurology",
         ["CA", "NV", "UT"], ["Family Practice", "Surgery", "Neurology"], []),
        ("Certification(s)/Specialty: Board Certified in Surgery and Pain Medicine\nState(s) of Licensure: NV|OH",
         ["NV", "OH"], ["Surgery", "Pain Management"], []),
        ("The reviewer is a board-certified orthopedic surgeon licensed to practice medicine in CA, NV and Ohio.",
         ["CA", "NV", "OH"], ["Orthopedic Surgery"], []),
        ("The reviewer is a Dentist. The reviewer has a license in Ohio.", ["OH"], ["Dentist"], []),
        ("The reviewer is certified by the American Board of Pain Medicine and licenced in: Ohio.",
         ["OH"], ["Pain Management"], []),
        ("The reviewer is Board Certified by the American Board of Surgery with added qualifications in Pain Medicine, "
         "and is licensed to practice in Ohio.", ["OH"], ["Surgery", "Pain Management"], []),
        ("The reviewer is board certified in Phrenology and Surgery and is licensed in Ohio, Atlantis and Utah.",
         ["OH", "UT"], ["Surgery"], [("unknown_state", "Atlantis"), ("unknown_specialty", "Phrenology")]),
        ("State(s) of Licensure: Utah", ["UT"], [],
         [("missing_credentials", "the reviewer's license or specialty is missing")]),
        ("State(s) of Licensure:\nCertification(s)/Specialty: Surgery", [], ["Surgery"],
         [("missing_credentials", "the reviewer's license or specialty is missing")]),
        ("State of Licensure: Utah, Ohio, Utah\nSpecialty: Neurology, Neurology", ["UT", "OH"], ["Neurology"], []),
        ("Board Certification: Surgery\nLicensed State(s): Utah", ["UT"], ["Surgery"], []),
        ("Licenses: Utah. Board certifications: Family Medicine.", ["UT"], ["Family Practice"], []),
        ("Licensed in Utah. Specialty: Toxicology.", ["UT"], ["Medical Toxicology"], []),
        ("The reviewer is a licensed acupuncturist in the State of Utah.", ["UT"], ["Acupuncture"], []),
        ("The reviewer is a clinical psychologist with a license to practice in Utah.", ["UT"], ["Psychologist"], []),
        ("Specialties: Surgery\nState(s) Licensed: Utah", ["UT"], ["Surgery"], []),
        ("The reviewer is licensed as a chiropractor in Utah.", ["UT"], ["Chiropractor"], []),
        ("The reviewer is certified in Surgery with an added qualification in Pain Medicine and maintains a license in "
         "Utah.", ["UT"], ["Surgery", "Pain Management"], []),
        ("The reviewer holds certificates in Surgery and is licensed to practice medicine and surgery in Utah.",
         ["UT"], ["Surgery"], []),
        ("The reviewer is board certified in Surgery with licensure in Utah and practices medicine in Ohio.",
         ["UT"], ["Surgery"], []),
        ("The reviewer is board certified in Surgery. The license in Utah is inactive.", [], ["Surgery"],
         [("unknown_state", "Utah is inactive")]),
        ("The reviewer is licensed in Utah and formerly Ohio. Board certified in Surgery, which has expired.", ["UT"],
         [], [("unknown_specialty", "in Surgery, which has expired")]),
        ("The reviewer applied for a license in Ohio and is licensed in Utah, but never in Maine. Specialty: Surgery",
         ["UT"], ["Surgery"], []),
        ("The reviewer holds an inactive license in Utah and is licensed in Ohio. Specialty: Surgery.", ["OH"],
         ["Surgery"], []),
        ("The reviewer was previously licensed in Ohio and is licensed in Utah. He is not board certified in Surgery "
         "but is board certified in Neurology.", ["UT"], ["Neurology"], []),
    ],
)  # fmt: skip
def test_reviewer(printed: str, states: list[str], specialties: list[str], diagnostics: list[tuple[str, str]]) -> None:
    found_states, found_specialties, found_diagnostics = read_reviewer(printed, 0, len(printed))
    assert [state.value for state in found_states] == states
    assert [specialty.value for specialty in found_specialties] == specialties
    assert [(one.code, one.message) for one in found_diagnostics] == diagnostics


@pytest.mark.parametrize(
    ("summary", "age", "sex", "is_represented"),
    [
        ("The injured worker is a 34 year old male who fell.", 34, "male", None),
        ("This involves a now 58-year-old, right-handed female cook.", 58, "female", None),
        ("The worker is a(n) 29-years-old woman.", 29, "female", None),
        ("A 45 y/o man was hit by a cart.", 45, "male", None),
        ("A 61 yo F with neck pain.", 61, "female", None),
        ("The applicant is a represented beneficiary, a male of age 52.", 52, "male", True),
        ("The claimant, aged 47, is unrepresented. Ms. [REDACTED] fell.", 47, "female", False),
        ("The worker, a female, has had 3 years of pain.", None, "female", None),
        ("The worker has a 12 year old daughter and is a 41 year old male.", 41, "male", None),
        (
            "The claim is of a 20 year old injury. This 41-year-old saw a male nurse. She said that she fell.",
            41,
            None,
            None,
        ),
        ("The MRI represented a tear. He is Represented by an attorney.", None, None, True),
        ("A 44-year-old security guard was hit by a female inmate.", 44, None, None),
        ("She was transferring an 80-year-old male client; the patient is a 50 year old woman.", 50, "female", None),
        ("The worker's wife, a 40 year old female, drives him.", None, None, None),
        ("The deceased worker's widow, a 70 year old female, asks for review.", None, None, None),
        ("The patient is a 45-50 year old male.", None, "male", None),
        ("A 47 YO female, or 47yoF, fell.", 47, "female", None),
        ("A 36-year-old female nurse fell; the scan represented 50% relief.", 36, "female", None),
        ("Pain of 10 year duration in his humankind.", None, None, None),
        ("The worker was 44 years old when he was injured; he is now 62 years old.", 62, "male", None),
        ("The tenant, a 90 year old man, pushed the worker, age 28, who hurt her back.", 28, None, None),
        ("The translator, a 30 year old female, was there. The worker is a 55 year old male.", 55, "male", None),
        ("The patient is a 144-year-old male.", None, None, None),
        ("The worker is a 55 year old male. Elsewhere the worker is 57 years old.", None, None, None),
        ("A 12-year-old fell.", None, None, None),
        ("The employer is represented by counsel. The worker acts alone.", None, None, None),
        ("This is represented as chronic pain.", None, None, None),
        ("It is not known whether the worker is represented by an attorney.", None, None, None),
        ("The claimant is represented. The claimant is unrepresented.", None, None, None),
        ("The applicant is not currently represented.", None, None, False),
        ("The applicant is not represented by an attorney.", None, None, False),
        ("The applicant is represented by the law firm of a friend.", None, None, True),
        ("The worker is a 45 year old female, hurt when 40 years old.", 45, "female", None),
        ("The worker has pain: X-rays were normal. In a note, she said that it is worse.", None, "female", None),
        ("In her note of June 1, the worker is said to work.", None, None, None),
        ("After the visit, the worker said that his surgeon left.", None, "male", None),
        ("The worker saw a surgeon. In a note, she said that it is worse.", None, None, None),
        ("The worker is 59 years of age, and male.", 59, "male", None),
        ("The worker is 59 years of age.", 59, None, None),
        ("A thirty-one (31) year old female, aged 31.", 31, "female", None),
        ("The worker is a forty-\nfive year old woman.", 45, "female", None),
        ("The worker is a 45- to 50-year-old male.", None, "male", None),
        ("The worker is a male, age 47. He was hit by a male, age 30.", 47, "male", None),
        ("Age: 52. The worker has smoked since the age of 17; his mother died at age 62.", 52, "male", None),
        ("At the time of injury she was a 40-year-old baker.", None, None, None),
        ("A 44 year old male husband of a cook was asked.", None, None, None),
        ("The worker is a caregiver for an 88-year-old woman. She was 40 when she fell.", None, None, None),
        ("Her late husband was 70 years old. The worker fell from a ladder.", None, None, None),
        ("The patients in the study were 45-year-old males. The worker fell.", None, None, None),
        ("The worker is a 30 year old represented baker. Her pain is represented on the drawing.", 30, "female", True),
        ("The scan is represented on page 2.", None, None, None),
        ("This 50 year old baker fell. She hurt her back.", 50, "female", None),
        ("This 50 year old baker saw a surgeon. She wrote a report.", 50, None, None),
        ("The surgeon found that his worker, a 50 year old baker, can work.", 50, None, None),
        ("A 50 year old baker fell. She fell again. He has pain.", 50, None, None),
        ("A 50 year old male baker fell. She fell again. Her pain is worse. She rests.", 50, None, None),
        ("A 50 year old male baker fell. She fell again. His back hurts.", 50, "male", None),
        ("A 50 year old male baker fell. The surgeon gave her interpretation.", 50, "male", None),
        ("Spouse Sex: F. The worker fell.", None, None, None),
        ("Sex: M. Age: 50. The worker fell.", 50, "male", None),
        ("Gender: F. The worker fell.", None, "female", None),
        ("Sex: M/F. The worker fell.", None, None, None),
        ("Sex: F or M. The worker fell.", None, None, None),
        ("Sex: M. She fell. Her back hurts.", None, None, None),
        ("The spouse's sex: F. The worker fell.", None, None, None),
        ("The patient is a 49F with neck pain.", 49, "female", None),
        ("Age/Sex: 49/M. Occupation: cook.", 49, "male", None),
        ("The worker was given a 24F catheter, a 98.6F reading and a 50 M walk.", None, None, None),
        ("He is 57 and has worked for 20 years.", 57, "male", None),
        ("The patient, 44, is a female cook.", 44, "female", None),
        ("The applicant is now 40; he has pain.", 40, "male", None),
        ("The worker is 24, 36, and 48 percent impaired.", None, None, None),
        ("The patient is a nearly 50-year-old cook.", None, None, None),
        ("The worker is 38 weeks pregnant. The range is 20.", None, None, None),
        ("Gender - Male. Age - 41.", 41, "male", None),
        ("Surgery is for those aged 18 to 60, aged 50 or older, and between 20 and 65 years of age.", None, None, None),
        ("The guideline is for patients over 50 years old. The worker is 44 years of age.", 44, None, None),
        ("The worker was 23 years old on the date of injury; he is 31 years of age.", 31, "male", None),
        ("On the day of injury she was a 40-year-old baker.", None, None, None),
        ("The patient is a pleasant, 50-year-old male.", 50, "male", None),
        ("A resident, 90 years old, pushed the worker.", None, None, None),
        ("The worker's aunt, whose dog, a 90-year-old male, bit her.", None, None, None),
        ("The nurse case manager, a 45-year-old female, attended. The worker is a 33-year-old male.", 33, "male", None),
        ("The worker is pleasant, 50 years old.", 50, None, None),
        ("The worker was hurt while restraining a 16 year old male pupil.", None, None, None),
        ("The patient is a 41-year-old female-to-male transgender cook.", 41, None, None),
        ("The patient is a 45-year-old fe-male cook. The wo-man fell.", 45, "female", None),
        ("The patient, a fe-male cook, fell.", None, "female", None),
        ("She's a 36-year-old cook.", 36, "female", None),
        ("He is a 36-year-old cook.", 36, "male", None),
        ("The patient is a 44-year-old mother of two. Her back hurts.", 44, "female", None),
        ("The patient is a 45-year-old male. The report calls the patient a 45-year-old female.", 45, None, None),
        ("The patient is a 45-year-old female. The patient is a nurse of a male client.", 45, "female", None),
        ("The patient is a 45-year-old female. The patient is a male client's nurse.", 45, "female", None),
        ("The patient is a retired male cook.", None, "male", None),
        ("The applicant is unrepresented. His 44-year-old brother, a male, drives.", None, None, False),
        ("The patient works with 30-year-old machines. She is 44 years old.", 44, "female", None),
        ("The patient is a 44-year-old woman machine operator.", 44, "female", None),
        ("The worker, now 52, was 40 when she was hurt.", 52, "female", None),
        ("The patient is a 44-year-old male who was 43 years old at the time of the injury.", 44, "male", None),
        ("The patient is a 44-year-old male-to-female cook.", 44, None, None),
        ("The patient is a 44-year-old teacher of female students.", 44, None, None),
        ("The patient is a 44-year-old male; he is self-represented.", 44, "male", False),
    ],
)
def test_patient(summary: str, age: int | None, sex: str | None, is_represented: bool | None) -> None:
    patient = read_patient(summary, 0, len(summary))
    assert tuple(found.value if found else None for found in patient[:3]) == (age, sex, is_represented)


@pytest.mark.parametrize(
    ("summary", "code"),
    [
        ("The worker is 55 years old. Elsewhere the worker is 57 years old.", "ages_disagree"),
        ("The patient is a 4 4-year-old male.", "unfit_value"),
        ("The worker is a 55-year-old cook. This fifty-seven year old cook fell.", "ages_disagree"),
        ("A 50 year old male baker fell. She fell again. Her pain is worse. She rests.", "sexes_disagree"),
        ("The worker is a 45-year-old male. Elsewhere the worker is a 45-year-old female.", "sexes_disagree"),
        ("A 41 year old female cook fell. The patient is a male.", "sexes_disagree"),
        ("The patient is a married male. The injured worker is now a 45-year-old female.", "sexes_disagree"),
        ("The patient is a 45-year-old female. He is a 45-year-old cook. Her back hurts.", "sexes_disagree"),
        ("A 50 year old male baker fell. She fell again.", "sexes_disagree"),
        ("The patient, a male, fell. She fell again. Her pain is worse.", "sexes_disagree"),
        ("The claimant is represented. The claimant is unrepresented.", "representation_disagrees"),
    ],
)
def test_two_answers_about_the_worker_are_told(summary: str, code: str) -> None:
    assert [one.code for one in read_patient(summary, 0, len(summary)).diagnostics] == [code]


@pytest.mark.parametrize(
    ("request_text", "original", "authorized", "disputed"),
    [
        ("MRI of the knee", None, None, "MRI of the knee"),
        ("Baclofen 10mg #30 was the original request. Baclofen 10mg #20 was authorized by the Claims Administrator. "
         "The remaining IMR eligible portion of the original request, Baclofen 10mg #10",
         "Baclofen 10mg #30", "Baclofen 10mg #20", "Baclofen 10mg #10"),
        ("Norco 7.5/325mg, e.g. #60 was the\noriginal request. Norco 7.5/325mg #30 was authorized\nby the Claims "
         "Administrator. The remaining IMR-eligible portion of the original request, Norco 7.5/325mg #30 is",
         "Norco 7.5/325mg, e.g. #60", "Norco 7.5/325mg #30", "Norco 7.5/325mg #30"),
        ("A wheelchair was the original request. The Claims Administrator authorized a wheelchair for 1 month, leaving "
         "the original request IMR eligible. The original request, a wheelchair is",
         "A wheelchair", "a wheelchair for 1 month", "a wheelchair"),
        ("Norco #60 was the original request. Norco #30 has been certified. The remaining IMR eligible portion of the "
         "original request Norco #30, is", "Norco #60", "Norco #30", "Norco #30"),
        ("The original request was for 12 visits. 6 visits were approved by Utilization Review. The remaining portion "
         "of the original request, 6 visits", "12 visits", "6 visits", "6 visits"),
        ("12 visits was the original request. Utilization Review certified 6 visits. The remaining 6 visits are",
         "12 visits", "6 visits", "remaining 6 visits"),
        ("Norco #90 (MODIFIED TO #60)", "Norco #90", "#60", "Norco #90 (MODIFIED TO #60)"),
        ("Physical therapy 2x6, modified to six visits by UR", "Physical therapy 2x6", "six visits",
         "Physical therapy 2x6, modified to six visits by UR"),
        ("Norco #90, UR approved #60", "Norco #90", "#60", "Norco #90, UR approved #60"),
        ("Acupuncture 3x4, partially certified: 6 visits", "Acupuncture 3x4", "6 visits",
         "Acupuncture 3x4, partially certified: 6 visits"),
        ("Norco #120; partial certification of #60", "Norco #120", "#60", "Norco #120; partial certification of #60"),
        ("Work conditioning, 6 sessions beyond the 10 previously authorized by the Claims Administrator", None, None,
         "Work conditioning, 6 sessions beyond the 10 previously authorized by the Claims Administrator"),
    ],
)  # fmt: skip
def test_parts(request_text: str, original: str | None, authorized: str | None, disputed: str) -> None:
    parts = read_parts(request_text, 0, len(request_text))
    values = tuple(part.value if part else None for part in parts[:3])
    assert values == (original, authorized, disputed)
    assert parts.is_modified == (original is not None or "MODIFIED" in request_text)


@pytest.mark.parametrize(
    ("request_text", "is_modified"),
    [
        ("Norco 10/325mg #120, modified by UR to #60", True),
        ("Norco 10/325mg #120 (modified to #60)", True),
        ("Physical therapy 12 visits, modified to six visits", True),
        ("Norco 10/325mg #90, UR approved #60", True),
        ("Norco #90 (60 certified)", True),
        ("Norco #90, reduced by UR to #60", True),
        ("Acupuncture, 6 of 12 visits were approved", True),
        ("Pain to be reduced to a bearable level", False),
        ("Norco 10/325mg #90 (#60 approved by UR)", True),
        ("Norco 10/325mg certified #30 for weaning", True),
        ("Chiropractic 3x4; 6 sessions were certified", True),
        ("Acupuncture 6 sessions, 12 sessions were approved in 2015", False),
        ("Acupuncture, previously approved #6", False),
        ("Norco 10/325mg #90; utilization review has certified #30", True),
        ("Acupuncture, 8 sessions (partially certified)", True),
        ("Acupuncture, 8 sessions, partial certification of 4", True),
        ("Acupuncture, 8 sessions, certified with modification", True),
        ("Acupuncture, 8 sessions, approved in part", True),
        ("Acupuncture, 4 sessions beyond the 8 previously approved by UR", False),
        ("A modified barium swallow", False),
        ("A shoe modified to fit a brace", False),
        ("Partial meniscectomy of the right knee", False),
        ("A certified interpreter for the visit", False),
        ("Norco #90, modified certification #60", True),
        ("Norco #120; approved: #60", True),
        ("Surgery (approved: see the report)", False),
    ],
)
def test_words_of_a_modification(request_text: str, is_modified: bool) -> None:
    parts = read_parts(request_text, 0, len(request_text))
    assert parts.is_modified is is_modified
    assert parts.disputed.value == request_text


@pytest.mark.parametrize(
    ("request_text", "expected"),
    [
        ("Retrospective Flexeril 5mg #30", True),
        ("Retro: urine drug screen", True),
        ("Knee brace (DOS 11/02/16)", True),
        ("Injection, date of service: 11-2-2016", True),
        ("Brace, Date of Service (DOS) 11/01/2016", True),
        ("Brace, D.O.S.: November 1, 2016", True),
        ("Brace, dates of service (DOS) from 11/01/16", True),
        ("Retro-patellar brace", False),
        ("Therapy after the surgery performed on 10/12/2016", False),
        ("Brace, DOS 12/19/2016", True),  # on the day of the decision
        ("Surgery, DOS 12/31/2016", False),  # after the decision, so not retrospective
        ("Norco 10/325mg #60", False),
        ("Physical therapy 2-3 times a week", False),
        ("Retrolisthesis brace", False),
    ],
)
def test_is_retrospective(request_text: str, expected: bool) -> None:
    assert is_retrospective(request_text, date(2016, 12, 19)) is expected


@pytest.mark.parametrize(("decided_on", "codes"), [(18, ["dates_out_of_order"]), (19, []), (20, [])])
def test_a_letter_may_be_decided_on_the_day_of_its_assignment(decided_on: int, codes: list[str]) -> None:
    dates = {"assigned_date": date(2016, 12, 19), "decision_date": date(2016, 12, decided_on)}
    assert [one.code for one in contradictions(dates, [("Upheld", None)], None)] == codes
