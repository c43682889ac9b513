"""What `andon restore` says to whoever runs it."""

import pytest

from andon.gateways.backup.restoring import Restored
from andon.gateways.cli import backing_up


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1, "1 person had been erased since this backup, and is erased again."),
        (2, "2 people had been erased since this backup, and are erased again."),
    ],
)
def test_how_many_are_erased_again_is_said_in_plain_words(
    number: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = Restored(
        people=7, voided=(), lost=(), waiting=(), added_entries=0, head="", erased=number, stayed=0, taken_back=0
    )
    backing_up._say(40, done)
    assert said in capsys.readouterr().out


def test_nobody_is_sent_to_an_invitation_for_the_head_of_the_log() -> None:
    """Letters hold none."""
    assert "invitation" not in backing_up.WHAT_RESTORE_DOES
    assert "/log/head" in backing_up.WHAT_RESTORE_DOES
