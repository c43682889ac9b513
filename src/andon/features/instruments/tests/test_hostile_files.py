"""Files that were made to harm are refused fast, with a sentence and a line, and so are honest mistakes."""

import time

import pytest

from andon.features.instruments import public as instruments
from andon.features.instruments.tests.test_loading import SMALL
from andon.features.instruments.yaml_parts import LARGEST_BYTES

BILLION = "a: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b, *b]\n"
HOSTILE = {
    "an anchor": SMALL.replace("citation: Nobody", "citation: &c Nobody"),
    "an alias": SMALL.replace("citation: Nobody, never.", "citation: *c"),
    "a billion laughs": BILLION,
    "a merge": SMALL.replace("title:", "<<: {x: y}\ntitle:"),
    "a type": SMALL.replace("Nobody, never.", "!!python/object/apply:os.getcwd []"),
    "a harmless type": SMALL.replace("Nobody, never.", "!!str never"),
    "depth": "id: " + "[" * 5_000 + "]" * 5_000,
    "depth by lines": "".join(f"{' ' * level}a:\n" for level in range(400)),
    "two documents": SMALL + "---\nid: other\n",
    "a null byte": SMALL.replace("Nobody", "No\0body"),
    "an escape sequence": SMALL.replace("Nobody", "No\x1b[31mbody"),
    "a line that is turned around": SMALL.replace("It is calm.", "It is \u202ecalm."),
    "an isolate": SMALL.replace("It is calm.", "It is \u2066calm."),
    "turned around by an escape": SMALL.replace("It is calm.", '"It is \\u202ecalm."'),
    "a control letter by an escape": SMALL.replace("It is calm.", '"It is \\x07calm."'),
    "a letter without width": SMALL.replace("It is calm.", "It is ca\u200blm."),
    "a tag letter": SMALL.replace("It is calm.", "It is calm\U000e0041."),
    "half a pair": SMALL.replace("It is calm.", '"It is \\ud83d."'),
    "a hidden key": SMALL.replace("citation:", '"citation\\u200b":'),
    "a number of many digits": SMALL.replace("value: 0.8", "value: " + "9" * 6_000),
    "not a number": SMALL.replace("value: 0.8", "value: .nan"),
    "a date that is none": SMALL.replace("Nobody, never.", "2026-99-99"),
    "a long text": SMALL.replace("It is calm.", "calm " * 61),
    "a long key": SMALL.replace("citation:", "c" * 100 + ":"),
    "yes and no": SMALL.replace("citation: Nobody, never.", "citation: no"),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_could_harm_is_refused_at_once(text: str) -> None:
    began = time.perf_counter()
    with pytest.raises(instruments.InstrumentError, match=r"^Line \d+"):
        instruments.parse(text)
    assert time.perf_counter() - began < 2


def test_what_is_refused_is_the_harm_and_not_the_file() -> None:
    assert instruments.parse(
        SMALL.replace("It is calm.", "C\u2019est\u00a0calme \u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645")
    ).codes == ("CA1", "CA2")
    assert instruments.parse(b"\xef\xbb\xbf" + SMALL.encode()).id == "small"
    assert instruments.parse(SMALL.replace("\n", "\r\n")).id == "small"


def test_a_large_file_is_not_read() -> None:
    began = time.perf_counter()
    with pytest.raises(instruments.TooLarge):
        instruments.parse(b"[" * (LARGEST_BYTES + 1))
    assert time.perf_counter() - began < 0.1


def test_the_largest_file_takes_seconds_at_most() -> None:
    line = "  - {code: CA1, facet: calm, direction: '+', wording: {en: It is calm}}\n"
    text = SMALL + "x:\n" + line * ((LARGEST_BYTES - len(SMALL) - 10) // len(line))
    began = time.perf_counter()
    with pytest.raises(instruments.WrongFields):
        instruments.parse(text)
    assert time.perf_counter() - began < 10


def test_what_is_not_utf_8_says_where() -> None:
    with pytest.raises(instruments.NotYaml, match=r"^Line 2: this is not UTF-8\."):
        instruments.parse("id: small\ntitle: Gr\xfc\xdfe\n".encode("latin-1"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("code: CA2", "code: calm2", "Line 16, statements[2].code: a code is two capital letters"),
        ('direction: "-"', "direction: minus", "Line 16, statements[2].direction: this is “+”"),
        (", de: Es ist laut.", "", "Line 16, statements[2].wording: this has no text in: de."),
        ("de: Ruhe", "de: Ruhe, fr: Calme", "Line 13, facets[1].name: these languages are not among"),
        ("de: draft", "de: perfect", "Line 7, translations.de: this is one of: original, draft"),
        ("citation: Nobody, never.", "", "Line 2: this is missing: citation. Add it."),
        ("citation: Nobody, never.", "citation: Nobody.\nauthor: Bo", "Line 7, author: no such field is known here."),
        ("version: 1.2.0", "version: 1.2", "Line 3, version: here belongs a text. If it is one, put quotes around it."),
        ("value: 0.8", "value: high", "Line 17, priors.published[1].value: this is a number"),
        ("id: small", "id: [", "Line "),
        ("id: small", "id: small\nid: other", "Line 3: the field id stands there twice."),
        ("title: {en", "title: {no: Liten, en", "Line 4: the name of a field is a text. Put quotes around no."),
    ],
)
def test_a_refusal_says_the_line_the_field_and_what_to_do(old: str, new: str, said: str) -> None:
    assert old in SMALL
    with pytest.raises(instruments.InstrumentError) as caught:
        instruments.parse(SMALL.replace(old, new, 1))
    assert str(caught.value).startswith(said)
