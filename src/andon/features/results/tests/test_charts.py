"""Charts say what the figures say, to eyes and to screen readers, in both themes, under a strict policy."""

import re
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from andon.features.results.charts import (
    BadChartId,
    ChartRow,
    PyramidTier,
    pyramid_rows,
    pyramid_svg,
    quadrant_rows,
    quadrant_svg,
)
from andon.foundation import interface
from andon.kernel.disclosure import Band, StatementFigure
from andon.kernel.psychometrics import Index, Zone, facet_index, quadrant, word_for

TOKENS = Path(interface.__file__).parent / "static/interface/css/tokens.css"
SVG = "{http://www.w3.org/2000/svg}"
WORDS = {
    Band.LOW: "unsafe",
    Band.MIXED_LOW: "leaning unsafe",
    Band.MIXED_HIGH: "leaning safe",
    Band.HIGH: "safe",
}
ZONES = {zone: f"name of {zone.value}" for zone in Zone}


def tier(name, *bands):
    index = facet_index([StatementFigure.fresh(band, 8) for band in bands])
    return PyramidTier(name, WORDS[word_for(index)], word_for(index), index)


TIERS = [
    tier("Inclusion", *[Band.HIGH] * 4),
    tier("Learner", *[Band.MIXED_HIGH] * 4),
    PyramidTier("Contributor <b> & co", "no figure", None, None),
    tier("Challenger", Band.LOW, Band.LOW, Band.MIXED_LOW, Band.LOW),
]
BOX = quadrant(Index(Fraction(60), Fraction(90)), Index(Fraction(30), Fraction(60)))


def pyramid(layout="narrow", tiers=TIERS):
    return pyramid_svg(tiers, chart_id="p1", title="Four stages", description="From the bottom up.", layout=layout)


def square(box=BOX):
    return quadrant_svg(
        box,
        zone_names=ZONES,
        x_name="Accountability",
        y_name="Safety",
        chart_id="q1",
        title="Where the team may stand",
        description="Between anxiety and learning.",
    )


def texts(svg):
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter(f"{SVG}text")]


CHARTS = {"narrow": pyramid("narrow"), "wide": pyramid("wide"), "square": square(), "empty": square(None)}


@pytest.mark.parametrize("svg", CHARTS.values(), ids=CHARTS)
def test_a_chart_fits_the_strict_policy(svg):
    root = ET.fromstring(svg)
    for node in root.iter():
        assert node.tag.removeprefix(SVG) in {"svg", "g", "path", "text", "title", "desc", "defs", "pattern"}
        assert not [name for name in node.attrib if name == "style" or name.startswith("on") or "href" in name]
    assert root.tag == f"{SVG}svg"


@pytest.mark.parametrize("svg", CHARTS.values(), ids=CHARTS)
def test_every_colour_is_the_pages_own(svg):
    tokens = TOKENS.read_text(encoding="utf-8")
    for node in ET.fromstring(svg).iter():
        for name in ("fill", "stroke"):
            colour = node.get(name, "none")
            if found := re.fullmatch(r"var\((--[a-z-]+)\)", colour):
                assert f"  {found[1]}: #" in tokens, "the page defines it, as a colour"
            else:
                assert colour in ("none", "transparent") or colour.startswith("url(#p1-")
    assert not re.search(r"#[0-9a-f]{3,6}\b", svg.replace("url(#p1-", "")), "no colour of the chart's own"


@pytest.mark.parametrize("svg", CHARTS.values(), ids=CHARTS)
def test_a_chart_is_one_image_with_a_name_and_a_description(svg):
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    ids = {node.get("id"): node.text for node in root.iter() if node.get("id")}
    assert [bool(ids[name]) for name in root.get("aria-labelledby").split()] == [True, True]
    assert root[0].tag == f"{SVG}title"
    assert not [name for node in list(root)[1:] for name in node.attrib if name.startswith("aria-") or name == "role"]
    assert "font-family" not in svg, "the page's own face"


@pytest.mark.parametrize("layout", ["narrow", "wide"])
def test_each_tier_has_its_name_word_index_and_bounds_as_text(layout):
    said = " | ".join(texts(pyramid(layout)))
    for row in pyramid_rows(TIERS):
        assert row.name in said
        assert row.word in said
        if row.index is not None:
            assert f"{row.index} ({row.low}–{row.high})" in said


@pytest.mark.parametrize("layout", ["narrow", "wide"])
def test_the_first_tier_stands_at_the_bottom_and_is_the_widest(layout):
    root = ET.fromstring(pyramid(layout))
    tops = {}
    for node in root.iter(f"{SVG}text"):
        name = "".join(node.itertext())
        if name in {entry.name for entry in TIERS}:
            tops[name] = float(re.search(r",([\d.]+)\)", node.get("transform"))[1])
    assert [name for name, _ in sorted(tops.items(), key=lambda item: -item[1])] == [entry.name for entry in TIERS]


def test_bands_differ_by_a_pattern_that_only_print_shows():
    root = ET.fromstring(pyramid())
    over = [node for node in root.iter() if node.get("class") == "chart-pattern"]
    assert {node.get("fill") for node in over} == {"url(#p1-low)", "url(#p1-mixed-high)"}
    assert {node.get("display") for node in over} == {"none"}
    hatched = [node for node in root.iter() if node.get("fill") == "url(#p1-none)"]
    assert [node.get("display") for node in hatched] == [None], "a tier without a figure is hatched on screens too"


def test_the_same_figures_give_the_same_bytes():
    assert pyramid() == CHARTS["narrow"]
    assert square() == CHARTS["square"]


def test_two_charts_on_one_page_share_no_id():
    other = pyramid_svg(TIERS, chart_id="p2", title="t", description="d")
    assert not set(re.findall(r' id="([^"]+)"', other)) & set(re.findall(r' id="([^"]+)"', CHARTS["narrow"]))


@pytest.mark.parametrize("chart_id", ["", "1", "a b", 'a"', "a<"])
def test_an_id_that_could_break_out_is_refused(chart_id):
    with pytest.raises(BadChartId):
        pyramid_svg(TIERS, chart_id=chart_id, title="t", description="d")


def test_what_is_passed_in_is_text_and_never_markup():
    assert "Contributor &lt;b&gt; &amp; co" in CHARTS["wide"]
    assert "<b>" not in CHARTS["wide"]


def test_the_quadrant_names_four_corners_and_both_axes():
    assert set(ZONES.values()) | {"Accountability", "Safety"} <= set(texts(CHARTS["square"]))


def test_the_zones_that_the_box_may_be_called_by_stand_out():
    heavy = {
        "".join(node.itertext())
        for node in ET.fromstring(CHARTS["square"]).iter(f"{SVG}text")
        if node.get("font-weight") == "600"
    }
    assert heavy == {ZONES[Zone.ANXIETY], ZONES[Zone.LEARNING], "Accountability", "Safety"}


def test_the_box_reaches_its_sure_bounds_and_no_further():
    rings = [node for node in ET.fromstring(CHARTS["square"]).iter() if node.get("fill-opacity")]
    numbers = [[float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", ring.get("d"))] for ring in rings]
    assert len(rings) == 5
    # The frame runs from 36 to 328 and from 322 up to 30: 2.92 units a point.
    xs, ys = numbers[0][0::2], numbers[0][1::2]
    assert max(numbers[0]) <= 328
    assert pytest.approx(min(x for x in xs if x > 200), abs=8) == 36 + 60 * 2.92
    assert ys, "the box is drawn"
    assert not [node for node in ET.fromstring(CHARTS["empty"]).iter() if node.get("fill-opacity")]


def test_a_box_without_width_is_still_seen():
    point = Index(Fraction(55), Fraction(55))
    assert quadrant(point, point).zone is Zone.LEARNING
    assert 'fill-opacity="0.16"' in square(quadrant(point, point))


def test_the_tables_behind_the_charts_hold_the_printed_numbers():
    assert pyramid_rows(TIERS)[0] == ChartRow("Inclusion", "safe", 81, 62, 100)
    assert pyramid_rows(TIERS)[2] == ChartRow("Contributor <b> & co", "no figure", None, None, None)
    rows = quadrant_rows(BOX, x_name="Accountability", y_name="Safety", zone_words="anxiety or learning")
    assert rows == (
        ChartRow("Accountability", "anxiety or learning", 75, 60, 90),
        ChartRow("Safety", "anxiety or learning", 45, 30, 60),
    )
    assert quadrant_rows(None, x_name="A", y_name="S", zone_words="no figure")[0].low is None


def test_a_tier_with_an_index_has_a_band():
    with pytest.raises(ValueError, match="has a band"):
        PyramidTier("Inclusion", "safe", None, Index(Fraction(60), Fraction(80)))
    with pytest.raises(ValueError, match="at least one"):
        pyramid(tiers=[])


def test_a_colour_that_was_kept_is_drawn_without_a_range():
    drawn = pyramid("wide", [PyramidTier("Inclusion", "safe, not updated", Band.HIGH, None)])
    assert "safe, not updated" in drawn
    assert "var(--band-high)" in drawn
    assert "–" not in drawn


# Contrast, computed.


def theme(dark):
    css = TOKENS.read_text(encoding="utf-8")
    light, _, rest = css.partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"(--[a-z-]+): (#[0-9a-f]{6});", light))
    return found | dict(re.findall(r"(--[a-z-]+): (#[0-9a-f]{6});", rest.partition("\n}\n")[0])) if dark else found


def channels(colour):
    return [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def luminance(rgb):
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_of_a_chart_has_the_contrast_to_be_read(dark):
    colours = {name: channels(value) for name, value in theme(dark).items()}
    for band in Band:
        assert contrast(colours[f"--on-band-{band.value}"], colours[f"--band-{band.value}"]) >= 4.5
    assert contrast(colours["--on-no-figure"], colours["--no-figure"]) >= 4.5
    assert contrast(colours["--on-no-figure"], colours["--no-figure-hatch"]) >= 4.5
    assert contrast(colours["--ink-soft"], colours["--paper"]) >= 4.5
    # A corner's name may lie over the innermost tone of the box.
    tone = colours["--paper"]
    for opacity in (0.16, 0.07, 0.07, 0.07, 0.07):
        tone = [ground * (1 - opacity) + ink * opacity for ground, ink in zip(tone, colours["--ink"], strict=True)]
    assert contrast(colours["--ink"], tone) >= 4.5
