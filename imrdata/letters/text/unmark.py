"""Markdown and HTML off, words and lines kept."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

_HTML_BLOCK = re.compile(r"<(?:!doctype html|html|body|p|div|table|tr|br|h[1-6])\b[^<>]*>", re.IGNORECASE)
_HTML_END = re.compile(r"</(?:html|body|p|div|table|tr|td|pre|h[1-6])\s*>|<br\s*/?>", re.IGNORECASE)
_MARKDOWN = re.compile(
    r"^#{1,6}[ \t]+\S|\*\*[^*\n]{1,80}:[ \t]*\*\*|<(?:b|strong)>[^<>\n]{1,80}:[ \t]*</", re.MULTILINE
)

_INLINE_TAG = re.compile(r"</?(?:b|i|u|em|strong|span|font|sup|sub)\b[^<>\n]*>", re.IGNORECASE)
_STARS = re.compile(r"(\*{1,3})(?=\S)([^*\n]+?)(?<=\S)\1")
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*$")
_QUOTED = re.compile(r"^[ \t]*(?:(?:>[ \t]?)+|[-*+][ \t]+(?=\*\*|<b>))")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~&])")

_BLOCKS = frozenset(("address", "article", "body", "br", "dd", "div", "dl", "dt", "footer", "header", "hr", "html"))
_BLOCKS |= frozenset(
    ("h1", "h2", "h3", "h4", "h5", "h6", "li", "main", "ol", "p", "pre", "section", "table", "tbody", "tr", "ul")
)
_SILENT = frozenset(("script", "style", "head", "template", "noscript"))


def plain_text(text: str) -> str:
    """The text without its markup, whichever it has; plain text comes back as it is."""
    if "<" in text and _HTML_BLOCK.search(text) and _HTML_END.search(text):
        return html_text(text)
    if ("**" in text or "#" in text or "<" in text) and _MARKDOWN.search(text):
        return markdown_text(text)
    return text


def html_text(text: str) -> str:
    """The words of an HTML page, a line a block."""
    reader = _HtmlReader()
    reader.feed(text)
    reader.close()
    return reader.text()


def markdown_text(text: str) -> str:
    """The words of a Markdown page, line by line."""
    return "\n".join(_inline(line) for line in re.split(r"\r\n|[\n\r\f]", text))


def _inline(line: str) -> str:
    heading = _HEADING.match(line)
    line = _INLINE_TAG.sub("", heading.group(1) if heading else _QUOTED.sub("", line))
    line = _STARS.sub(r"\2", line)
    if line.startswith("|"):
        line = line.strip("|").replace("|", " ")
    return unescape(_ESCAPE.sub(r"\1", line.rstrip("\\")))


class _HtmlReader(HTMLParser):
    """Collects the text of a page; scripts and styles are left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[list[str]] = [[]]
        self._silent = 0
        self._verbatim = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body":
            self._silent = 0  # a head that nobody closed ends here
        self._silent += tag in _SILENT
        self._verbatim += tag == "pre"
        self._block(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._block(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        if tag == "pre":
            self._verbatim = max(0, self._verbatim - 1)
        self._block(tag)

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        lines = data.split("\n") if self._verbatim else [data]
        self._lines[-1].append(lines[0])
        self._lines += [[line] for line in lines[1:]]

    def _block(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._lines.append([])
        elif tag in ("td", "th"):
            self._lines[-1].append(" ")

    def text(self) -> str:
        lines = (" ".join("".join(parts).split()) for parts in self._lines)
        return "\n".join(line for line in lines if line)
