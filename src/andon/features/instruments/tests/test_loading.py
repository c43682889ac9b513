"""Instrument files: whole and known, or refused with one clear reason; and never changed once shipped."""

import hashlib
import json
import re

import pytest
import rfc8785

from andon.features.instruments import public as instruments
from andon.features.instruments.shipped import CONTENT, shipped
from andon.kernel import psychometrics

# The bytes that members were asked with. A line is added for a new version; no line is ever changed or taken away.
SHIPPED = {
    ("andon-core", "1.0.0"): "b2732e8b63b3b380943aba157d904f3bd01d0357e9aef3d2c400c68a0fe099c0",
    ("andon-core", "1.1.0"): "33cf81555c2cd38601e4d227c8786df95df901c2594adfa2fcc9e0933faebba5",
    ("andon-security", "1.0.0"): "840cd12d19fd4eafeedad0a0de51715e1ca8db33ee283db678ca209f3dcb0a70",
    ("dora-culture", "1.0.0"): "5689c34f069408e8ebfdf7063c15c80e4e93a12b101d6a1e851c27561e1341d4",
    ("edmondson-1999", "1.0.0"): "8791132690bc866693ed9c992b2b522f6c468a6769b1ea2434ada8f8534d0174",
}

SMALL = """
id: small
version: 1.2.0
title: {en: Small, de: Klein}
rights: CC0-1.0
citation: Nobody, never.
translations: {en: original, de: draft}
scale:
  least: 1
  most: 5
  labels: {en: [a, b, c, d, e], de: [f, g, h, i, j]}
facets:
  - {id: calm, name: {en: Calm, de: Ruhe}, least_statements: 2}
statements:
  - {code: CA1, facet: calm, direction: "+", wording: {en: It is calm., de: Es ist ruhig.}}
  - {code: CA2, facet: calm, direction: "-", wording: {en: It is loud., de: Es ist laut.}}
priors: {published: [{measure: alpha, value: 0.8, source: A paper}], note: One value is published.}
"""


def test_no_shipped_wording_ever_changes():
    assert {(one.id, one.version): one.sha256 for one in shipped()} == SHIPPED


def test_the_newest_version_says_the_same_in_english_and_has_three_drafts_beside_it():
    first, newest = instruments.load("andon-core", "1.0.0"), instruments.load("andon-core")
    assert newest.version == "1.1.0"
    assert [one.wording["en"] for one in newest.statements] == [one.wording["en"] for one in first.statements]
    assert newest.directions == first.directions
    assert newest.scale.labels["en"] == first.scale.labels["en"]
    assert newest.translations == {"de": "draft", "en": "original", "es": "draft", "fr": "draft"}
    assert newest.to_json()["translations"] == newest.translations


def test_the_core_instrument_is_whole():
    core = instruments.load("andon-core", "1.0.0")
    assert core.rights == "CC0-1.0"
    assert {facet.id: len(core.of_facet(facet.id)) for facet in core.facets} == {
        "inclusion": 4,
        "learner": 4,
        "contributor": 4,
        "challenger": 4,
        "accountability": 5,
    }
    reversed_codes = {code for code, direction in core.directions.items() if direction == "-"}
    assert reversed_codes == {"IN3", "LE4", "CO4", "CH3", "CH4", "AC4"}
    assert core.scale.labels["en"][0] == "disagree strongly"
    assert core.scale.labels["en"][-1] == "agree strongly"
    assert core.priors == ()
    assert "None are published" in core.priors_note


def test_items_one_three_and_five_of_edmondson_flip_and_nothing_flips_twice():
    scale = instruments.load("edmondson-1999")
    raw = dict.fromkeys(scale.codes, 5)
    once = psychometrics.key_ballot(raw, scale.directions)
    assert once == {"ED1": 1, "ED2": 5, "ED3": 1, "ED4": 5, "ED5": 1, "ED6": 5, "ED7": 5}
    assert psychometrics.key_ballot(once, scale.directions) == raw
    middle = dict.fromkeys(scale.codes, 3)
    assert psychometrics.key_ballot(middle, scale.directions) == middle


def test_what_others_wrote_is_attributed_and_says_how_it_may_be_used():
    edmondson, dora = instruments.load("edmondson-1999"), instruments.load("dora-culture")
    assert edmondson.statements[0].wording["en"] == "If you make a mistake on this team, it is often held against you."
    assert edmondson.rights.startswith("LicenseRef-Edmondson-1999: ")
    assert "doi:10.2307/2666999" in edmondson.citation
    assert {prior.measure: prior.value for prior in edmondson.priors} == {"alpha": 0.84, "icc1": 0.195, "retest": 0.87}
    assert all(re.search(r"20\d\d", prior.source) for prior in edmondson.priors)
    assert (dora.rights, dora.priors) == ("CC-BY-4.0", ())
    assert "https://creativecommons.org/licenses/by/4.0/" in dora.citation
    assert "Changed here:" in dora.citation


def test_the_security_pack_is_whole_and_one_statement_of_it_is_reversed():
    pack = instruments.load("andon-security")
    assert (pack.rights, len(pack.statements), len(pack.facets)) == ("CC0-1.0", 8, 1)
    assert [code for code, direction in pack.directions.items() if direction == "-"] == ["SE5"]


@pytest.mark.django_db
def test_of_each_instrument_the_newest_version_is_on_offer_and_the_core_stands_first():
    offered = [(one.id, one.version) for one in instruments.on_offer()]
    assert offered == [("andon-core", "1.1.0"), ("andon-security", "1.0.0"), ("dora-culture", "1.0.0")]


def test_the_blob_has_what_the_browser_needs_and_nothing_else():
    blob = instruments.load("andon-core", "1.0.0").to_json()
    assert set(blob) == {"id", "version", "scale", "facets", "statements"}
    assert set(blob["scale"]) == {"least", "most", "labels"}
    assert blob["facets"][0] == {"id": "inclusion", "name": {"en": "Inclusion"}}
    assert blob["statements"][2] == {
        "code": "IN3",
        "facet": "inclusion",
        "direction": "-",
        "wording": {"en": "Some people here are left out of talks that affect their work."},
    }


def test_the_hash_is_over_canonical_bytes():
    core = instruments.load("andon-core")
    again = rfc8785.dumps(json.loads(core.canonical()))
    assert again == core.canonical()
    assert hashlib.sha256(again).hexdigest() == core.sha256


def test_codes_fit_the_purposes_of_the_protocol():
    for one in shipped():
        assert all(re.fullmatch(r"[A-Z]{2}[0-9]{1,2}", code) for code in one.codes)


def test_a_file_is_named_after_its_instrument():
    for path in CONTENT.glob("*.yaml"):
        assert path.name.startswith(instruments.parse(path.read_text(encoding="utf-8")).id)


def test_a_version_can_be_asked_for_and_an_unknown_one_is_refused():
    assert instruments.load("andon-core", "1.1.0") == instruments.load("andon-core")
    with pytest.raises(instruments.UnknownInstrument):
        instruments.load("andon-core", "9.9.9")
    with pytest.raises(instruments.UnknownInstrument):
        instruments.load("psindex")


def test_a_small_whole_file_is_read():
    small = instruments.parse(SMALL)
    assert small.codes == ("CA1", "CA2")
    assert small.translations == {"de": "draft", "en": "original"}
    assert small.priors[0].source == "A paper"


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("id: small", "id: [", instruments.NotYaml),
        ("id: small", "id: small\nid: other", instruments.NotYaml),
        ("title: {en: Small, de: Klein}", "title: {en: Small, no: Liten, de: Klein}", instruments.NotYaml),
        ("citation: Nobody, never.", "", instruments.WrongFields),
        ("citation: Nobody, never.", "citation: Nobody.\nauthor: Bo", instruments.WrongFields),
        ('direction: "-", ', "", instruments.WrongFields),
        ("id: small", "id: Small One", instruments.WrongValue),
        ("version: 1.2.0", "version: 1.2", instruments.WrongValue),
        ("citation: Nobody, never.", "citation: ''", instruments.WrongValue),
        ("code: CA2", "code: calm2", instruments.WrongValue),
        ('direction: "-"', "direction: reverse", instruments.WrongValue),
        ("least_statements: 2", "least_statements: 0", instruments.WrongValue),
        ("de: draft", "de: perfect", instruments.WrongValue),
        ("de: draft", "de: original", instruments.WrongValue),
        ("most: 5", "most: 7", instruments.WrongScale),
        ("[f, g, h, i, j]", "[f, g, h, i]", instruments.WrongScale),
        ("[f, g, h, i, j]", "[f, g, h, i, f]", instruments.WrongScale),
        ("code: CA2", "code: CA1", instruments.DuplicateCode),
        ("It is loud.", "It is calm.", instruments.DuplicateCode),
        ("It is loud.", "It is  CALM!", instruments.DuplicateCode),
        ("It is loud.", "It is c\u0430lm\u115f.", instruments.DuplicateCode),
        ("It is loud.", "\u3164It is calm", instruments.DuplicateCode),
        (", de: Es ist laut.", "", instruments.MissingWording),
        (", de: [f, g, h, i, j]", "", instruments.MissingWording),
        ("de: Ruhe", "fr: Calme", instruments.MissingWording),
        ("least_statements: 2", "least_statements: 3", instruments.FacetTooShort),
        ("code: CA2, facet: calm", "code: CA2, facet: storm", instruments.FacetTooShort),
        ("rights: CC0-1.0", "rights: found on the web", instruments.UnknownRights),
        ("source: A paper", "source: ''", instruments.WrongPriors),
        ("measure: alpha", "measure: vibe", instruments.WrongPriors),
        ("value: 0.8", "value: 80", instruments.WrongPriors),
    ],
)
def test_each_fault_has_its_own_refusal(old, new, refusal):
    assert old in SMALL
    with pytest.raises(instruments.InstrumentError) as caught:
        instruments.parse(SMALL.replace(old, new, 1))
    assert type(caught.value) is refusal
    assert len(str(caught.value)) > 20, "a refusal says what to correct"


def test_a_file_cannot_run_code():
    with pytest.raises(instruments.NotYaml):
        instruments.parse(SMALL.replace("Nobody, never.", "!!python/object/apply:os.getcwd []"))


def test_text_that_is_no_mapping_is_refused():
    with pytest.raises(instruments.NotYaml):
        instruments.parse("- a\n- b\n")
