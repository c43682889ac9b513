import re
from pathlib import Path

import pytest

from andon.foundation import interface

SHEET = (Path(interface.__file__).parent / "static/interface/css/tokens.css").read_text()
COLOUR = re.compile(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6});")
LIGHT = dict(COLOUR.findall(SHEET.split("@media (prefers-color-scheme: dark)")[0]))
DARK = LIGHT | dict(COLOUR.findall(SHEET.split("@media (prefers-color-scheme: dark)")[1]))

# Text and what it stands on. 4.5:1, WCAG 2.2, 1.4.3.
READ = [
    *[(text, ground) for text in ("ink", "ink-soft", "link", "link-strong") for ground in ("paper", "sheet")],
    *[(text, ground) for text in ("ink", "link") for ground in ("note", "good", "warning", "stop")],
    ("paper", "ink"),
    ("on-cord", "cord"),
    ("stop-line", "paper"),
    *[(f"on-band-{band}", f"band-{band}") for band in ("low", "mixed-low", "mixed-high", "high")],
    ("on-no-figure", "no-figure"),
    ("on-no-figure", "no-figure-hatch"),
]
# Edges of things that are used, and the focus ring. 3:1, WCAG 2.2, 1.4.11.
SEEN = [
    ("line-strong", "paper"),
    ("line-strong", "sheet"),
    ("focus", "paper"),
    ("focus", "sheet"),
    *[(f"{kind}-line", kind) for kind in ("note", "good", "warning", "stop")],
    ("cord", "paper"),
]


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance, of #rrggbb."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_itself() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), READ)
def test_what_is_read_has_a_contrast_of_at_least_four_and_a_half(theme: dict[str, str], text: str, ground: str) -> None:
    assert contrast(theme[text], theme[ground]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("edge", "ground"), SEEN)
def test_what_is_only_seen_has_a_contrast_of_at_least_three(theme: dict[str, str], edge: str, ground: str) -> None:
    assert contrast(theme[edge], theme[ground]) >= 3


def test_no_style_sheet_brings_a_colour_of_its_own() -> None:
    for sheet in (Path(interface.__file__).parent / "static/interface/css").glob("*.css"):
        if sheet.name not in {"tokens.css", "print.css", "bands.css"}:
            assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?!.*\{)|rgba?\(|hsla?\(", sheet.read_text()), sheet.name
