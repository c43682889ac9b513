"""Whether the identity providers are the only way in, and for whom not."""

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest

from andon.foundation.configuration import public as configuration
from andon.foundation.organisation.models import Duty
from andon.foundation.people.models import Member
from andon.foundation.providers.models import IdentityProvider, StandbySteward

ONLY = "identity.only"


def enabled() -> list[IdentityProvider]:
    return list(IdentityProvider.objects.filter(is_enabled=True))


def only_through_providers() -> bool:
    """Without a provider that is on, the rule rests: it would leave no way in at all."""
    return bool(configuration.read(ONLY)) and IdentityProvider.objects.filter(is_enabled=True).exists()


def refuses(request: HttpRequest, member: Member) -> bool:
    """Whether this member may not come in by the way that they have just taken."""
    if not only_through_providers():
        return False
    ways = {record.get("method") for record in get_authentication_records(request, member)}
    if ways & {"socialaccount", "rescue"}:
        return False
    # With a password the second factor is asked afterwards; a passkey is both at once.
    strong = ways & {"password", "mfa"} and is_mfa_enabled(
        member, [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    )
    return not (strong and is_on_standby(member))


def is_on_standby(member: Member) -> bool:
    return (
        StandbySteward.objects.filter(member=member).exists()
        and Duty.objects.filter(member=member, role=Duty.Role.STEWARD).exists()
    )
