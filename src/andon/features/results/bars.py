"""Bars of shares: numbers in, SVG text out. Drawn with the page, for a bar is a handful of rectangles.

Colours are the page's own CSS properties; there is no style attribute, style element or script, so that the page's
policy can stay strict. Every text is passed in translated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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


# Above the scale half of a number has to fit. Rings stand in a row of their own between the scale and the days.
STAIR_WIDTH, STAIR_HEAD, STAIR_HEIGHT, STAIR_RINGS, STAIR_FOOT = 320, 10, 112, 18, 24
FEW_STAIRS = 5
_LEFT = 30


@dataclass(frozen=True, slots=True)
class Stair:
    """One step: the sure bounds and their middle from 0 to 100 with the kind of colour, or None where there is none.

    ``begins``: nothing is compared across the line before it.
    """

    bounds: tuple[float, float, float] | None
    kind: str
    begins: bool


def staircase(stairs: Sequence[Stair], *, first: str, last: str, said: str) -> SafeString:
    """Steps from left to right, each as high as its sure bounds, with a thin line where the history begins anew.

    Where a step has none, a ring stands below the scale, so that nobody reads a value from it. `first` and `last`
    stand below the first and the last step.
    Raises: ValueError without steps.
    """
    if not stairs:
        raise ValueError("a staircase has steps")
    below = STAIR_HEAD + STAIR_HEIGHT + (STAIR_RINGS if any(stair.bounds is None for stair in stairs) else 0)
    whole = below + STAIR_FOOT
    root = ET.Element(
        "svg", {"class": "staircase", "viewBox": f"0 0 {STAIR_WIDTH} {whole}", "role": "img", "aria-label": said}
    )

    def at(value: float) -> float:
        return STAIR_HEAD + STAIR_HEIGHT * (1 - value / 100)

    def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        place = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
        ET.SubElement(root, "line", {name: f"{value:.1f}" for name, value in place.items()} | {"class": kind})

    def text(x: float, y: float, words: str, anchor: str) -> None:
        place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "class": "label", "text-anchor": anchor}
        ET.SubElement(root, "text", place).text = words

    for value in (0, 50, 100):
        line(_LEFT, at(value), STAIR_WIDTH, at(value), "scale")
        text(_LEFT - 5, at(value) + 4, str(value), "end")
    # As wide as with six steps, so that two steps do not look like a wall.
    width = (STAIR_WIDTH - _LEFT) / max(len(stairs), 6)
    before: float | None = None
    for number, stair in enumerate(stairs):
        left = _LEFT + number * width
        if stair.begins and number:
            line(left, at(100), left, below, "begins")
            before = None
        if stair.bounds is None:
            before = None
            # A colour that was kept says nothing of this round: a ring, and no height.
            ring = {"cx": f"{left + width / 2:.1f}", "cy": f"{below - 6:.1f}", "r": "4", "class": "none"}
            ET.SubElement(root, "circle", ring)
            continue
        low, middle, high = stair.bounds
        top, bottom = at(high), at(low)
        thin = max(0.0, 4 - (bottom - top)) / 2
        box = {"x": left, "y": top - thin, "width": width, "height": bottom - top + 2 * thin}
        ET.SubElement(
            root, "rect", {name: f"{value:.1f}" for name, value in box.items()} | {"class": f"part {stair.kind}"}
        )
        if before is not None:
            line(left, before, left, at(middle), "middle")
        line(left, at(middle), left + width, at(middle), "middle")
        before = at(middle)
    if len(stairs) >= FEW_STAIRS:
        text(_LEFT, whole - 4, first, "start")
        text(_LEFT + len(stairs) * width, whole - 4, last, "end")
    else:
        # No room for two days below so few steps.
        text(_LEFT, whole - 4, f"{first} – {last}" if len(stairs) > 1 else first, "start")
    return mark_safe(ET.tostring(root, encoding="unicode"))  # noqa: S308
