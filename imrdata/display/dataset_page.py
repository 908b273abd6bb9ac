"""A page about a dataset: counts, provenance, quarantine, and unknown terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from imrdata.display.html import page, table, tag

_SHOWN = 10


def dataset_html(
    title: str,
    summary: Iterable[Sequence[object]],
    provenance: Mapping[str, int],
    quarantine: Sequence[Sequence[object]],
    unknown: Sequence[Sequence[object]],
) -> str:
    """Return the page of a dataset.

    The rows of `summary` are measure, count and share, of `quarantine` source, reason and message, and of `unknown`
    diagnostic code, message and count; `provenance` has the number of letters.
    """
    told = ", ".join(f"{count:,} {name}" for name, count in provenance.items()) or "none"
    if provenance.get("synthetic"):
        letters = tag("p", f"Letters: {told}. Do not quote figures from synthetic letters.", kind="notice")
    else:
        letters = tag("p", f"Letters: {told}.")
    parts = [tag("h3", title), letters, table(["", "Count", "Share"], summary, kind="figures")]
    for heading, head, rows in (
        ("Quarantined", ["Source", "Reason", "Message"], quarantine),
        ("Terms that no vocabulary knows", ["Kind", "Term", "Count"], unknown),
    ):
        if rows:
            parts += [tag("h4", f"{heading}: {len(rows):,}"), table(head, rows[:_SHOWN], kind="terms")]
        if len(rows) > _SHOWN:
            parts.append(tag("p", f"and {len(rows) - _SHOWN:,} more"))
    return page(parts)
