"""Remove Markdown and HTML but keep words and lines, in time proportional to the length of the text."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

from imrdata.errors import LetterError
from imrdata.letters.found import collapse
from imrdata.letters.text.styles import HIDDEN, SHOWN, UNSURE, Element, Sheet, element

_HTML_PAGE = re.compile(r"<(?:!doctype html|html|body)\b", re.IGNORECASE)
_HTML_BLOCK = re.compile(r"<(?:p|div|table|tr|br|h[1-6])\b[^<>]{0,200}>", re.IGNORECASE)
_HTML_END = re.compile(r"</(?:html|body|p|div|table|tr|td|pre|h[1-6]) ?>|<br ?/?>", re.IGNORECASE)
_TABLE = re.compile(r"<table\b[^<>]{0,500}>|</table ?>", re.IGNORECASE)
# A text without any of them is no Markdown.
_MARKDOWN_SIGNS = ("**", "\n#", "<", "|", "![", "\n__", "\n*", "```", "~~", "\\", "- Case N", "- Claims", "- MAXIMUS")
_MARKDOWN = re.compile(
    r"""(?mx) ^\#{1,6}[ \t] | \*\*[^*\n]{1,80}:[ \t]?\*\*
    | <(?P<tag>b|i|u|em|strong|center|font)\b[^<>\n]{0,80}>[^<>\n]{1,300}</(?P=tag)>
    | ^\|[^\n]{0,200}\|[ \t]*$ | <!--[ ] | ^!\[
    | ^``` | \*\*[^*\n]{1,80}\*\*[ \t]*(?:$|:) | ^__[^_\n]{1,80}(?::__|__[ \t]*$) | ^\*[^*\n]{1,60}(?::\*|\*:)
    | ^\*{1,3}[A-Z][A-Z ,()/:-]{5,80}\*{1,3}[ \t]*$ | ~~\w[^~\n]{0,300}~~
    | \\[#&_*()\[\].+!-] | ^\\(?:newpage|pagebreak) | ^<(?:figure|hr|page(?:_number)?|watermark)\b | ^<\w+[ ]\w+[ ]?=
    | -[ ]+(?:Case[ ]Number|Claims[ ]Administrator|MAXIMUS)\b"""
)
_FIRST_SIGN = re.compile(r"[#*<|!`_~\\-]")  # of Markdown

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_IMAGE = re.compile(r"!\[[^\]\n]{0,300}\]\([^()\n]{0,2000}\)|\*{0,2}==> picture [^<\n]{0,80}<==\*{0,2}")
_STRUCK = re.compile(r"~~[^~\n]{1,500}~~|<(s|del|strike)>[^<\n]{1,500}</\1>", re.IGNORECASE)
_INLINE_TAG = re.compile(
    r"""(?ix) </? (?: a|b|center|em|figure|figcaption|font|hr|i|img|ins|mark|page|page_number|small|span|strong
        | sub|sup|u|watermark )\b [^<>\n]{0,200} > | <\w+[ ]\w+[ ]?=[^<>\n]{0,200}>"""
)
_LINE_BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)
_STARS = re.compile(r"(\*{1,3})(?=\S)([^*\n]+)(?<=\S)\1|\*\*(?=\S)([^*\n]+[ ])\*\*|__(?=\S)([^_\n]+)(?<=\S)__")
_RULE = re.compile(r"\\(?:newpage|pagebreak)|(?:-[ \t]?){3,}|(?:\*[ \t]?){3,}|(?:_[ \t]?){3,}|={3,}")
_TABLE_RULE = re.compile(r"\|?[-:| \t]*-[-:| \t]*\|[-:| \t]*")
_BULLET = re.compile(r"[-*+][ \t]+(?:\[[xX]\][ \t]+)?(?=\S)")
_QUOTED = re.compile(r"[ ]*>|\s*\Z")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")

_BLOCKS = frozenset(("address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details"))
_BLOCKS |= frozenset(("div", "dl", "dt", "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6"))
_BLOCKS |= frozenset(("header", "hr", "html", "li", "main", "nav", "ol", "option", "p", "pre", "section", "summary"))
_BLOCKS |= frozenset(("table", "tbody", "tfoot", "thead", "tr", "ul"))
_SILENT = frozenset(
    ("datalist", "del", "desc", "head", "iframe", "noframes", "noscript", "object", "s", "script", "strike", "style")
)
_SILENT |= frozenset(("audio", "canvas", "meter", "noembed", "progress", "template", "title", "video"))
_VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"))
_NAVIGATION = frozenset(("a", "aside", "button", "footer", "form", "header", "label", "nav", "select", "svg"))
_ENDED = {  # the open elements that end where another begins, without a tag of their own
    "p": _BLOCKS - {"br"},
    "li": {"li"},
    "dt": {"dt", "dd"},
    "dd": {"dt", "dd"},
    "td": {"td", "th", "tr"},
    "th": {"td", "th", "tr"},
    "tr": {"tr"},
    "head": {"body"},
}
_STYLED = re.compile(r"<[a-zA-Z][^<>]{0,300}\s(?:style|color|hidden|aria-hidden|class)\b")
_LONGEST_TAG = 5000  # characters; real tags have some hundreds
_MOST_OPEN = 100
_WORD = re.compile(r"\w{2}|\d")


def plain_text(text: str) -> str:
    """Return the text without its markup; plain text is unchanged.

    Raises:
        LetterError: The markup is too damaged to read.
    """
    if text.lstrip()[:1] == ">":
        text = _unquoted(text)
    if "<" in text and _is_html(text):
        return html_text(text)
    # A single character is found much faster than two.
    has_sign = text[:1] == "#" or any([sign[-1] in text and sign in text for sign in _MARKDOWN_SIGNS])  # noqa: C419
    if has_sign and any(_MARKDOWN.match(text, sign.start()) for sign in _FIRST_SIGN.finditer(text)):
        return markdown_text(text)
    return text


def _unquoted(text: str) -> str:
    """Remove the signs before each line of a quotation, as in an e-mail, if all lines have them."""
    lines = text.split("\n")
    return "\n".join(line.lstrip(" >") for line in lines) if all(_QUOTED.match(line) for line in lines) else text


def _is_html(text: str) -> bool:
    """Return whether a text is an HTML page, rather than Markdown with an HTML table."""
    if _HTML_PAGE.search(text):
        return True
    if not (_HTML_BLOCK.search(text) and _HTML_END.search(text)):
        return False
    rest = "".join(_TABLE.split(text)[::2]) if _TABLE.search(text) else text
    return not _MARKDOWN.search(rest) or bool(_HTML_BLOCK.search(_LINE_BREAK.sub("", rest)))


def html_text(text: str) -> str:
    """Return the words of an HTML page, one line per block; a part of a page also keeps its own lines."""
    return _read(text).text()


def _read(page: str) -> _HtmlReader:
    _refuse_open_tags(page)
    reader = _HtmlReader(page)
    reader.feed(page)
    reader.close()
    return reader


def markdown_text(text: str) -> str:
    """Return the words of a Markdown page, line by line, with its form feeds."""
    text = _COMMENT.sub(" ", text) if "-->" in text else text
    if _STYLED.search(text) and (hidden := _read(text).hidden):
        message = f"the page has words that are not shown, such as {collapse(hidden)[:80]!r}"
        raise LetterError(message, step="text", reason="unseen_text")
    parts = _TABLE.split(text)
    if len(parts) > 1:  # every second part is between a table's tags
        parts = [
            html_text(f"<body><table>{part}</table>") if at % 2 else _unmarked(part) for at, part in enumerate(parts)
        ]
        return "\n".join(parts)
    return _unmarked(text)


def _unmarked(text: str) -> str:
    lines = re.split(r"\r\n|[\n\r]", text)
    return "\n".join(_inline(line) for line in lines)


def _inline(line: str) -> str:
    words = line.strip(" \t")
    if words.startswith("```") or _RULE.fullmatch(words) or (words[:1] in "|:-" and _TABLE_RULE.fullmatch(words)):
        return ""
    words = words.lstrip("> \t") if words[:1] == ">" else words
    words = _BULLET.sub("", words, count=1) if _BULLET.match(words) else words
    if words[:1] == "#" and (title := words.lstrip("#"))[:1] in (" ", "\t"):
        words = title.rstrip("# \t").lstrip(" \t") if title.rstrip("#")[-1:] in " \t" else title.strip(" \t")
    if "<" in words or "~~" in words or "![" in words:
        words = _STRUCK.sub(" ", _IMAGE.sub(" ", words))
        words = _INLINE_TAG.sub("", _LINE_BREAK.sub("\n", words))
    words = _STARS.sub(r"\2\3\4", words)
    if words.startswith("|"):
        words = words.strip("|").replace("|", " ")
    return unescape(_ESCAPE.sub(r"\1", words.rstrip("\\")))


def _refuse_open_tags(text: str) -> None:
    """Refuse a page with many unclosed tags, because the parser would search for the end of each."""
    open_tags, at = 0, text.find("<")
    while at >= 0:
        opener = "-->" if text.startswith("<!--", at) else ">"
        end = text.find(opener, at, at + _LONGEST_TAG)
        after = text.find("<", at + 1, end if end > 0 else at + _LONGEST_TAG)
        if end < 0 or (opener == ">" and after > 0):
            open_tags += 1
            if open_tags > _MOST_OPEN:
                message = f"more than {_MOST_OPEN} tags of the page are not closed"
                raise LetterError(message, step="text", reason="damaged_markup")
        at = text.find("<", end if end > 0 and after < 0 else at + 1)


class _HtmlReader(HTMLParser):
    """A parser that collects the text of a page without scripts, styles, struck-out words and hidden elements."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.hidden = ""  # the last words that are hidden
        self._lines: list[list[str]] = [[]]
        self._open: list[Element] = []
        self._sheet = Sheet(page)
        self._verbatim = int(not _HTML_PAGE.search(page))  # a part of a page keeps its own lines

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        while self._open and tag in _ENDED.get(self._open[-1].tag, ()):
            self._open.pop()
        if tag not in _VOID:
            one = Element(tag, HIDDEN) if tag in _SILENT else element(tag, dict(attrs), self._open, self._sheet)
            if one.state == UNSURE and any(outer.tag in _NAVIGATION for outer in (one, *self._open[-_MOST_OPEN:])):
                one = Element(tag, HIDDEN)
            self._open.append(one)
        self._verbatim += tag == "pre"
        self._block(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._block(tag)

    def handle_endtag(self, tag: str) -> None:
        if any(one.tag == tag for one in self._open[-_MOST_OPEN:]):
            while self._open.pop().tag != tag:
                pass
        if tag == "pre":
            self._verbatim = max(0, self._verbatim - 1)
        self._block(tag)

    def handle_data(self, data: str) -> None:
        state = self._open[-1].state if self._open else SHOWN
        if state != SHOWN:
            self.hidden = data if data.strip() and self._open[-1].tag not in _SILENT else self.hidden
            if state == UNSURE and _WORD.search(data):
                message = f"the page has words that a browser may not show, such as {collapse(data)[:80]!r}"
                raise LetterError(message, step="text", reason="unseen_text")
            return
        lines = data.replace("\u00ad", "").split("\n") if self._verbatim else [data.replace("\u00ad", "")]
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
