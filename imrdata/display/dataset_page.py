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

    Args:
        title: The title.
        summary: Rows of measure, count and share.
        provenance: The number of letters by provenance.
        quarantine: Rows of source, reason and message.
        unknown: Rows of diagnostic code, message and count.
    """
    parts = [tag("h3", title), _provenance(provenance), table(["", "Count", "Share"], summary, kind="figures")]
    if quarantine:
        parts += [tag("h4", f"Quarantined: {len(quarantine):,}")]
        parts += [table(["Source", "Reason", "Message"], quarantine[:_SHOWN], kind="terms"), *_more(len(quarantine))]
    if unknown:
        parts += [tag("h4", f"Terms that no vocabulary knows: {len(unknown):,}")]
        parts += [table(["Kind", "Term", "Count"], unknown[:_SHOWN], kind="terms"), *_more(len(unknown))]
    return page(parts)


def _provenance(counts: Mapping[str, int]) -> str:
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "none"
    if counts.get("synthetic"):
        return tag("p", f"Letters: {told}. Do not quote figures from synthetic letters.",
                   kind="notice")  # fmt: skip
    return tag("p", f"Letters: {told}.")


def _more(count: int) -> list[str]:
    return [tag("p", f"and {count - _SHOWN:,} more")] if count > _SHOWN else []
