"""The statements of rooms are those of the instrument."""

from tests.languages import statements


def test_rooms_offer_the_statements_of_the_instrument_as_they_are() -> None:
    assert statements.COPY.read_text() == statements.copied(), "run `make messages`"


def test_another_wording_is_seen(tmp_path) -> None:
    changed = tmp_path / "changed.yaml"
    changed.write_text(statements.INSTRUMENT.read_text().replace("I can be myself", "I can be anybody"))
    assert statements.COPY.read_text() != statements.copied(changed)
