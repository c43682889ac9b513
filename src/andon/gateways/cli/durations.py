"""Lengths of time as people type them."""

import argparse
import re
from datetime import timedelta

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_FORM = re.compile(r"(\d{1,5})([mhdw])")


def duration(text: str) -> timedelta:
    """`30m`, `2h`, `7d` or `1w`, for argparse. Raises: argparse.ArgumentTypeError."""
    found = _FORM.fullmatch(text.strip().lower())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a length of time such as 30m, 2h, 7d or 1w")
    number, unit = found.groups()
    return timedelta(**{_UNITS[unit]: int(number)})
