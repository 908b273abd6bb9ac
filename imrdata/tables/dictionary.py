"""The data dictionary: the meanings of columns and the values they allow."""

from __future__ import annotations

import polars as pl

from imrdata.errors import UnknownTermError
from imrdata.letters.case_numbers import case_numbers_in, typed_case_number
from imrdata.resources import split_cell, vocabulary
from imrdata.tables.columns import columns as every_column
from imrdata.tables.columns import contract_of, require_column


def columns(table: str = "decisions") -> pl.DataFrame:
    """Describe the columns of a table.

    Args:
        table: ``letters``, ``decisions``, ``citations``, ``quarantine`` or ``diagnostics``.

    Returns:
        A frame, one row per column, in the order of the table: ``column``, ``type``, ``meaning``, ``unit`` (String,
        empty if none), ``may_be_null`` (Boolean), ``accuracy`` (String), the correct values of those measured in
        each layout, null if not measured (see `imrdata.review.accuracy`).

    Raises:
        UnknownTermError: The table does not exist.

    Example:
        >>> import imrdata
        >>> imrdata.columns().filter(column="outcome")["type"][0]
        'Enum: Upheld, Overturned'
    """
    rows = [
        (name, _type(column.dtype), column.description, column.unit, column.nullable, _measured(name))
        for name, column in contract_of(table).columns.items()
    ]
    texts = dict.fromkeys(("column", "type", "meaning", "unit"), pl.String)
    return pl.DataFrame(rows, schema={**texts, "may_be_null": pl.Boolean, "accuracy": pl.String}, orient="row")


def values(column: str) -> list[str]:
    """List the values that a column allows; for a column of lists, the elements.

    A filter on any other value, such as ``outcome="overturned"``, matches no rows and raises no error.

    Args:
        column: The name of a column of any table.

    Returns:
        The values, sorted, or in the order of the Enum. A title that is in no vocabulary is kept as printed in
        ``guideline_title`` and ``sections``; ``treatment_name`` may also have other combinations of ingredients.

    Raises:
        UnknownTermError: The column does not exist, or it has no list of values.

    Example:
        >>> import imrdata
        >>> imrdata.values("outcome")
        ['Upheld', 'Overturned']
        >>> "TENS unit" in imrdata.values("treatment_name")
        True
    """
    known = every_column()
    require_column(column, known)
    dtype, listed = known[column].dtype, known[column].listed
    if isinstance(dtype, pl.Enum):
        return dtype.categories.to_list()
    if listed:
        return sorted(_entries(*listed.split(".")))
    if column == "treatment_name":
        ingredients = ("/".join(split_cell(row["ingredients"])).capitalize() for row in vocabulary("drugs"))
        from imrdata.letters.fields.treatments import NAMED_BY_CLASS, STEROID_INJECTION  # noqa: PLC0415 - the reader's patterns take time

        return sorted(_entries("treatments", "name") | {*ingredients, *NAMED_BY_CLASS.values(), STEROID_INJECTION})
    others = [name for name, one in known.items() if isinstance(one.dtype, pl.Enum) or one.listed]
    message = f"{column} has no list of values; these have: {', '.join([*others, 'treatment_name'])}"
    raise UnknownTermError(message, reason="no_vocabulary")


def case_number(printed: str | int) -> str:
    """Convert a case number to its standard form ``CMyy-nnnnnnn``.

    Args:
        printed: E.g. ``cm17-0000002``, ``CM 17 0000002``, ``IMR 13-000004``, or a text with one case number in it.

    Returns:
        The standard form, as in the column ``case_number``.

    Raises:
        UnknownTermError: The text has no case number, or several.

    Example:
        >>> import imrdata
        >>> imrdata.case_number("cm17-0000002"), imrdata.case_number("IMR 13-000004")
        ('CM17-0000002', 'CM13-0000004')
    """
    if typed := typed_case_number(str(printed)):
        return typed
    found = case_numbers_in(str(printed).replace("_", "-"))
    if len(found) != 1:
        how_many = f"{len(found)} case numbers" if found else "no case number"
        message = f"{printed!r} holds {how_many}; a case number is written CM16-0000123"
        raise UnknownTermError(message, reason="unknown_case_number")
    return found[0]


def _measured(name: str) -> str | None:
    rows = (row for row in vocabulary("accuracy") if row["column"] == name)
    return "; ".join(f"{row['right']} of {row['checked']} ({row['letter_layout']})" for row in rows) or None


def _type(dtype: pl.DataType) -> str:
    return "Enum: " + ", ".join(dtype.categories) if isinstance(dtype, pl.Enum) else str(dtype)


def _entries(name: str, column: str) -> set[str]:
    return {entry for row in vocabulary(name) for entry in split_cell(row[column])}
