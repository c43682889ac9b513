"""Which licences a part of what is shipped may have."""

import pytest

from tests.audit.bill import judge, licences, wanted_in


def part(name: str, *said: str) -> dict[str, object]:
    return {"name": name, "licenses": [{"license": {"name": one}} for one in said]}


@pytest.mark.parametrize(
    "said",
    [
        ["MIT"],
        ["Apache-2.0 OR GPL-3.0-only"],
        ["(MIT OR GPL-3.0-only) AND BSD-3-Clause"],
        ["BSD-3-Clause AND 0BSD"],
        ["License :: OSI Approved :: BSD License", "MIT"],
    ],
)
def test_what_asks_for_its_text_alone_is_let_pass(said: list[str]) -> None:
    assert list(judge("python", {"components": [part("one", *said)]}, ["one"])) == []


@pytest.mark.parametrize(
    "said",
    [
        ["GPL-3.0-only"],
        ["MIT AND AGPL-3.0-only"],
        ["LGPL-3.0-only OR GPL-3.0-only"],
        ["(MIT OR Apache-2.0) AND GPL-3.0-only"],
        ["MIT", "License :: Other/Proprietary License"],
        ["MITX"],
        [""],
    ],
)
def test_anything_else_is_found(said: list[str]) -> None:
    (found,) = judge("python", {"components": [part("one", *said)]}, ["one"])
    assert (found.rule, found.place) == ("licence", "python/one")


def test_what_says_no_licence_and_what_the_bill_leaves_out_are_found() -> None:
    found = judge("browser", {"components": [{"group": "@a", "name": "one"}]}, ["@a/one", "two"])
    assert [(one.rule, one.place) for one in found] == [("no-licence", "browser/@a/one"), ("missing", "browser/two")]


def test_an_expression_an_identifier_and_words_are_all_read() -> None:
    component = {"licenses": [{"expression": "MIT OR ISC"}, {"license": {"id": "ISC"}}, {"license": {"name": "a\n b"}}]}
    assert list(licences(component)) == ["MIT OR ISC", "ISC", "a b"]


def test_what_is_for_another_machine_is_not_wanted() -> None:
    assert wanted_in("Some_Thing==1\nother==2 ; sys_platform == 'none'\n") == {"some-thing"}
    with pytest.raises(RuntimeError):
        wanted_in("")
