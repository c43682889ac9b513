"""Bars of shares: numbers in, SVG text out. Drawn with the page, for a bar is a handful of rectangles.

Colours are the page's own CSS properties; there is no style attribute, style element or script, so that the page's
policy can stay strict. Every text is passed in translated.
"""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT = 300, 26
# A number stands in its segment where there is room for it.
ROOM_FOR_A_NUMBER = 22
BANDS = ("low", "mixed-low", "mixed-high", "high")
# Five answers: the bands, and between them what is neither.
ANSWERS = ("low", "mixed-low", "middle", "mixed-high", "high")


def share_bar(parts: Sequence[float], kinds: Sequence[str], *, said: str, labels: Sequence[str]) -> SafeString:
    """One bar, its parts in proportion and in the colours of their kinds; `said` is read aloud in its place.

    Guarantees: no style and no script; each number that is wide enough stands in its part.
    Raises: ValueError where nothing is to be drawn.
    """
    whole = sum(parts)
    if whole <= 0 or not len(parts) == len(kinds) == len(labels):
        raise ValueError("a bar has parts, and a kind and a label for each")
    root = ET.Element(
        "svg",
        {"class": "share-bar", "viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img", "aria-label": said},
    )
    left = 0.0
    for part, kind, label in zip(parts, kinds, labels, strict=True):
        width = WIDTH * part / whole
        if width <= 0:
            continue
        place = {"x": f"{left:.2f}", "y": "0", "width": f"{width:.2f}", "height": str(HEIGHT), "class": f"part {kind}"}
        ET.SubElement(root, "rect", place)
        if width >= ROOM_FOR_A_NUMBER:
            middle = {"x": f"{left + width / 2:.2f}", "y": str(HEIGHT - 8), "class": f"on {kind}"}
            ET.SubElement(root, "text", middle).text = label
        left += width
    # Nothing in it comes from a person: numbers, and the project's own words, which the tree escapes.
    return mark_safe(ET.tostring(root, encoding="unicode"))  # noqa: S308


def range_mark(low: float, middle: float, high: float, *, least: float, most: float, said: str) -> SafeString:
    """A line from least to most, the range on it, and where its middle lies."""
    span = (WIDTH - 8) / (most - least)
    at = [4 + (value - least) * span for value in (low, middle, high)]
    root = ET.Element(
        "svg", {"class": "range-mark", "viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img", "aria-label": said}
    )
    y = str(HEIGHT // 2)
    ET.SubElement(root, "line", {"x1": "4", "x2": str(WIDTH - 4), "y1": y, "y2": y, "class": "scale"})
    width = f"{max(at[2] - at[0], 4):.2f}"
    ET.SubElement(
        root,
        "rect",
        {"x": f"{at[0]:.2f}", "y": str(HEIGHT // 2 - 5), "width": width, "height": "10", "rx": "3", "class": "range"},
    )
    ET.SubElement(root, "circle", {"cx": f"{at[1]:.2f}", "cy": y, "r": "3.5", "class": "middle"})
    return mark_safe(ET.tostring(root, encoding="unicode"))  # noqa: S308
