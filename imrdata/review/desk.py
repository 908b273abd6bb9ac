"""`open`: show fields one by one in JupyterLab beside their letters, and save each mark at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import polars as pl
import traitlets

from imrdata.errors import ImrDataError
from imrdata.review.marks import read_marks
from imrdata.review.round import Round


class Desk(anywidget.AnyWidget):
    """The widget of a `Round`: displays it and receives input."""

    _esm = Path(__file__).with_name("desk.js")
    _css = Path(__file__).with_name("desk.css")
    screen = traitlets.Dict().tag(sync=True)  # the displayed field
    letter = traitlets.Dict().tag(sync=True)  # the letter beside it, in pieces
    page = traitlets.Dict().tag(sync=True)  # the image of one of its pages, once the person asks for it

    def __init__(self, work: Round) -> None:
        super().__init__()
        self._round = work
        self.file = work.file
        self.on_msg(self._told)
        self._show()

    def __repr__(self) -> str:
        return f"Desk({len(self._round.items)} fields, {len(self._round.marks)} marked)"

    def marks(self) -> pl.DataFrame:
        """Return the marks in the file, as `read_marks` does."""
        return read_marks(self.file)

    def _told(self, _: Any, content: dict[str, Any], __: Any) -> None:
        """Handle input: a mark of the current field, or a move."""
        if content.get("do") == "page":
            number = content.get("number")
            self.page = {**self._round.page(number if isinstance(number, int) else None), "at": self._round.at}
            return
        message = ""
        if content.get("at") == self._round.at:  # else it is a key that was pressed twice
            try:
                if content.get("do") == "mark":
                    self._round.mark(content["verdict"], content.get("value"), content.get("note"))
                else:
                    self._round.go(int(content["to"]))
            except (ImrDataError, OSError, ValueError) as error:
                message = f"not written: {error}"
        self._show(message)

    def _show(self, message: str = "") -> None:
        screen = self._round.screen()
        self.letter = self._round.letter_pieces()
        self.screen = {**screen, "message": message}
        self._round.read_ahead()  # while the person reads
