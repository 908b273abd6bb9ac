"""How much of a treatment a request asks for: quantity, strength, frequency, duration.

Only what the text states is read, and the product of an exact frequency and an exact duration.
A range, or two totals that differ, gives no quantity.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from imrdata.letters.found import Span
from imrdata.letters.model import Amounts

_Total = tuple[float, str | None, Span] | tuple[None, None, None]  # how many of what, and where it stands
_NO_TOTAL = (None, None, None)

_FIRST_NUMBERS = [
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
]
NUMBER_WORDS = {word: number for number, word in enumerate(_FIRST_NUMBERS, start=1)} | {
    "twenty four": 24, "twenty-four": 24, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
COURSELESS = frozenset({"Diagnostic Testing", "DMEPOS"})  # categories in which "3 x 4" is no course of sessions
COURSE_UNITS = frozenset({"sessions", "visits", "treatments"})
ADVERBS = {"once": 1, "twice": 2, "thrice": 3}
UNITS = {
    "tab": "tablets", "tablet": "tablets", "cap": "capsules", "capsule": "capsules",
    "patch": "patches", "patche": "patches", "pill": "pills", "pad": "pads", "softgel": "capsules",
    "session": "sessions", "visit": "visits", "treatment": "treatments", "unit": "units",
    "injection": "injections", "appointment": "visits", "pair": "pairs", "trip": "trips",
    "g": "grams", "gm": "grams", "gms": "grams", "gram": "grams", "gr": "grams",
    "ml": "milliliters", "cc": "milliliters", "milliliter": "milliliters", "oz": "ounces",
    "ounce": "ounces", "tube": "tubes", "bottle": "bottles", "box": "boxes", "boxe": "boxes",
    "vial": "vials", "dose": "doses", "kit": "kits", "syringe": "syringes", "jar": "jars",
    "pack": "packs", "level": "levels",
}  # fmt: skip
SPANS = {
    "day": "days", "night": "nights", "hour": "hours", "hr": "hours", "week": "weeks", "month": "months",
}  # fmt: skip

# --- PARTS OF PATTERNS --- #

_WORDS = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_N = rf"(?:(?:{_WORDS}|\d+(?:,\d{{3}})*(?:\.\d+)?)(?: ?\(\d+\))?)"
_UP = rf"(?: ?(?:-|to|or) ?(?P<up>{_N}))?"  # the upper end of a range
_RANGE = rf"(?:{_N}(?: ?(?:-|to|or|/) ?{_N})?)"
_START = r"\b(?<![./])(?=[0-9efnost])"  # where a number may begin
_FRESH = r"\b(?<![./-])(?=[0-9efnost])"  # likewise, and no range or level runs into it
_PER = r"(?:a|per|/|each|every|x/?|times? (?:a|per)|times?/)"
_PERIOD = r"(?:days?|weeks?|wks?|months?|mos?|years?|yrs?|hours?|hrs?)"
_LONG = r"(?:days?|weeks?|wks?|months?|mos?|years?|yrs?)"
_CYCLE = r"(?:day|week|wk|month|mo|year|yr)"
_UNIT = "|".join(sorted((unit + "s?" for unit in UNITS), key=len, reverse=True))
_FORMS = r"(?:tabs?|tablets?|caps?|capsules?|pills?|patch(?:es)?|sprays?|puffs?|drops?|po|by mouth|orally|oral)"

# --- WHAT A REQUEST STATES --- #

STRENGTH = re.compile(
    r"\b\d+(?:,\d{3})?(?:\.\d+)?(?: ?(?:mg|mcg|ml|%))?"
    r"(?:[-/ ]{1,3}\d+(?:\.\d+)?(?: ?(?:mg|mcg|ml|%))?){0,3}"
    r" ?(?:mg/ml|mg/\d+ ?ml|mcg/hr|mcg/h|mg|mcg|milligrams?|iu|meq|%)(?:/(?:\d+(?:\.\d+)? ?)?(?:ml|hr|hour|h|act))?"
    r"|(?<![\d.])\.\d+ ?(?:mg|mcg|%)"
    r"|\b\d{1,3}(?:\.\d+)?[-/](?:325|300|500|650|200)\b",
)
_TIMES = rf"(?:once|twice|thrice|{_RANGE} ?(?:times?|visits?|sessions?|treatments?|days?|hours?|hrs?|x|xs|shifts?))"
FREQUENCY = re.compile(
    rf"\b(?:(?<![./])(?=[0-9efnost])(?:{_TIMES}"
    rf"(?:(?: ?{_PER})? ?{_CYCLE}s?\b(?:,? {_RANGE} ?(?:days|hours) ?{_PER} ?w(?:ee)?k)?"
    r"| (?:daily|weekly|monthly|yearly|annually|nightly)\b)"
    rf"|{_RANGE} ?(?:/|per|a) ?{_CYCLE}\b)"
    rf"|(?=[abdemnpqtw])(?:every (?:other )?{_RANGE}? ?-?{_PERIOD}\b(?: as needed)?"
    r"|every (?:night|morning|evening|bedtime)\b"
    r"|q ?\d+(?:-\d+)? ?(?:h|hrs?|hours|days?|weeks?|months?)\b|(?:bid|tid|qid|qd|qhs|prn|q ?day)\b"
    r"|(?:b\.i\.d|t\.i\.d|q\.i\.d|q\.d|q\.h\.s|p\.r\.n)\b"
    r"|(?:daily|weekly|monthly|quarterly|nightly|bi-?weekly|bi-?monthly|at bedtime|as needed)\b))"
)
DURATION = re.compile(
    rf"{_FRESH}{_RANGE}[ -]?{_LONG}\b(?! (?:prior|before|ago|after|post))(?: supply\b)?",
)

# --- WHAT IS NO QUANTITY --- #

_DATE = re.compile(
    r"\(?\b(?:dos:? ?)?\d{1,2}/\d{1,2}/\d{2,4}(?: ?(?:-|to|through) ?\d{1,2}/\d{1,2}/\d{2,4})?\)?|\bdos:?"
)
_CODES = re.compile(
    r"\b(?:cpt|hcpcs)(?: codes?)?:? ?#?[a-z]?\d{4,5}\b|\b[a-z]\d{4}\b|\b[a-z]?\d{5}\b"
    r"|\b(?:tylenol|codeine|apap|t) ?(?:no\.? ?|# ?)[234]\b"
)
_DOSE = re.compile(
    r"\b(?=[taui])(?:take|apply|use|inject)\b[^#]*?(?=#|,|;|$|\bqty|\bquantity)"
    rf"|\b(?<![#./])(?=[0-9efnost]){_RANGE} ?{_FORMS} ?(?:po|by mouth|orally|every|daily|twice|once|three|two|four"
    r"|q ?\d*\w*|bid|tid|qid|at|per|a|each|as|in|prn|to|for|\d)\b"
)
_VIEWS = re.compile(
    rf"{_START}{_RANGE}[ -]?(?:views?|phases?|leads?|panels?|points?|wheel\w*|levels?|t|d|tesla|ply|way|in|inch|lb|lbs"
    r"|pounds?|gauge)\b"
)
_UNITS_A_SESSION = re.compile(rf"{_START}{_N} ?units? ?(?:/|per|a|each) ?(?:sessions?|visits?|treatments?|day)\b")
_REFILLS = re.compile(
    rf"{_START}{_N} ?(?:additional )?refills?(?: of)?\b|\brefills?(?::? ?(?:x|times)? ?{_N})?\b",
)

# --- WHERE A TOTAL STANDS --- #

_COUNTED = re.compile(
    rf"\b(?<![./#%-])(?=[0-9efnost])(?P<n>{_N}){_UP} (?:(?:[a-z/&-]+(?:\([a-z]+\))?,? ){{0,5}}?)"
    r"(?P<unit>sessions?|visits?|treatments?(?! plan)|appointments?|injections?)\b"
)
_COURSE_COUNT = re.compile(
    r"\b(?P<unit>sessions?|visits?|treatments?(?! plan)|injections?(?= ?\()),? ?(?:x|times|#|:|-|\()? ?"
    rf"(?P<n>{_N}){_UP}"
    r"(?! ?(?:times|x|per|/|days?|weeks?|wks?|months?)\b)(?![\w%])"
)
_TRAILING = re.compile(
    rf"\b(?P<unit>sessions?|visits?|treatments?(?! plan))(?: [a-z/&-]+){{1,6}}, ?(?:x|times|#)? ?(?P<n>{_N}){_UP}$"
)
_LABELLED = re.compile(
    r"(?:#|\b(?=[qctdn])(?:qty\.?|quantity|count|total(?: of)?|disp(?:ense)?\.?|no\.))[: ]{0,2}(?:of )?#? ?"
    rf"(?P<n>{_N}){_UP}(?: ?(?P<unit>{_UNIT})\b)?"
)
_PROGRAM = re.compile(
    rf"(?:{_FRESH}|\bx ?)(?P<n>{_N}){_UP}[ -](?P<unit>hours?|days?|nights?)\b(?! ?(?:a|per|each|every|daily|weekly|/))"
)
_BULK = re.compile(
    rf"{_FRESH}(?P<n>{_N}) (?P<unit>pairs?|units?|box(?:es)?|trips?|kits?|bottles?|packs?)\b(?! ?{_PER})"
)
_PACKED = re.compile(
    r"(?<![\w./-])(?P<n>\d+(?:,\d{3})*(?:\.\d+)?|sixty|ninety|thirty) ?(?P<unit>gms?|g|grams?|gr|ml|cc|oz|ounces?"
    r"|tubes?|bottles?|box(?:es)?|vials?|tablets?|tabs|capsules?|caps|patch(?:es)?|pills?|pads?|count|ct|units?"
    r"|syringes?|kits?)\b"
)
_GRID = re.compile(
    rf"{_START}({_N})(?: ?(?:-|to) ?({_N}))? ?(?:x|times) ?({_N})(?: ?(?:-|to) ?({_N}))?"
    r"(?! ?(?:days?|months?|mos?|sessions?|visits?|treatments?|per|a|mg|cm|/)\b)(?![\d.%])"
)
_MULTIPLE = re.compile(
    rf"(?:\btimes|(?<![\w/])x) ?(?P<n>{_N}){_UP}(?: ?(?P<unit>{_UNIT})\b)?"
    rf"(?! ?(?:{_LONG}|hours?|minutes?|mins?|nights?|times|per|a)\b)(?![\w.%])"
)
_HEAD = re.compile(
    r"^(?:(?:prospective |retrospective )?request for |retrospective(?:ly)?:? |retro:? |additional |purchase of "
    r"|rental of |up to |outpatient |associated surgical services?:? |post-?op\w* |pre-?op\w* )*"
    rf"({_N})(?: ?(-|to|or) ?{_N})? (?!(?:months?|weeks?|days?|nights?|wks?|hours?|years?|mg|mcg|refills?|times?|x|per"
    r"|level|phase|view|lead|panel|point|d|in|t|to|or)\b)[a-z]"
)
_PERIODIC = re.compile(
    rf"{_START}(?:(once|twice|thrice|{_N})(?: ?(?:-|to|or|/) ?(?P<up>{_N}))?"
    rf" ?(?:times|visits?|sessions?|treatments?|x|xs)? ?{_PER} ?(week|wk|month|mo)\b"
    rf"|(?P<flat>once|twice|thrice|{_N})(?: ?(?:-|to|or) ?(?P<flat_up>{_N}))? ?(?:times|x|visits|sessions)? ?"
    r"(?P<ly>weekly|monthly)\b)|(?<![\w-])(?P<plain>weekly|monthly)\b"
)
_COURSE_SPAN = re.compile(rf"{_FRESH}({_N})(?: ?(?:-|to) ?({_N}))?[ -]?(weeks?|wks?|wk|months?|mos?)\b")
_DRUG_FORM = re.compile(r"\b(tabs?|tablets?|caps?|capsules?|patch(?:es)?|pills?|pads?)\b")

# --- WHETHER TO LOOK AT ALL --- #

_NUMERIC = re.compile(
    rf"[0-9]|\b(?:{_WORDS}|once|twice|thrice|daily|weekly|monthly|quarterly|nightly|bi|every|bid|tid|qid|qhs|qd|prn"
    r"|needed|bedtime)\b"
)
_PERIODS = re.compile(
    r"da(?:y|il)|w(?:ee)?k|mo(?:nth|s|\b)|year|yr|h(?:ou)?rs?\b|\bq|bid|tid|prn|p\.r|[bt]\.i\.d|night|morning"
    r"|bedtime|needed|quarterly|annual"
)
_CODED = re.compile(r"\d{4}|(?:#|no\b\.?) ?[234]\b")
_SPANNED = re.compile(r"day|w(?:ee)?k|mo|y(?:ea)?r")


def _number(text: str) -> float:
    """The value of digits or a number word, with or without the digits repeated in brackets."""
    plain = text.partition("(")[0].strip()
    return float(ADVERBS.get(plain) or NUMBER_WORDS.get(plain) or plain.replace(",", ""))


def _unit(word: str | None) -> str | None:
    """The plural under which a counted thing is filed."""
    if not word:
        return None
    single = word.removesuffix("s")
    return UNITS.get(word) or UNITS.get(single) or SPANS.get(single)


def _blank(pattern: re.Pattern[str], text: str) -> str:
    """`text` with what `pattern` matches replaced by semicolons, so that nothing joins across it."""
    return pattern.sub(lambda found: ";" * len(found[0]), text)


def _mask(text: str, spans: Iterable[re.Match[str]]) -> str:
    """`text` with the places of `spans` replaced by semicolons; `spans` may stem from a text of the same length."""
    for span in spans:
        text = text[: span.start()] + ";" * len(span[0]) + text[span.end() :]
    return text


def _totals(pattern: re.Pattern[str], text: str) -> list[_Total] | None:
    """Totals that `pattern` finds; `None` if one is a range."""
    found: list[_Total] = []
    for match in pattern.finditer(text):
        groups = match.groupdict()
        if groups.get("up"):
            return None
        found.append((_number(groups["n"]), _unit(groups.get("unit")), match.span("n")))
    return found


def _only(totals: list[_Total] | None) -> _Total:
    """The total where all agree."""
    return totals[0] if totals and len({total[:2] for total in totals}) == 1 else _NO_TOTAL


def _course(text: str, rate: re.Match[str]) -> _Total:
    """Frequency times duration, both exact and in the same period."""
    if rate["up"] or rate["flat_up"]:
        return _NO_TOTAL
    period = (rate[3] or rate["ly"] or rate["plain"])[0]
    rest = _mask(text, [rate])
    lengths = list(_COURSE_SPAN.finditer(rest))
    times = _number(rate[1] or rate["flat"] or "once")
    if not lengths and times == 1:
        return _only(_totals(_MULTIPLE, rest))  # "once a week x 6": six visits or six weeks, which is the same
    if len({length.groups() for length in lengths}) != 1:
        return _NO_TOTAL
    low, high, length = lengths[0].groups()
    if high or length[0] != period:
        return _NO_TOTAL
    place = min(rate.start(), lengths[0].start()), max(rate.end(), lengths[0].end())
    return times * _number(low), "sessions", place


def _is_counted(text: str) -> bool:
    """Whether `text` names what `_COUNTED`, `_COURSE_COUNT` and `_TRAILING` count."""
    return (
        "session" in text or "visit" in text or "treatment" in text or "injection" in text or "appointment" in text
    )  # much faster than a regex


def _without_uncounted(text: str, category: str) -> str:
    """`text` without refills, and without the doses of a drug or the views and leads of other things."""
    if "unit" in text:
        text = _blank(_UNITS_A_SESSION, text)
    if "refill" in text:
        text = _blank(_REFILLS, text)
    if category == "Pharmaceuticals":
        return _blank(_DOSE, text)
    return text if category == "Rehabilitation" else _blank(_VIEWS, text)


def _quantity(text: str, rates: list[re.Match[str]], category: str, subcategory: str) -> _Total:
    """The one total of `text`, whose frequencies are `rates`."""
    is_drug = category == "Pharmaceuticals"
    text = _without_uncounted(text, category)
    untimed = _mask(text, rates)
    searches = []
    if _is_counted(text):
        searches = [(_COUNTED, untimed)]
        if not is_drug:
            searches += [(_COURSE_COUNT, untimed), (_TRAILING, untimed)]
    if subcategory != "Dental Services":  # there "#14" is a tooth
        searches.append((_LABELLED, text))
    if category in ("Programs", "Other"):
        searches.append((_PROGRAM, untimed))
    for pattern, part in searches:
        if (totals := _totals(pattern, part)) != []:
            return _only(totals)
    totals = _totals(_PACKED, _blank(STRENGTH, untimed)) if is_drug else _totals(_BULK, untimed)
    if totals != []:
        return _only(totals)
    return _product(text, untimed, is_drug=is_drug, is_course=category not in COURSELESS)


def _product(text: str, untimed: str, *, is_drug: bool, is_course: bool) -> _Total:
    """A total from a rate and a span, from "3 x 4", from "times 8", or from a leading number."""
    if not is_drug:
        if text != untimed and (rate := _PERIODIC.search(text)):
            return _course(text, rate)
        grids = list(_GRID.finditer(text)) if is_course else []
        if any(grid[2] or grid[4] for grid in grids):
            return _NO_TOTAL
        if grids:
            return _only([(_number(grid[1]) * _number(grid[3]), "sessions", grid.span()) for grid in grids])
    if (totals := _totals(_MULTIPLE, untimed)) != []:
        return _only(totals)
    if (head := _HEAD.match(untimed)) and not is_drug:
        return _NO_TOTAL if head[2] else (_number(head[1]), None, head.span(1))
    return _NO_TOTAL


def _verbatim(printed: str, found: re.Match[str] | None) -> str | None:
    """What was matched, as printed."""
    return printed[found.start() : found.end()].strip(" ,") if found else None


def with_parts(amounts: Amounts, requested: Amounts, authorized: Amounts) -> Amounts:
    """`amounts` of what remains in dispute, with the quantities of the original request and of the authorized part.

    A quantity of another unit is left out, but visits, treatments and sessions count the same.
    """

    def in_unit(part: Amounts) -> float | None:
        units = {part.quantity_unit, amounts.quantity_unit} - {None}
        return part.quantity if len(units) <= 1 or units <= COURSE_UNITS else None

    return replace(amounts, requested_quantity=in_unit(requested), authorized_quantity=in_unit(authorized))


def read_amounts(printed: str, category: str, subcategory: str) -> Amounts:
    """Read the amounts of a request.

    Args:
        printed: request text with single spaces, as printed.
        category: what is asked for; the doses a day of a drug are no sessions.
        subcategory: likewise.
    """
    return find_amounts(printed, category, subcategory)[0]


@lru_cache(maxsize=2**14)  # requests repeat, as the parts of a modified one do
def find_amounts(printed: str, category: str, subcategory: str) -> tuple[Amounts, Span | None]:
    """`read_amounts`, with the place of the quantity: of a product from its first factor to its last."""
    text = printed.lower()
    if not _NUMERIC.search(text):
        return Amounts(), None
    if len(text) != len(printed):
        printed = text
    if text.count("/") > 1 or "dos" in text:
        text = _blank(_DATE, text)
    if _CODED.search(text):
        text = _blank(_CODES, text)
    rates = list(FREQUENCY.finditer(text)) if _PERIODS.search(text) else []
    quantity, unit, place = _quantity(text, rates, category, subcategory)
    strength = None
    if category == "Pharmaceuticals":
        strengths = {found[0].strip(): found for found in STRENGTH.finditer(text)}
        strength = next(iter(strengths.values())) if len(strengths) == 1 else None
        if quantity is not None and unit is None and (form := _DRUG_FORM.search(text)):
            unit = _unit(form[1])
    untimed = _mask(text, rates)
    span = DURATION.search(untimed) if _SPANNED.search(untimed) else None
    frequency = _verbatim(printed, rates[0] if rates else None)
    return Amounts(quantity, unit, _verbatim(printed, strength), frequency, _verbatim(printed, span)), place
