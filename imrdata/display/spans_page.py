"""A page of a text with its spans highlighted, even if they overlap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from imrdata.display.html import Markup, Page, joined, page, picture, tag, text

_PASSAGE = 160  # characters; a longer span is a section rather than a field, and is highlighted less


def spans_page(heading: str, whole: str, spans: Mapping[str, tuple[int, int]], note: str = "") -> Page:
    """Return the unchanged text with each span (half-open) highlighted, and named where it begins.

    Spans outside the text are ignored.
    """
    told = [tag("p", note)] if note else []
    return Page(page([tag("h3", heading), *told, tag("pre", joined(_pieces(whole, spans)), kind="spans")]))


def page_beside_words(heading: str, words: str, spans: Mapping[str, tuple[int, int]], png: bytes, why: str) -> Page:
    """Return the image of a page, or why there is none, beside its words with each span highlighted and named."""
    image = tag("div", picture(png, heading)) if png else tag("p", why, kind="notice")
    marked = tag("pre", joined(_pieces(words, spans)), kind="spans")
    return Page(page([tag("h3", heading), tag("div", image, tag("div", marked), kind="beside")]))


def _pieces(whole: str, spans: Mapping[str, tuple[int, int]]) -> Iterator[Markup]:
    """Split the text at the ends of spans, and highlight each piece with the spans that cover it.

    A span that crosses the end of another is closed there and opened again, because elements must be nested.
    """
    inside = [(start, end, name) for name, (start, end) in spans.items() if 0 <= start < end <= len(whole)]
    waiting = sorted(inside, key=lambda span: (span[0], -span[1]), reverse=True)  # longest first
    bounds = sorted({0, len(whole), *(at for start, end, _ in inside for at in (start, end))})
    long = {name for start, end, name in inside if end - start > _PASSAGE}
    opened: list[tuple[int, str]] = []
    for at, following in zip(bounds, [*bounds[1:], len(whole)], strict=True):
        ended = next((depth for depth, (end, _) in enumerate(opened) if end == at), len(opened))
        yield Markup("</mark>" * (len(opened) - ended))
        crossing = [span for span in opened[ended:] if span[0] > at]
        opened[ended:] = crossing
        yield from (_mark(name, "continued", is_passage=name in long) for _, name in crossing)
        while waiting and waiting[-1][0] == at:
            _, end, name = waiting.pop()
            opened.append((end, name))
            yield _mark(name, "span", is_passage=name in long)
        yield text(whole[at:following])


def _mark(name: str, kind: str, *, is_passage: bool) -> Markup:
    return Markup(f'<mark class="{kind}{" passage" if is_passage else ""}" title="{text(name)}">')
