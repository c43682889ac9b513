"""Founding the organisation: the one moment at which an installation becomes somebody's."""

from datetime import datetime

from django.conf import settings
from django.db import connections, transaction
from django.utils.translation import gettext as _

from andon.features.rounds import public as rounds
from andon.features.setup import code
from andon.features.setup.obstacles import obstacles
from andon.foundation.audit import public as audit
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.models import Duty
from andon.foundation.people.models import Member

# An arbitrary number that names this lock among PostgreSQL's advisory locks ("andonfnd" as a number).
_FOUND_LOCK = 0x616E646F6E666E64


class CannotFound(Exception):
    """The organisation was not founded. Nothing was changed. The text is for the person who asked."""


class OthersWereFirst(CannotFound):
    """There is an organisation in this installation, or the beginning of another one's log."""


def found(
    *,
    name: str,
    steward_name: str,
    steward_email: str,
    request: rounds.FoundingRequest,
    signatures: rounds.FoundingSignatures,
    at: datetime,
) -> Member:
    """Found the organisation with its log, its first delegation and its first steward; the steward.

    Guarantees: of two at once one founds and the other gets OthersWereFirst; a founding that is killed left nothing,
    or the two entries of the log, and the same call with the same key completes it; the private key never was here.
    Does not: sign anybody in.
    Raises: CannotFound, OthersWereFirst.
    """
    if found_obstacles := obstacles():
        raise CannotFound(" ".join(found_obstacles))
    with transaction.atomic(using="default"):
        _alone()
        if organisation.current() is not None:
            # Also where somebody was killed before they came to it.
            code.remove(settings.DATA_DIRECTORY)
            raise OthersWereFirst(_("This installation has an organisation already. Nothing was changed."))
        try:
            rounds.begin_signed_log(request, signatures)
        except rounds.BegunWithAnotherKey:
            raise OthersWereFirst(
                _("The public log was begun with another steward key. Nothing was changed. Use that key.")
            ) from None
        except rounds.FoundingRefused:
            raise CannotFound(
                _("The signatures do not fit what was to be signed. Nothing was changed. Load the page anew.")
            ) from None
        organisation.create_organisation(
            name=name, steward_public_key=signatures.steward_public_key, at=at, organisation_id=request.organisation_id
        )
        steward = Member.objects.create_user(steward_email, steward_name)
        Duty.objects.create(member=steward, role=Duty.Role.STEWARD)
        audit.record(kind="steward.first", by=None, at=at, about=steward)
    code.remove(settings.DATA_DIRECTORY)
    return steward


def _alone() -> None:
    """Until the end of the transaction nobody else founds. SQLite's transaction keeps every other writer out anyway."""
    connection = connections["default"]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_FOUND_LOCK])
