"""Patterns of the amounts that a request states, for text in lower case.

Units and forms are rows of `units.csv`, and other words are rows of `reading_words.csv`.
"""

from __future__ import annotations

import re
from functools import cache

from imrdata.resources import patterns, split_cell, vocabulary

Pattern = re.Pattern[str]

_BELOW_TWENTY = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBER_WORDS = {word: number for number, word in enumerate(_BELOW_TWENTY.split(), start=1)} | {
    word: 10 * number for number, word in enumerate(_TENS.split(), start=2)
}

# --- PARTS OF PATTERNS --- #

_ONE = "|".join(word for word, number in NUMBER_WORDS.items() if number < 10)  # noqa: PLR2004
_TEEN = "|".join(word for word, number in NUMBER_WORDS.items() if 10 <= number < 20)  # noqa: PLR2004
_TENFOLD = rf"(?:{_TENS.replace(' ', '|')}) (?:[ -](?:{_ONE})\b)?"
_BELOW_HUNDRED = rf"(?: {_TEEN} | {_TENFOLD} | {_ONE} )"
_HUNDREDS = rf"(?:{_ONE})[ ]hundred (?:[ ](?:and[ ])?{_BELOW_HUNDRED}\b)?"
_WORDS = rf"{_HUNDREDS} | {_BELOW_HUNDRED} (?![ ]hundred)"
_N = rf"(?: (?: {_WORDS} | \d+(?:,\d{{3}})*(?:\.\d+)? ) (?:[ ]?\(\d+\))? )"
_UP = rf"(?: [ ]? (?:-|to|or) [ ]? (?P<up>{_N}) )?"  # the upper end of a range
_RANGE = rf"(?: {_N} (?: [ ]?(?:-|to|or|/)[ ]? {_N} )? )"
_START = r"\b (?<![./]) (?=[0-9efnost])"  # a number may begin here
_FRESH = r"\b (?<![./-]) (?=[0-9efnost])"  # likewise, but not within a range or level
_PER = r"(?: a | per | / | each | every | x/? | times?[ ](?:a|per) | times?/ )"
_LONG = r"(?: days? | weeks? | wks? | months? | mos? | years? | yrs? )"
_HOURS = r"(?: hours? | hrs? )"
_MINUTES = r"(?: hours? | hrs? | minutes? | mins? )"
_MEASURE = r"(?: cm | mm | inch(?:es)? | feet | ft )"
_CYCLE = r"(?: day | week | wk | month | mo | year | yr )"


def _compiled(pattern: str) -> Pattern:
    return re.compile(pattern, re.VERBOSE)


def units(use: str) -> str:
    """Return the printed units of a use, longest first."""
    terms = {row["term"] for row in vocabulary("units") if use in split_cell(row["used_as"])}
    singular = [
        f"{term}s?" if f"{term}s" in terms else term for term in terms if term.removesuffix("s") not in terms - {term}
    ]
    return "|".join(sorted(singular, key=lambda term: (-len(term), term))).replace(" ", "[ ]")


def _words(kind: str) -> str:
    return patterns("reading_words", kind).replace(" ", "[ ]")


# --- WHAT A REQUEST STATES --- #

STRENGTH = _compiled(
    r"""
    \b \d+(?:,\d{3})?(?:\.\d+)? (?:[ ]?(?:mg|mcg|ml|%))?
        (?: [-/ ]{1,3} \d+(?:\.\d+)? (?:[ ]?(?:mg|mcg|ml|%))? ){0,3}                    # 10/325mg, 5 mg - 325 mg
        [ ]? (?: mg/ml | mg/\d+[ ]?ml | mcg/hr | mcg/h | mg | mcg | milligrams? | iu | meq | % )
        (?: / (?:\d+(?:\.\d+)?[ ]?)? (?:ml|hr|hour|h|act) )?                            # 5mg/5ml, 25mcg/hr
    | (?<![\d.]) \.\d+ [ ]? (?:mg|mcg|%)                                                # .5mg
    | \b \d{1,3}(?:\.\d+)? [-/] (?:325|300|500|650|200) \b                              # 10/325
    """
)
_TIMES = rf"""(?x: once | twice | thrice
    | {_RANGE} [ ]? (?: times? | visits? | sessions? | treatments? | days? | {_HOURS} | x | xs | shifts? ) )"""


@cache
def frequency() -> Pattern:
    """Match a frequency: "2 times a week", "every 4-6 hours", "b.i.d.", "daily"."""
    words = _words("frequency")
    first = "".join({word[0] for word in words.split("|")})
    return _compiled(
        rf"""
        \b (?:
            (?<![./]) (?=[0-9efnost]) (?:
                {_TIMES} (?:
                    [ ]every[ ]{_RANGE}[ ]{_LONG}\b
                    | (?:[ ]?{_PER})?[ ]?(?:other[ ])?{_CYCLE}s?\b
                        (?: ,?[ ]{_RANGE}[ ]?(?:days|hours)[ ]?{_PER}[ ]?w(?:ee)?k )?
                    | [ ](?:daily|weekly|wkly|monthly|yearly|annually|nightly)\b )
                | {_RANGE} [ ]? (?:/|per|a) [ ]? {_CYCLE} \b )
            | (?=[eq{first}]) (?:
                every[ ](?:other[ ])? {_RANGE}? [ ]?-? (?:{_LONG}|{_HOURS}) \b (?:[ ]as[ ]needed)?
                | every[ ](?:night|morning|evening|bedtime)\b
                | q[ ]?\d+(?:-\d+)?[ ]?(?:h|hrs?|hours|days?|weeks?|months?)\b
                | (?:{words})\b )
        )
        """
    )


_SPAN = rf"{_RANGE} [ -]? {_LONG} \b"
_AROUND = r"(?! [ ](?:prior|before|ago|after|post) )"
DURATION = _compiled(
    rf"""
    {_FRESH} (?: (?: (?<=\bfor[ ]) | (?<=\bx[ ]) | (?<=\brental[ ]) ) {_SPAN} | {_SPAN} {_AROUND} )
    (?: [ ]supply\b )?
    """
)

# --- NUMBERS THAT ARE NOT QUANTITIES --- #

DATE = _compiled(
    r"""
    \(? \b (?:dos:?[ ]?)? \d{1,2}/\d{1,2}/\d{2,4} (?: [ ]?(?:-|to|through)[ ]? \d{1,2}/\d{1,2}/\d{2,4} )? \)?
    | \b dos\b :?
    """
)
CODES = _compiled(
    r"""
    \b (?:cpt|hcpcs) (?:[ ]codes?)? :?[ ]?\#? [a-z]?\d{4,5} \b            # CPT code: 97110
    | \b [a-z]\d{4} \b | \b [a-z]?\d{5} \b                                # E0730, 97110
    | \b (?:tylenol|codeine|apap|t) [ ]? (?: no\.?[ ]? | \#[ ]? ) [234] \b   # Tylenol #3
    """
)
UNITS_A_SESSION = _compiled(
    rf"{_START} {_N} [ ]?units?[ ]? (?:/|per|a|each) [ ]? (?: sessions? | visits? | treatments? | day ) \b"
)
REFILLS = _compiled(
    rf"""
    (?<!\#) {_START} {_N} [ ]?(?:additional[ ])?refills?(?:[ ]of)? \b
        (?! :?[ ]?(?:x|times)?[ ]?\d )                                   # no "#90 refill x 3"
    | \b refills? (?: :?[ ]?(?:x|times)?[ ]? {_N} )? \b
    """
)


@cache
def dose() -> Pattern:
    """Match a dose: "1 tablet by mouth", "take 1-2 as needed"."""
    return _compiled(
        rf"""
        \b (?=[taui]) (?:take|apply|use|inject)\b [^\#]*? (?= \# | , | ; | $ | \bqty | \bquantity )
        | \b (?<![\#./]) (?=[0-9efnost]) {_RANGE} [ ]? (?:{units("dose")}) [ ]?
            (?: po | by[ ]mouth | orally | every | daily | twice | once | three | two | four | q[ ]?\d*\w* | bid | tid
            | qid | at | per | a | each | as | in | prn | to | for | \d ) \b
        """
    )


@cache
def uncounted() -> Pattern:
    """Match a number that describes a thing without counting it: "3 views", "2 lead"."""
    return _compiled(rf"{_START} {_RANGE} [ -]? (?:{_words('uncounted')}) \b")


# --- TOTALS --- #

COUNTED = _compiled(
    rf"""
    \b (?<![./\#%-]) (?<!\d[ ]of[ ]) (?=[0-9efnost]) (?P<n>{_N}) {_UP}     # "12 sessions", "6 massage therapy visits"
    (?! [ -]? (?: {_MINUTES} | {_LONG} | mg | mcg | ml | cc | iu | units? ) \b ) [ ]     # no length, no dose of one
    (?: {_N} [ -] {_MINUTES} [ ] )?                                         # "six 1-hour sessions"
    (?: (?: [a-z/&-]+ (?:\([a-z]+\))? ,?[ ] ){{0,5}}? )
    (?P<unit> sess(?:ions?)? | visits? | (?<!for[ ])treatments?(?![ ]plan) | txs? | appointments? | injections?
        | inj ) \b
    """
)
COURSE_COUNT = _compiled(
    rf"""
    \b (?P<unit> sessions? | visits? | treatments?(?![ ]plan) | injections?(?=[ ]?\() )   # "sessions x 12"
    ,?[ ]? (?: x | times | \# | : | - | \( )? [ ]? (?P<n>{_N}) {_UP}
    (?! [ ]? (?: times | x | per | / | {_HOURS} | days? | weeks? | wks? | months? ) \b ) (?! [\w%] )
    """
)
TRAILING = _compiled(
    rf"""
    \b (?P<unit> sessions? | visits? | treatments?(?![ ]plan) )           # "sessions of physical therapy, 12"
    (?: [ ][a-z/&-]+ ){{1,6}} ,[ ]?(?: x | times | \# )?[ ]? (?P<n>{_N}) {_UP} $
    """
)


@cache
def labelled() -> Pattern:
    """Match a labeled total: "#60", "qty: 60 tablets", "total of 12", "series of 3"; not "#6O", nor "ESI #2"."""
    return _compiled(
        rf"""
        (?: (?<!esi[ ]) (?<!block[ ]) \# | \b (?=[qctdns])
            (?: qty\.? | quantity | count | total(?:[ ]of)? | series[ ]of | disp(?:ense)?\.? | no\. ) )
        [:= ]{{0,2}} (?:of[ ])? \#?[ ]? (?P<n>{_N}) (?! \d | [ol]+\b ) {_UP} (?: [ ]? (?P<unit>{units("total")}) \b )?
        """
    )


PROGRAM = _compiled(
    rf"""
    (?: {_FRESH} | \b x[ ]? ) (?P<n>{_N}) {_UP} [ -] (?P<unit> {_HOURS} | days? | nights? ) \b
    (?! [ ]? (?: (?: a | per | each | every | daily | weekly ) \b | / ) )          # "80 hours"
    """
)


@cache
def bulk() -> Pattern:
    """Match a number of things other than drugs: "2 pairs", "1 box"."""
    return _compiled(
        rf"{_FRESH} (?! (?<=[a-z][ ])[2-9][ ]unit\b ) (?P<n>{_N}) [ ]? (?P<unit>{units('bulk')}) \b (?! [ ]?{_PER} )"
    )


@cache
def packed() -> Pattern:
    """Match an amount of a drug: "60 tablets", "120gm"."""
    words = rf"(?: {_HUNDREDS} | {_TENFOLD} ) (?:[ ]?\(\d+\))?"  # small words are doses
    number = rf"(?<![\w./-]) (?P<n> \d+(?:,\d{{3}})*(?:\.\d+)? | {words} )"
    return _compiled(
        rf"""{number} (?! (?<![\d.][\d.]) [ ]?g(?:ra)?m?s?\b | (?<=[^\d.]1\d) [ ]?g(?:ra)?m?s?[ ]; )  # "1 gram", a dose
        (?: [ ]? (?P<unit>{units("package")}) \b | (?<=\)) )                          # or "sixty (60)"
        (?! [ ] (?: tubes? | bottles? | jars? | box(?:es)? ) [ ]? x [ ]? \d )          # no "100g tube x 3"
        """
    )


GRID = _compiled(
    rf"""
    {_FRESH} (?P<low>{_N}) (?: [ ]?(?:-|to)[ ]? (?P<high>{_N}) )? [ ]? (?:x|times)       # "2-3 x 4", no "L4-5 x 2"
    [ ]? (?P<length>{_N}) (?: [ ]?(?:-|to)[ ]? (?P<longest>{_N}) )?
    (?! [ ]? (?: days? | months? | mos? | sessions? | visits? | treatments? | per | a | mg | {_MEASURE} | / ) \b )
    (?! [\d.%] )
    """
)


@cache
def multiple() -> Pattern:
    """Match a number of times: "x 8", "times six visits"."""
    return _compiled(
        rf"""
        (?: \b times | (?<![\w/])x | (?<=[a-z]{{4}})x(?=\d{{1,2}}\b) )                           # or "therapyx12"
        [ ]? (?P<n>{_N}) {_UP} (?: [ ]? (?P<unit>{units("total")}) \b )?
        (?! [ -]? (?: {_LONG} | hours? | minutes? | mins? | nights? | times | per | a | {_MEASURE} ) \b ) (?! [\w.%] )
        """
    )


HEAD = _compiled(
    rf"""
    ^ (?: (?:prospective[ ]|retrospective[ ])?request[ ]for[ ] | retrospective(?:ly)?:?[ ] | retro:?[ ] | additional[ ]
        | (?:an?[ ])?prescriptions?[ ]for[ ] | purchase[ ]of[ ] | rental[ ]of[ ] | up[ ]to[ ] | outpatient[ ]
        | associated[ ]surgical[ ]services?:?[ ] | post-?op\w*[ ] | pre-?op\w*[ ] )*
    (?! 360\b ) (?P<n>{_N}) (?: [ ]? (?P<range>-|to|or) [ ]? {_N} )? [ ]   # "2 knee braces", no "360 fusion"
    (?! (?: months? | weeks? | days? | nights? | wks? | {_HOURS} | years? | mg | mcg | refills? | times? | x | per
        | level | phase | view | lead | panel | point | d | in | t | to | or ) \b ) [a-z]
    """
)
RATE = _compiled(
    rf"""
    {_START} (?:
        (?P<n> once | twice | thrice | {_N} ) (?: [ ]?(?:-|to|or|/)[ ]? (?P<up>{_N}) )?               # "twice a week"
        [ ]?(?: times | visits? | sessions? | treatments? | x | xs )?[ ]? {_PER} [ ]? (?P<period> week|wk|month|mo ) \b
        | (?P<flat> once | twice | thrice | {_N} ) (?: [ ]?(?:-|to|or)[ ]? (?P<flat_up>{_N}) )?       # "2 x weekly"
        [ ]?(?: times | x | visits | sessions )?[ ]? (?P<ly> weekly | wkly | monthly ) \b )
    | (?<![\w-]) (?P<plain> weekly | wkly | monthly ) \b
    """
)
COURSE_SPAN = _compiled(
    rf"""
    (?: {_FRESH} | \b x | (?<=;)/ ) (?P<low>{_N}) (?: [ ]?(?:-|to)[ ]? (?P<high>{_N}) )? [ -]?   # "x4 wks", "2xwk/4wks"
    (?P<period> weeks? | wks? | wk | months? | mos? ) \b
    """
)


@cache
def form() -> Pattern:
    """Match the form of a drug, which is the unit of "#60"."""
    return _compiled(rf"\b (?:{units('form')}) \b")


# --- FAST CHECKS --- #


@cache
def numeric() -> Pattern:
    """Match words that every request with an amount contains."""
    return _compiled(rf"[0-9] | \b (?: {_BELOW_HUNDRED} | once | twice | thrice | every | {_words('frequency')} ) \b")


@cache
def periodic() -> Pattern:
    """Match words that every request with a frequency contains."""
    always = r"da(?:y|il)|w(?:ee)?k|mo(?:nth|s|\b)|year|yr|h(?:ou)?rs?\b|\bq|night|morning|bedtime|annual"
    others = [word for word in _words("frequency").split("|") if not re.search(always, word)]
    return _compiled("|".join([always, *others]))


CODED = re.compile(r"\d{4}|(?:#|no\b\.?) ?[234]\b")
SPANNED = re.compile(r"day|w(?:ee)?k|mo|y(?:ea)?r")
