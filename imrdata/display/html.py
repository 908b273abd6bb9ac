"""Build safe HTML: everything that `tag` did not make is escaped as text."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

# Dollar signs in letters do not start formulas: MathJax, which typesets notebooks, ignores these classes.
NO_FORMULAS = "mathjax_ignore tex2jax_ignore"
# A printed page does not scroll: the code of an exported notebook wraps.
PRINTED_CODE = (
    "@media print { .jp-InputArea-editor pre { white-space: pre-wrap !important; overflow-wrap: anywhere; } }"
)
_CLASSES = f"imrdata {NO_FORMULAS}"
_OUTCOME_KINDS = {"Upheld": "upheld", "Overturned": "overturned", "Partially overturned": "partial"}


class Markup(str):
    """HTML made by this package."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, repr=False)
class Page:
    """A page for display in a notebook; its ``html`` is self-contained: it fetches nothing and runs nothing."""

    html: str

    def __repr__(self) -> str:
        return f"Page({len(self.html):,} characters of HTML)"

    def _repr_html_(self) -> str:
        return self.html


def text(value: object) -> Markup:
    """Escape a value as text; None becomes an empty text."""
    if isinstance(value, Markup):
        return value
    written = "" if value is None else str(value).encode("utf-8", "replace").decode("utf-8")
    return Markup(escape(written, quote=True))


def tag(name: str, *children: object, kind: str = "") -> Markup:
    """Return an element with its children, which are elements or escaped as text, and its class."""
    of_class = f' class="{text(kind)}"' if kind else ""
    return Markup(f"<{name}{of_class}>{joined(children)}</{name}>")


def joined(children: Iterable[object]) -> Markup:
    """Concatenate elements and texts."""
    return Markup("".join(text(child) for child in children))


def page(children: Iterable[object]) -> str:
    """Return self-contained HTML with styles for light, dark, and printed pages."""
    return f'<style>{_style()}{PRINTED_CODE}</style><div class="{_CLASSES}">{joined(children)}</div>'


@cache
def _style() -> str:
    return Path(__file__).with_name("style.css").read_text(encoding="utf-8")


def picture(png: bytes, words: str) -> Markup:
    """Return an element that shows a PNG, whose bytes are embedded, with an alternative text."""
    return Markup(f'<img alt="{text(words)}" src="{data_address(png)}">')


def data_address(png: bytes) -> str:
    """Return a data URL with the bytes of a PNG."""
    return f"data:image/png;base64,{b64encode(png).decode()}"


def outcome(value: object) -> Markup:
    """Return an outcome as a colored word."""
    return tag("strong", value, kind=f"outcome {_OUTCOME_KINDS.get(str(value), 'other')}")


def chips(values: Iterable[object]) -> Markup:
    """Return short values side by side."""
    listed = [tag("li", value) for value in values if value not in {None, ""}]
    return tag("ul", *listed, kind="chips") if listed else Markup("")


def facts(rows: Iterable[tuple[str, object]]) -> Markup:
    """Return a table of names and values, without the names that have no value."""
    filled = [(name, value) for name, value in rows if value not in {None, ""}]
    body = [tag("tr", tag("th", name), tag("td", value)) for name, value in filled]
    return tag("table", *body, kind="facts") if body else Markup("")


def table(head: Sequence[str], rows: Iterable[Sequence[object]], kind: str = "") -> Markup:
    """Return a table with a header."""
    names = tag("thead", tag("tr", *(tag("th", name) for name in head)))
    body = tag("tbody", *(tag("tr", *(tag("td", cell) for cell in row)) for row in rows))
    return tag("table", names, body, kind=f"rows {kind}".strip())
