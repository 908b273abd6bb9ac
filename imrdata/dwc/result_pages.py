"""Read a page of the decision search: its tables, its printed number of results, and its forms."""

from __future__ import annotations

import re
from codecs import lookup
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from imrdata.dwc.case_tables import SHOWN, SITE, Entry, joined, plain, table_of, words
from imrdata.errors import needs

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{1,40})", re.IGNORECASE)
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\([0-9]+\)(\S+)", re.IGNORECASE)  # browsers write it


class Form(NamedTuple):
    """A form: the address and method for its fields, and their initial values."""

    name: str
    action: str
    method: str
    fields: dict[str, str]
    buttons: dict[str, str]


class ResultPage(NamedTuple):
    """The contents of a page: the rows of each table of cases, the columns of all, the printed count, and forms."""

    tables: list[list[Entry]]
    columns: frozenset[str]
    result_count: int | None
    forms: list[Form]

    @property
    def entries(self) -> list[Entry]:
        """Return the rows of all tables."""
        return [entry for table in self.tables for entry in table]


def decoded(content: bytes, said: str | None = None) -> str:
    """Decode a page by its byte order mark, else as UTF-8, else by its declared encoding, else as Windows-1252."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    meta = _CHARSET.search(content[:4096])
    for encoding in ("utf-8-sig", meta[1].decode("ascii") if meta else said or "cp1252"):
        try:
            # Pages that declare ISO-8859-1 use Windows-1252, which has more characters.
            return content.decode("cp1252" if lookup(encoding).name == "iso8859-1" else encoding)
        except (UnicodeError, LookupError):
            continue
    return content.decode("cp1252", "replace")


def read_page(text: str, page: str, told: Counter[str], address: str = SITE) -> ResultPage:
    """Read a page, with its name in the index, and its address if it does not have its own.

    What is not understood is counted in `told`; rows that do not fit the headings of their table are a SourceError.
    """
    with needs("fetch", "reading pages of the decision search"):
        from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - an extra
    tree = LexborHTMLParser(text)
    tree.strip_tags(["script", "style", "template"])
    saved = _SAVED_FROM.search(text[:4096])
    base = tree.css_first("base[href]")
    address = joined(saved[1] if saved else address, base.attributes["href"] or "" if base else "")
    found = [table for node in tree.css("table") if (table := table_of(node, page, address)) is not None]
    tables = [table for table in found if table.entries] or found[:1]
    for table in tables:
        told.update(table.told)
    columns = frozenset(name for table in tables for name in table.columns if name)
    count = _result_count(tree, tables[-1].node if tables else None)
    forms = [_form(node, address) for node in tree.css("form")]
    return ResultPage([table.entries for table in tables], columns, count, forms)


# --- OUTSIDE THE TABLES --- #


def _result_count(tree: LexborHTMLParser, table: LexborNode | None) -> int | None:
    """Return the number of results, printed in bold after the table; 0 if a page says that there are none."""
    is_behind = table is None
    for node in tree.css("table, strong, b, p, td, div, font, span"):
        if table is not None and node.mem_id == table.mem_id:
            is_behind = True
        elif is_behind and (node.tag in ("strong", "b") or table is None) and not _is_in(node, table):
            printed = plain(node.text(separator=" ")).strip(" .!()")
            for name, pattern in words("result_count"):
                found = pattern.fullmatch(printed) if len(printed) <= SHOWN else None
                if found and (name == "none" or node.tag in ("strong", "b")):
                    return 0 if name == "none" else int(found[1].replace(",", ""))
    return None


def _is_in(node: LexborNode, table: LexborNode | None) -> bool:
    parent = node.parent
    while table is not None and parent is not None:
        if parent.mem_id == table.mem_id:
            return True
        parent = parent.parent
    return False


def _form(node: LexborNode, address: str) -> Form:
    fields: dict[str, str] = {}
    buttons: dict[str, str] = {}
    for field in node.css("input[name], select[name], textarea[name]"):
        given = field.attributes
        name, kind = given["name"] or "", (given.get("type") or "").lower()
        if field.tag == "select":
            option = field.css_first("option[selected]") or field.css_first("option")
            fields[name] = (option.attributes.get("value", option.text(strip=True)) or "") if option else ""
        elif kind == "submit":
            buttons.setdefault(name, given.get("value") or "")
        elif kind not in ("checkbox", "radio", "reset", "file", "button", "image") or "checked" in given:
            fields[name] = given.get("value") or ""
    own = node.attributes
    action, method = joined(address, own.get("action") or ""), (own.get("method") or "get").lower()
    return Form(own.get("name") or "", action, method, fields, buttons)
