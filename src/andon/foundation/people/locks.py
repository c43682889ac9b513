"""A pause for the password of an address that was guessed at, whether or not somebody has that address.

Guarantees: the tenth wrong password rests passwords for the address for 15 minutes at least, in every process; a
known and an unknown address are told the same, after the same work. Does not: rest codes by mail, passkeys or identity
providers, so that nobody can keep somebody else out.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django_tasks import task

from andon.foundation.configuration.sealing import CannotOpen, open_sealed, seal
from andon.foundation.notifications.public import send_mail
from andon.foundation.organisation import languages
from andon.foundation.people import passing
from andon.foundation.people.models import Member, Passing

MOST_WRONG = 10
PAUSE = timedelta(minutes=15)


def _plain(address: str) -> str:
    return address.strip().lower()


def is_resting(address: str) -> bool:
    return passing.knows("resting", _plain(address))


def note_wrong(address: str) -> bool:
    """One more wrong password; whether passwords rest from now on."""
    plain = _plain(address)
    if passing.count("wrong", plain, within=PAUSE) < MOST_WRONG:
        return False
    passing.forget("wrong", plain)
    # The same for an address that nobody has: whether a letter leaves is decided later, by the worker.
    passing.remember("resting", plain, within=PAUSE, letter=seal(plain))
    return True


def note_right(address: str) -> None:
    passing.forget("wrong", _plain(address))


def end(address: str) -> None:
    """After another password was chosen by somebody who reads the mailbox."""
    for kind in ("wrong", "resting"):
        passing.forget(kind, _plain(address))


@task()
def tell(key: str) -> None:
    """Write to the member, if the address is a member's."""
    row = Passing.objects.filter(pk=key).exclude(letter="").first()
    if row is None:
        return
    try:
        address = open_sealed(row.letter)
    except CannotOpen:
        address = ""
    member = Member.objects.filter(email=address, is_active=True).first()
    if member is not None:
        with translation.override(languages.of_letter(member.language)):
            send_mail(to=[member.email], subject=_("Somebody tried passwords for your address"), text=_letter())
    Passing.objects.filter(pk=key).update(letter="")


def _letter() -> str:
    return "\n\n".join(
        (
            _("Somebody typed ten wrong passwords for your address at Andon. None of them signed anybody in."),
            _("For about a quarter of an hour no password is taken for your address, not even the right one."),
            _("You can sign in meanwhile with a code by mail or with a passkey, and you need not do anything else."),
            _("If it was you: sign in with a code, and choose another password on the page “You”."),
        )
    )


def due(now: datetime) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    for key in Passing.objects.filter(until__gt=now).exclude(letter="").values_list("pk", flat=True)[:100]:
        # The end of the hash is enough for the log; the whole of it names a row.
        yield key[-6:], tell, (key,)
