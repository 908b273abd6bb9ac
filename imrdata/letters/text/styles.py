"""Find the elements of an HTML page that are not visible, from their attributes and the page's style sheets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import itemgetter
from typing import NamedTuple

from imrdata.errors import LetterError

Attributes = dict[str, str | None]
Style = dict[str, str]

SHOWN, UNSURE, UNPAINTED, HIDDEN = range(4)  # only the words of elements within a hidden one are hidden, too

_COLORS = {"white": "#fff", "black": "#000", "snow": "#fffafa", "ivory": "#fffff0", "whitesmoke": "#f5f5f5"}
_WHITE = (255.0, 255.0, 255.0)
_SAME_COLOR = 24  # of 255; words with less contrast are not visible
_FAINT = 10  # of 100
_SMALLEST = 3.0  # pixels
_MOST_CHECKS = 1_000_000  # of elements against rules
_DEEP = 100
_OF_RULE = 20  # checks; a page may have 50,000 rules
_UNITS = {"px": 1.0, "pt": 4 / 3, "rem": 16.0}
_NUMBER = re.compile(r"[+-]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})")
_LENGTH = re.compile(rf"(?<![\w.-])(?P<number>{_NUMBER.pattern})(?P<unit>px|pt|r?em|%)")
_ZERO = re.compile(r"(?:\A|\s)0?\.?0+[a-z]*(?:\s|\Z)")
_HEX = re.compile(r"#" + "([0-9a-f])" * 3 + r"([0-9a-f])?\b|(?:#|\A)" + "([0-9a-f]{2})" * 3 + r"([0-9a-f]{2})?\b")
_RGB = re.compile(
    rf"""(?x) (?P<system>rgb|hsl)a?\(\s* (?P<first>{_NUMBER.pattern})[%a-z]*[\s,]+ (?P<second>{_NUMBER.pattern})%?[\s,]+
        (?P<third>{_NUMBER.pattern}) (?P<percent>%?) (?:[\s,/]+(?P<alpha>{_NUMBER.pattern}%?))?"""
)
_AWAY = re.compile(  # off the page
    r"""(?x) (?:^|;) (?:left|top|text-indent|margin-left|margin-top|transform|translate):[^;]*
        -(?:\d{4,}|9\d\d|\d\d+r?em|\d{3}(?:%|v[wh]))
    | (?:^|;) (?:left|text-indent|margin-left|transform|translate):[^;]* \b(?:[2-9]\d{3}|\d{5,}|[1-9]\d\d(?:%|v[wh]))"""
)
_MAYBE_HIDDEN = re.compile(
    r"""(?x) (?:^|;) (?: (?:left|top|text-indent):-[3-8]\d\d(?!\d) | (?:-webkit-)?mask(?:-image)?:(?!none)
        | display:var\( | letter-spacing:-(?: (?:0?\.[3-9] | [1-9][\d.]*) [\d.]*r?em | [5-9] | \d\d) )"""
)
_DECLARED = re.compile(  # words that are not painted, or are struck out
    r"""(?x) (?:^|;) (?: display:none | zoom:0*(?:\.0\d*)?%?; | content-visibility:hidden | mso-hide:all
        | opacity:0*(?:\.0\d*)?%?;
        | -webkit-text-fill-color:transparent | text-decoration(?:-line)?:[^;]*line-through
        | (?:filter|transform|scale):[^;]*(?:scale|opacity)[xy]?\(0[,)%] | clip:rect\((?:[01](?:px)?[,\s]*){4}\)
        | clip-path:(?:inset\([^)]*(?:[5-9]\d|100)% | circle\(0 | polygon\((?:0[a-z%]*[,\s]*)+\)) )"""
)
_CLIPPED = re.compile(r"(?:^|;)overflow(?:-[xy])?:(?:hidden|clip)")
_NO_SIZE = re.compile(r"(?:^|;)(?:max-)?(?:height|width):(?:0[a-z%]*|1px);")
_PROPERTY = re.compile(
    r"""(?x) display | (?:content-)?visibility | mso-hide | opacity | (?:-webkit-text-fill-)?color
    | background(?:-color|-image)? | font(?:-size)? | text-decoration(?:-line)? | filter | scale | clip(?:-path)?
    | overflow(?:-[xy])? | (?:max-)?(?:height|width) | left | top | text-indent | margin-(?:left|top)
    | transform | translate | zoom | letter-spacing | (?:-webkit-)?mask(?:-image)?"""
)
_NEVER = re.compile(r"::|:(?:hover|focus|active|visited|before|after|first-l|empty|checked|target|host|popover)")
_PART = re.compile(r"[.#][\w-]+|\[[\w-]+(?:=[\"']?[\w-]*[\"']?)?\]")
_ADDED = re.compile(r"(?i)\bcontent\s*:\s*[\"'][^\"'{}]{0,80}\b(?:not|non|upheld|overturned|withdrawn|void|vacated)\b")
_NOT = re.compile(r":not\(([.#][\w-]+)\)")
_COMPOUND = re.compile(r"(\A|\s*[>+~]\s*|\s+)((?:[^\s>+~(]|\([^()]*\))+)")
_TAG = re.compile(r"[a-z][\w-]*|\*?")
_MEDIA_SHOWN = re.compile(r"@(?:layer|supports)\b|@media (?:only )?(?:all|screen)\Z")


class Rule(NamedTuple):
    """A rule of a style sheet: the elements it is for, outermost first, and its declarations."""

    rank: tuple[int, int, int, int]
    elements: tuple[tuple[str, frozenset[str]], ...]
    is_exact: bool
    style: Style


class Element(NamedTuple):
    """An open element: its tag, its names in selectors, whether it is shown, and the style that it passes on."""

    tag: str
    state: int = SHOWN
    names: frozenset[str] = frozenset()
    color: tuple[float, ...] | str = (0.0, 0.0, 0.0)
    background: tuple[float, ...] | str = _WHITE
    size: float = 16.0
    visibility: str = ""


class Sheet:
    """The rules of the style sheets of a page, by a name that their elements have."""

    def __init__(self, page: str) -> None:
        self._rules: dict[str, list[Rule]] = {}
        self._checks = 0
        count = 0
        for part in re.split(r"(?i)<style\b", page)[1:]:
            css = (
                re.split("(?i)</style", part.partition(">")[2], maxsplit=1)[0].replace("<!--", " ").replace("-->", " ")
            )
            css = _without_comments(css)
            if added := _ADDED.search(css):
                message = f"a style sheet adds words to the page: {added.group()!r}"
                raise LetterError(message, step="text", reason="unseen_text")
            for rule in _rules(css, count):
                tag, names = rule.elements[-1]
                name = min((one for one in names if one[0] != "!"), default=tag)
                self._rules.setdefault(name, []).append(rule)
                self._count(_OF_RULE)
                count += 1

    def styles(self, tag: str, names: frozenset[str], within: list[Element]) -> tuple[Style, Style]:
        """Return the declarations for an element, and those of selectors that are understood only in part.

        Raises:
            LetterError: The page has too many rules and elements.
        """
        found: list[Rule] = []
        for name in (*names, tag, "*", "") if self._rules else ():
            rules = self._rules.get(name, ())
            self._count(len(rules) + sum(_DEEP for rule in rules if rule.elements[1:]))
            found += [rule for rule in rules if _is_for(rule, tag, names, within)]
        exact: Style = {}
        partly: Style = {}
        for rule in sorted(found, key=itemgetter(0)):
            (exact if rule.is_exact else partly).update(rule.style)
        return exact, partly

    def _count(self, checks: int) -> None:
        self._checks += checks
        if self._checks > _MOST_CHECKS:
            raise LetterError("the style sheets of the page are too long", step="text", reason="damaged_markup")


def _rules(css: str, count: int) -> Iterator[Rule]:
    """Yield the rules of a style sheet, except for other media than the screen."""
    applies: list[bool] = []  # of each open block
    selectors = ""
    for piece in re.split(r"(?<=[{}])", css):
        if piece.endswith("{"):
            selectors = " ".join(piece[:-1].rpartition(";")[2].split())
            is_shown = selectors[:1] != "@" or _MEDIA_SHOWN.match(selectors.lower()) is not None
            applies.append(is_shown and all(applies[-1:]))
        elif applies and applies.pop() and (style := declarations(piece.removesuffix("}"))):
            for selector in selectors.split(",") if "(" not in selectors else (selectors,):
                if rule := _rule(selector.strip(), style, count):
                    yield rule
                    count += 1


def _rule(selector: str, style: Style, count: int) -> Rule | None:
    if not selector or _NEVER.search(selector):
        return None
    elements: list[tuple[str, frozenset[str]]] = []
    is_exact = True
    for combinator, part in _COMPOUND.findall(selector):
        if combinator.strip() in ("+", "~") and elements:
            elements.pop()
            is_exact = False
        tag, _, pseudo = _NOT.sub("", part).partition(":")
        names = {re.sub("[\"']", "", name.lower() if name[0] == "[" else name) for name in _PART.findall(tag)}
        names.update(f"!{name}" for name in _NOT.findall(part))
        tag = _PART.sub("", tag).lower()
        is_exact = is_exact and not pseudo and _TAG.fullmatch(tag) is not None
        elements.append((tag, frozenset(names)))
    last_tag, last_names = elements[-1]
    if not is_exact and not last_names and last_tag in ("", "*"):
        return None
    ids = sum("#" in name[:2] for _, names in elements for name in names)
    classes = sum(len(names) for _, names in elements) - ids
    tags = sum(tag not in ("", "*") for tag, _ in elements)
    return Rule((ids, classes, tags, count), tuple(elements), is_exact, style)


def declarations(css: str) -> Style:
    """Return the declarations that may hide words; "!" is before the names of important ones."""
    found: Style = {}
    for declaration in css.lower().split(";"):
        name, _, value = declaration.partition(":")
        if _PROPERTY.fullmatch(name := name.strip()):
            value, important, _ = value.partition("!")
            found[important + name] = " ".join(value.split())
    return found


def _merged(*styles: Style) -> Style:
    together = {name: value for style in styles for name, value in style.items()}
    return together | {name[1:]: value for name, value in together.items() if name[0] == "!"}


def element(tag: str, attributes: Attributes, within: list[Element], sheet: Sheet) -> Element:
    """Return an element with its style, and whether it is shown."""
    outer = within[-1] if within else Element("")
    if outer.state == HIDDEN:
        return Element(tag, HIDDEN)
    names = frozenset(
        [f".{name}" for name in (attributes.get("class") or "").split()]
        + [f"#{attributes.get('id')}"]
        + [f"[{name}]" for name in attributes]
        + [f"[{name}={(value or '').lower()}]" for name, value in attributes.items()]
    )
    style, partly = sheet.styles(tag, names, within)
    own = declarations(_without_comments(attributes.get("style") or ""))
    known = _merged(style, own)
    is_off = ("hidden" in attributes and "display" not in known) or "popover" in attributes
    is_closed = tag in ("dialog", "details") and "open" not in attributes
    if is_off or (is_closed and tag == "dialog"):
        return Element(tag, HIDDEN)
    one = _styled(Element(tag, outer.state, names), attributes, outer, known)
    unsure = one.state == SHOWN and (
        is_closed
        or (attributes.get("aria-hidden") or "").lower() == "true"
        or (bool(partly) and _styled(one, attributes, outer, _merged(style, partly, own)).state != SHOWN)
    )
    if tag == "summary" and outer.tag == "details" and len(within) > 1:
        return one._replace(state=within[-2].state)
    return one._replace(state=UNSURE) if unsure else one


def _is_for(rule: Rule, tag: str, names: frozenset[str], within: list[Element]) -> bool:
    *outer, last = rule.elements
    if not _matches(last, tag, names):
        return False
    for one in reversed(within[-_DEEP:]) if outer else ():
        if outer and _matches(outer[-1], one.tag, one.names):
            outer.pop()
    return not outer


def _matches(compound: tuple[str, frozenset[str]], tag: str, names: frozenset[str]) -> bool:
    """Return whether an element has the tag and the names of a part of a selector, and none that it excludes."""
    wanted, needed = compound
    if wanted not in ("", "*", tag):
        return False
    return needed <= names or all((name[0] != "!") == (name.lstrip("!") in names) for name in needed)


def _styled(one: Element, attributes: Attributes, outer: Element, style: Style) -> Element:
    """Return an element with its colors and sizes, and its state by its style."""
    color = _color(style.get("color") or attributes.get("color") or attributes.get("text")) or outer.color
    shade = style.get("background-color") or style.get("background") or attributes.get("bgcolor") or ""
    background = _color(shade) or outer.background
    if background == "transparent":
        background = outer.background
    if (
        "(" in style.get("background-image", "")
        or "url(" in shade
        or "gradient(" in shade
        or "background" in attributes
    ):
        background = "picture"
    size = _size(style.get("font-size") or style.get("font") or "", outer.size)
    visibility = style.get("visibility") or outer.visibility
    css = "".join([f"{name}:{value};" for name, value in style.items()])
    state = UNSURE if outer.state == UNSURE or _MAYBE_HIDDEN.search(css) else SHOWN
    if size < _SMALLEST or visibility in ("hidden", "collapse") or _is_same(color, background):
        state = UNPAINTED
    if _AWAY.search(css) or _DECLARED.search(css) or (_CLIPPED.search(css) and _NO_SIZE.search(css)):
        state = HIDDEN
    return Element(one.tag, state, one.names, color, background, size, visibility)


def _size(value: str, outer: float) -> float:
    """Return a font size in pixels."""
    value = value.partition("/")[0]
    size = _LENGTH.search(value)
    if size is None:
        return 0.0 if _ZERO.search(value) else outer
    return float(size["number"]) * _UNITS.get(size["unit"], outer / 100 if size["unit"] == "%" else outer)


def _color(value: str | None) -> tuple[float, ...] | str | None:
    """Return a color as red, green and blue; its name if it is another, and None if there is none."""
    word = (value or "").lower().strip()
    word = _COLORS.get(word, word)
    if code := _HEX.search(word):
        digits = [digit or "f" for digit in code.groups()]
        digits = digits[:4] if code[1] else digits[4:]
        *color, alpha = (int(digit if digit[1:] else digit * 2, 16) for digit in digits)
        return "transparent" if alpha < _SAME_COLOR else tuple(map(float, color))
    if parts := _RGB.search(word):
        strength = parts["alpha"] or "1"
        if float(strength.rstrip("%")) * (1 if "%" in strength else 100) < _FAINT:
            return "transparent"
        if parts["system"] == "rgb":
            scale = 2.55 if parts["percent"] else 1.0
            return tuple(float(parts[name]) * scale for name in ("first", "second", "third"))
        if float(parts["third"]) in (0, 100) or float(parts["second"]) == 0:
            return (float(parts["third"]) * 2.55,) * 3
    return None if word in ("", "inherit", "initial", "unset", "none", "currentcolor", "revert") else word.split()[0]


def _is_same(color: tuple[float, ...] | str, background: tuple[float, ...] | str) -> bool:
    if color == "transparent":
        return True
    if isinstance(color, tuple) and isinstance(background, tuple):
        return max(abs(one - other) for one, other in zip(color, background, strict=True)) < _SAME_COLOR
    return color == background


def _without_comments(css: str) -> str:
    first, *others = css.split("/*")
    return first + "".join(part.partition("*/")[2] for part in others)
