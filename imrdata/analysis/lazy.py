"""`frame.imr` of a DataFrame, imported when it is used, and of a LazyFrame: the methods that need no texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from imrdata.analysis.groups import names_of

if TYPE_CHECKING:
    from imrdata.analysis.namespace import ImrFrame


def _imr(frame: pl.DataFrame) -> ImrFrame:
    from imrdata.analysis.namespace import ImrFrame  # noqa: PLC0415 - imrdata is imported faster without it

    return ImrFrame(frame)


pl.api.register_dataframe_namespace("imr")(_imr)  # type: ignore[arg-type]


@pl.api.register_lazyframe_namespace("imr")
class ImrLazyFrame:
    """The methods of ``frame.imr`` that need no texts, for a LazyFrame from `imrdata.scan_decisions`.

    Each collects the columns that are not texts, and those in `by`. For other methods, collect the frame first.
    """

    def __init__(self, frame: pl.LazyFrame) -> None:
        self._frame = frame

    def _collected(self, by: str | Sequence[str] | None = None) -> ImrFrame:
        asked = names_of(by)
        names = [name for name in self._frame.collect_schema() if not name.endswith("_text") or name in asked]
        return _imr(self._frame.select(names).collect())

    def overturn_rate(self, by: str | Sequence[str] | None = None, **options: Any) -> pl.DataFrame:
        """See `ImrFrame.overturn_rate`."""
        return self._collected(by).overturn_rate(by, **options)

    def trend(self, every: str = "1q", by: str | Sequence[str] | None = None, **options: Any) -> pl.DataFrame:
        """See `ImrFrame.trend`."""
        return self._collected(by).trend(every, by, **options)

    def compare(self, by: str, groups: Sequence[object] | None = None, **options: Any) -> pl.DataFrame:
        """See `ImrFrame.compare`."""
        return self._collected([by, *names_of(options.get("standardize"))]).compare(by, groups, **options)

    def intervals(self) -> pl.DataFrame:
        """See `ImrFrame.intervals`."""
        return self._collected().intervals()
