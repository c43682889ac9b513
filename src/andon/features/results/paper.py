"""A report on paper: WeasyPrint sets it from a template of its own, with the page's tokens and its charts.

Nothing is fetched while a page is set: neither from the network nor from a disk. Setting one takes about a second,
so one is set at a time in each process.
"""

import re
import threading
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

TEMPLATE = "results/paper.html"
TOKENS = "interface/css/tokens.css"
REPORT = "interface/css/report.css"
SHEET = "results/paper.css"
# Drawings that the page's style sheet colours by class; on paper each needs the rules inside.
BY_CLASS = ("staircase",)

# None: what a page names and does not hold is left out of it.
ALLOWED_PROTOCOLS: tuple[str, ...] = ()

_alone = threading.Lock()


class PaperMissing(RuntimeError):
    """This machine lacks what sets a page: Pango, or its parts."""


def pdf(context: dict[str, Any]) -> bytes:
    """The report as PDF, A4, tagged with its title and language.

    Raises: PaperMissing where the libraries of the operating system are not there.
    """
    try:
        # Here, because loading it takes half a second, and the libraries of the system may be missing.
        import weasyprint
    except OSError as missing:
        raise PaperMissing from missing
    content = render_to_string(TEMPLATE, context)
    with _alone:
        fetcher = weasyprint.URLFetcher(allowed_protocols=ALLOWED_PROTOCOLS)
        page = weasyprint.HTML(string=content, url_fetcher=fetcher)
        sheet = weasyprint.CSS(string=_read(SHEET), url_fetcher=fetcher)
        return bytes(page.write_pdf(stylesheets=[sheet], pdf_variant="pdf/ua-1"))


def on_paper(drawing: str) -> SafeString:
    """A drawing of the page with the colours of the light theme in it: paper has no style sheet to ask."""
    for name in BY_CLASS:
        if f'class="{name}"' in drawing:
            end = drawing.index(">") + 1
            drawing = f"{drawing[:end]}<style>{_rules(name)}</style>{drawing[end:]}"
    # What was drawn for the page holds the project's own words, escaped, and no markup of anybody else.
    return mark_safe(re.sub(r"var\((--[a-z-]+)\)", lambda found: _tokens()[found[1]], drawing))  # noqa: S308


@cache
def _tokens() -> dict[str, str]:
    """The values of the light theme, which come first in the file."""
    light = _read(TOKENS).partition("@media")[0]
    return dict(re.findall(r"(--[a-z0-9-]+):\s*([^;]+);", light))


@cache
def _rules(name: str) -> str:
    return " ".join(re.findall(rf"^\.{name} [^{{]+\{{[^}}]+\}}", _read(REPORT), re.MULTILINE))


@cache
def _read(static: str) -> str:
    return Path(str(finders.find(static))).read_text()
