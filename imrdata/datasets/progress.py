"""A progress bar of the letters read, in a terminal or a notebook."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tqdm import tqdm


def progress_bar(
    shown: bool | None, *, total: int | None = None, words: str | None = None, unit: str = "letters"
) -> tqdm[Any]:
    """Return a bar on standard error, with words as its label; None shows it only in a terminal or a notebook."""
    from tqdm import TqdmWarning  # noqa: PLC0415 - not needed for reading

    with warnings.catch_warnings():  # without ipywidgets, a notebook shows a bar of text, which needs no warning
        warnings.simplefilter("ignore", TqdmWarning)
        from tqdm.auto import tqdm  # noqa: PLC0415

    is_shown = shown if shown is not None else sys.stderr.isatty() or _is_notebook()
    return tqdm(total=total, desc=words, unit=f" {unit}", disable=not is_shown, smoothing=0.05)


def _is_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "IPKernelApp" in shell.config
