"""Where the pages lie that commands send people to, such as docs/operations/keys.md."""

from pathlib import Path

import andon

_PACKAGE = Path(andon.__file__).parent


def folder() -> Path | None:
    """What `docs` stands for here: it comes with the wheel, and lies beside the sources in a working copy."""
    here = (_PACKAGE / "docs", _PACKAGE.parents[1] / "docs")
    return next((place for place in here if (place / "operations").is_dir()), None)


def where(text: str) -> str:
    """A line to add to a text that names such a page; "" to every other one."""
    place = folder()
    return f"docs/ is {place}" if place and "docs/" in text else ""
