"""Who might want to know who said what, and how far they get: the threat model, for a member.

Reference: docs/security/threat-model.md, "Who attacks". A test holds the two to the same list.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Adversary:
    """`id` is the row of the threat model."""

    id: str
    who: str | Promise
    how_far: str | Promise


ADVERSARIES = (
    Adversary(
        "A0",
        _("Colleagues, leads, human resources"),
        _(
            "They see colours. Whoever knows only their own answers cannot rule out any answer of yours to a statement "
            "of a round. Some become likelier, and more so over many rounds."
        ),
    ),
    Adversary(
        "A1",
        _("Whoever gets every file of the server, after a round"),
        _(
            "They see that you were asked. The ballots are gone, and so is the key that could open a copy of one, "
            "unless the folder of keys was copied while the round was open."
        ),
    ),
    Adversary(
        "A2",
        _("Whoever watches the server while you answer"),
        _(
            "They may link a ballot to you by its time or address, and read it. Answer at another time than you signed "
            "in, from your own phone."
        ),
    ),
    Adversary(
        "A3",
        _("An operator who cheats"),
        _(
            "A key for you alone, invented colleagues, ballots that were dropped: your browser, your receipt and a "
            "colleague who compares the twelve words find these out. Ballots invented for people who never look are "
            "not found."
        ),
    ),
    Adversary(
        "A4",
        _("An operator who serves you a false page"),
        _(
            "They can read what you type. That is not stopped. The check below finds a false answering page that "
            "everybody gets, not one for you alone."
        ),
    ),
    Adversary(
        "A5",
        _("Your employer's device or network, and whoever knows how you write"),
        _("They can see what you tap, and recognise your words. Nothing here protects from that."),
    ),
)
