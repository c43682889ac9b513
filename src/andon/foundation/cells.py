"""Cells of tables that a spreadsheet opens."""

import unicodedata

# A spreadsheet takes a cell that begins so for a formula, and would run it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain_cell(text: str) -> str:
    """The text so that no spreadsheet runs it: with an apostrophe in front where one might.

    Looked at as a program may read it: without white space in front, and with wide signs as the usual ones.
    """
    begins = unicodedata.normalize("NFKC", text.lstrip())
    return f"'{text}" if text.startswith(_FORMULA) or begins.startswith(_FORMULA) else text
