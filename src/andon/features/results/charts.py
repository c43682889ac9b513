"""The two pictures of a unit's report: figures in, SVG text out.

The charts are drawn once, when a round closes, and kept: a release never changes. Colours are the page's own CSS
properties, so that a kept chart follows the theme; there is no style attribute, style element or script in them, so
that the page's policy can stay strict. Every text is passed in translated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from xml.etree import ElementTree as ET

from andon.kernel.disclosure import Band
from andon.kernel.psychometrics import Index, QuadrantBox, Zone

Layout = Literal["narrow", "wide"]

SVG = "http://www.w3.org/2000/svg"

# Vega knows colours, not CSS properties: it draws with colours that nobody would choose, and each is then replaced.
_PROPERTIES = (
    "--ink",
    "--ink-soft",
    "--line-strong",
    "--band-low",
    "--band-mixed-low",
    "--band-mixed-high",
    "--band-high",
    "--on-band-low",
    "--on-band-mixed-low",
    "--on-band-mixed-high",
    "--on-band-high",
    "--no-figure",
    "--on-no-figure",
)
_SENTINEL = {name: f"#0000{number:02x}" for number, name in enumerate(_PROPERTIES, start=1)}
_PROPERTY = {colour: f"var({name})" for name, colour in _SENTINEL.items()}

# The patterns of print.css, as paths in a tile: dense diagonals, sparse diagonals, verticals, and nothing for "safe".
_PATTERNS: Mapping[Band, tuple[int, str, str]] = {
    Band.LOW: (6, "M0,6L6,0", "1.5"),
    Band.MIXED_LOW: (10, "M0,10L10,0", "1"),
    Band.MIXED_HIGH: (7, "M3.5,0L3.5,7", "1"),
}


class BadChartId(ValueError):
    """A chart's id becomes the id of elements: a letter, then letters, digits and hyphens."""


@dataclass(frozen=True, slots=True)
class PyramidTier:
    """One facet. ``word`` is the word of ``band`` in the page's language; without a figure, what is said instead.

    A tier with a band and no index shows a colour that was kept.
    """

    name: str
    word: str
    band: Band | None
    index: Index | None

    def __post_init__(self) -> None:
        if self.band is None and self.index is not None:
            raise ValueError("a tier with an index has a band")


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One line of the table that stands behind a chart; numbers are the printed ones, None where there is no figure."""

    name: str
    word: str
    index: int | None
    low: int | None
    high: int | None


def pyramid_rows(tiers: Sequence[PyramidTier]) -> tuple[ChartRow, ...]:
    """The pyramid as a table, lowest stage first: what a screen reader, an export and a mail use."""
    return tuple(_row(tier.name, tier.word, tier.index) for tier in tiers)


def quadrant_rows(box: QuadrantBox | None, *, x_name: str, y_name: str, zone_words: str) -> tuple[ChartRow, ...]:
    """The quadrant as a table of its two axes; ``zone_words`` says where the box lies, in the page's language."""
    return (
        _row(x_name, zone_words, box.accountability if box else None),
        _row(y_name, zone_words, box.safety if box else None),
    )


def pyramid_svg(
    tiers: Sequence[PyramidTier], *, chart_id: str, title: str, description: str, layout: Layout = "narrow"
) -> str:
    """Tiers as a pyramid, the first at the bottom, each in its band's colour with word, index and sure bounds.

    "narrow" is 340 units wide with everything inside the tiers; "wide" is 620 and has the sure bounds drawn to scale
    beside them.

    Guarantees: the same input gives the same text; no style, script, link or colour of its own; each figure stands
    there as text; bands also differ by a pattern that shows in print (elements of the class ``chart-pattern``).
    Raises: BadChartId; ValueError without tiers.
    """
    if not tiers:
        raise ValueError("a pyramid has at least one tier")
    wide = layout == "wide"
    width, height, gap = (620, 66, 4) if wide else (340, 62, 4)
    base, tip = (290, 124) if wide else (340, 204)
    whole = len(tiers) * (height + gap) - gap
    # One row of labels under the scale of the wide layout.
    canvas = whole + 26 if wide else whole
    marks: list[dict[str, Any]] = []
    left, right = 326, 606

    def half(y: float) -> float:
        return (tip + (base - tip) * y / whole) / 2

    if wide and any(tier.index for tier in tiers):
        marks += [
            _text(str(value), left + (right - left) * value / 100, whole + 20, "--ink-soft", size=13)
            for value in (0, 50, 100)
        ]

    for place, tier in enumerate(tiers):
        top = whole - (place + 1) * (height + gap) + gap
        bottom, middle = top + height, top + height / 2
        suffix = tier.band.value if tier.band else None
        fill, ink = (f"--band-{suffix}", f"--on-band-{suffix}") if suffix else ("--no-figure", "--on-no-figure")
        corners = [
            (base / 2 - half(top), top),
            (base / 2 + half(top), top),
            (base / 2 + half(bottom), bottom),
            (base / 2 - half(bottom), bottom),
        ]
        marks.append(_shape(corners, fill))
        printed = _printed(tier.index)
        if not wide:
            marks.append(_text(tier.name, base / 2, middle - 5, ink, size=16, weight=600))
            marks.append(
                _text(f"{tier.word} · {printed}" if printed else tier.word, base / 2, middle + 15, ink, size=14)
            )
            continue
        marks.append(_text(tier.name, base / 2, middle + 5, ink, size=16, weight=600))
        marks.append(_text(tier.word, left, middle - 7, "--ink", size=16, weight=600, align="left"))
        if tier.index is None:
            continue
        marks.append(_text(printed, right, middle - 7, "--ink", size=15, align="right"))
        marks.append(_line([(left, middle + 13), (right, middle + 13)], "--line-strong"))
        marks += [
            _line([(x, middle + 8), (x, middle + 18)], "--line-strong") for x in (left, (left + right) / 2, right)
        ]
        span = (right - left) / 100
        start, end = left + span * float(tier.index.low), left + span * float(tier.index.high)
        # Bounds that meet are still a figure: at least four units wide.
        thin = max(0.0, 4 - (end - start)) / 2
        marks.append(_bar(start - thin, middle + 8, end + thin, middle + 18, fill))

    root = _drawn(marks, width, canvas)
    _add_patterns(root, chart_id)
    return _finished(root, chart_id, title, description, f"chart-{layout}")


def quadrant_svg(
    box: QuadrantBox | None,
    *,
    zone_names: Mapping[Zone, str],
    x_name: str,
    y_name: str,
    chart_id: str,
    title: str,
    description: str,
) -> str:
    """Accountability across, safety upwards, four quiet corners, and the box of everything that is possible.

    The outermost edge of the box is the sure bounds; the tone only deepens inwards, so that nothing lies outside them
    and no point is singled out. Zones that the box may be called by are set in a heavier weight. Without a box
    the square stands empty, and the page says why.

    Guarantees, Raises: as pyramid_svg.
    """
    left, right, top, bottom = 36, 328, 30, 322
    middle_x, middle_y, span = (left + right) / 2, (top + bottom) / 2, (right - left) / 100
    frame = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    marks: list[dict[str, Any]] = []
    if box is not None:
        x0, x1 = left + span * float(box.accountability.low), left + span * float(box.accountability.high)
        y0, y1 = bottom - span * float(box.safety.high), bottom - span * float(box.safety.low)
        # A box without width is still a figure: at least eight units on each axis.
        wider, taller = max(0.0, 8 - (x1 - x0)) / 2, max(0.0, 8 - (y1 - y0)) / 2
        x0, x1, y0, y1 = x0 - wider, x1 + wider, y0 - taller, y1 + taller
        step = min(5.0, (x1 - x0) / 12, (y1 - y0) / 12)
        for ring in range(5):
            inset = ring * step
            marks.append(
                _bar(
                    x0 + inset,
                    y0 + inset,
                    x1 - inset,
                    y1 - inset,
                    "--ink",
                    radius=7 - ring,
                    opacity=0.07 if ring else 0.16,
                )
            )
    marks += [
        _line([(middle_x, top), (middle_x, bottom)], "--line-strong", dash=[2, 4]),
        _line([(left, middle_y), (right, middle_y)], "--line-strong", dash=[2, 4]),
        _line(frame, "--line-strong"),
    ]
    for value in (0, 50, 100):
        marks.append(_text(str(value), left + span * value, bottom + 18, "--ink-soft", size=13.5))
        marks.append(_text(str(value), left - 8, bottom - span * value + 4, "--ink-soft", size=13.5, align="right"))
    marks.append(_text(y_name, 0, 14, "--ink", size=15, weight=600, align="left"))
    marks.append(_text(x_name, right, bottom + 42, "--ink", size=15, weight=600, align="right"))
    named = box.zones if box is not None and len(box.zones) <= 2 else ()
    for zone, x, y, align in (
        (Zone.COMFORT, left + 12, top + 24, "left"),
        (Zone.LEARNING, right - 12, top + 24, "right"),
        (Zone.APATHY, left + 12, bottom - 14, "left"),
        (Zone.ANXIETY, right - 12, bottom - 14, "right"),
    ):
        weight = 600 if zone in named else 400
        marks.append(_text(zone_names[zone], x, y, "--ink", size=16, weight=weight, align=align))
    return _finished(_drawn(marks, 340, bottom + 50), chart_id, title, description, "chart-square")


# Marks. Coordinates are those of the canvas, y downwards: the charts are composed like a page, to the unit.


def _shape(corners: Sequence[tuple[float, float]], fill: str) -> dict[str, Any]:
    # A point of size 4 is drawn with its path as it is: Vega scales a path by half the root of the size.
    path = "M" + "L".join(f"{x:g},{y:g}" for x, y in corners) + "Z"
    mark = {"type": "point", "shape": path, "size": 4, "fill": _SENTINEL[fill], "stroke": "transparent", "opacity": 1}
    return {"mark": mark, "at": [(0, 0)]}


def _bar(
    x0: float, y0: float, x1: float, y1: float, fill: str, *, radius: float = 2, opacity: float = 1
) -> dict[str, Any]:
    mark = {"type": "rect", "fill": _SENTINEL[fill], "cornerRadius": radius, "fillOpacity": opacity}
    return {"mark": mark, "at": [(x0, y0)], "to": (x1, y1)}


def _line(points: Sequence[tuple[float, float]], stroke: str, *, dash: Sequence[int] = ()) -> dict[str, Any]:
    mark: dict[str, Any] = {"type": "line", "stroke": _SENTINEL[stroke], "strokeWidth": 1}
    if dash:
        mark["strokeDash"] = list(dash)
    return {"mark": mark, "at": list(points)}


def _text(
    text: str, x: float, y: float, fill: str, *, size: float, weight: int = 400, align: str = "center"
) -> dict[str, Any]:
    mark = {
        "type": "text",
        "fill": _SENTINEL[fill],
        "fontSize": size,
        "fontWeight": weight,
        "align": align,
        "baseline": "alphabetic",
        "text": text,
        # Vega would cut a text that it believes too long; it measures with another font than the reader's.
        "limit": 0,
    }
    return {"mark": mark, "at": [(x, y)]}


def _drawn(marks: Sequence[Mapping[str, Any]], width: int, height: int) -> ET.Element:
    # Here, because loading them takes longer than all else that starts with a process, and only the worker draws.
    import altair as alt
    import vl_convert

    def axis(kind: Any, field: str, extent: list[int]) -> Any:
        return kind(f"{field}:Q", axis=None, scale=alt.Scale(domain=extent, nice=False, zero=False))

    layers = []
    for mark in marks:
        rows: list[dict[str, float]] = [{"n": n, "x": x, "y": y} for n, (x, y) in enumerate(mark["at"])]
        if "to" in mark:
            rows[0] |= {"x2": mark["to"][0], "y2": mark["to"][1]}
        # Vega-Lite's y grows upwards; the domain is turned so that it grows downwards like the canvas.
        channels: dict[str, Any] = {"x": axis(alt.X, "x", [0, width]), "y": axis(alt.Y, "y", [height, 0])}
        if "to" in mark:
            channels |= {"x2": "x2:Q", "y2": "y2:Q"}
        if mark["mark"]["type"] == "line":
            channels["order"] = "n:O"
        chart = alt.Chart(alt.Data(values=rows)).encode(**channels)
        chart.mark = mark["mark"]
        layers.append(chart)
    spec = (
        alt.layer(*layers)
        .properties(width=width, height=height, padding=0)
        .configure(background="transparent", aria=False, view=alt.ViewConfig(stroke="transparent"))
        # Half of the time goes into checking what is always built alike; Vega refuses what it cannot read.
        .to_dict(validate=False)
    )
    # The input of the parser is what the line above drew: nothing in it is anybody else's markup.
    return ET.fromstring(vl_convert.vegalite_to_svg(spec))  # noqa: S314


def _finished(root: ET.Element, chart_id: str, title: str, description: str, layout_class: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", chart_id):
        raise BadChartId("a chart's id is a letter, then letters, digits and hyphens")
    for parent in list(root.iter()):
        for child in list(parent):
            if child.get("class") in ("background", "foreground"):
                parent.remove(child)
    for element in root.iter():
        for name in list(element.attrib):
            # Vega describes its own parts to screen readers; ours is one image with a title and a description.
            if name in ("role", "font-family") or name.startswith("aria-"):
                del element.attrib[name]
        if (element.get("class") or "").startswith(("mark-", "role-")):
            del element.attrib["class"]
        for name in ("fill", "stroke"):
            colour = element.get(name, "")
            element.set(name, _PROPERTY.get(colour, colour)) if colour else None
    _unwrap(root)
    root.attrib.pop("version", None)
    root.set("class", f"chart {layout_class}")
    root.set("role", "img")
    root.set("aria-labelledby", f"{chart_id}-title {chart_id}-desc")
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ET.Element(f"{{{SVG}}}{tag}", {"id": f"{chart_id}-{tag}"})
        element.text = text
        root.insert(place, element)
    # The prefix is one for the whole process, and whoever draws something else may have taken it.
    ET.register_namespace("", SVG)
    return ET.tostring(root, encoding="unicode")


def _unwrap(root: ET.Element) -> None:
    """Take out the groups that only wrapped one mark each: a kept chart is about a third of the size."""
    for parent in list(root.iter()):
        for place, child in reversed(list(enumerate(parent))):
            if child.tag == f"{{{SVG}}}g" and not child.attrib:
                parent.remove(child)
                for offset, inner in enumerate(child):
                    parent.insert(place + offset, inner)


def _add_patterns(root: ET.Element, chart_id: str) -> None:
    """Lay a pattern over each tier that shows in print only, and hatch the tiers without a figure always."""
    tiles: list[ET.Element] = []
    for band, (side, path, weight) in _PATTERNS.items():
        tiles.append(_tile(f"{chart_id}-{band.value}", side, path, weight, f"var(--on-band-{band.value})"))
    tiles.append(_tile(f"{chart_id}-none", 8, "M0,8L8,0", "1", "var(--no-figure-hatch)"))
    pattern_of = {_SENTINEL[f"--band-{band.value}"]: (band.value, True) for band in _PATTERNS}
    pattern_of[_SENTINEL["--no-figure"]] = ("none", False)
    for parent in list(root.iter()):
        for place, child in reversed(list(enumerate(parent))):
            name, print_only = pattern_of.get(child.get("fill", ""), ("", False))
            if not name:
                continue
            over = ET.Element(child.tag, child.attrib)
            over.set("fill", f"url(#{chart_id}-{name})")
            if print_only:
                # The page's stylesheet shows the class in print; without one the attribute keeps it away.
                over.attrib |= {"class": "chart-pattern", "display": "none", "fill-opacity": "0.35"}
            parent.insert(place + 1, over)
    definitions = ET.Element(f"{{{SVG}}}defs")
    definitions.extend(tiles)
    root.insert(0, definitions)


def _tile(name: str, side: int, path: str, weight: str, stroke: str) -> ET.Element:
    tile = ET.Element(
        f"{{{SVG}}}pattern",
        {"id": name, "width": str(side), "height": str(side), "patternUnits": "userSpaceOnUse"},
    )
    ET.SubElement(tile, f"{{{SVG}}}path", {"d": path, "stroke": stroke, "stroke-width": weight})
    return tile


def _printed(index: Index | None) -> str:
    if index is None:
        return ""
    low, mid, high = index.printed()
    return f"{mid} ({low}–{high})"


def _row(name: str, word: str, index: Index | None) -> ChartRow:
    if index is None:
        return ChartRow(name, word, None, None, None)
    low, mid, high = index.printed()
    return ChartRow(name, word, mid, low, high)
