"""Signing in as oneself through a provider that is not on yet, to see what it says. Nobody is signed in by it."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from andon.foundation.organisation.models import Duty, Membership
from andon.foundation.organisation.public import named_paths
from andon.foundation.people.models import Member
from andon.foundation.permissions.public import is_steward
from andon.foundation.providers import accounts, asking, rules
from andon.foundation.providers.models import IdentityProvider
from andon.foundation.providers.oidc import NotTrusted

# What Andon would use. Of everything else the page shows the name only.
USED = ("sub", "email", "email_verified", "name")


def result(request: HttpRequest, provider: IdentityProvider, claims: Mapping[str, Any]) -> HttpResponse:
    """Which claims came, and what would follow from them. Stores nothing."""
    if not (request.user.is_authenticated and is_steward(request.user)):
        raise Http404
    address = accounts.address_in(claims)
    groups = rules.groups_in(provider, claims)
    used = [(name, _shown(claims[name])) for name in USED if name in claims]
    if provider.groups_claim:
        names = ", ".join(sorted(groups or ())) or pgettext("groups", "none")
        used.append((provider.groups_claim, _("not sent") if groups is None else names))
    context = {
        "provider": provider,
        "used": used,
        "others": sorted(set(claims) - {*USED, provider.groups_claim}),
        "address": address,
        "verified": accounts.is_verified(provider, claims),
        "is_own": address == request.user.email,
        "is_known": address is not None and Member.objects.filter(email=address, is_active=True).exists(),
        "outcome": in_words(rules.outcome(provider, groups)) if groups is not None else [],
    }
    return render(request, "providers/trial.html", context)


def failed(request: HttpRequest, slug: str, exception: object) -> HttpResponse:
    if not (request.user.is_authenticated and is_steward(request.user)):
        raise Http404
    match exception:
        case NotTrusted():
            reason = str(exception.reason)
        case asking.NotAsked():
            reason = _("The provider could not be asked: %(why)s.") % {"why": exception}
        case None:
            reason = _("The sign-in was ended on the other side, or came back too late.")
        case _:
            reason = _("The provider did not give out the ID token. Is the client secret right?")
    provider = IdentityProvider.objects.filter(slug=slug).first()
    if provider is None:
        raise Http404
    return render(request, "providers/trial_failed.html", {"provider": provider, "reason": reason}, status=400)


def _shown(value: Any) -> str:
    match value:
        case True:
            return _("yes")
        case False:
            return _("no")
        case _:
            return str(value)[:200]


def in_words(outcome: rules.Outcome) -> list[str]:
    """What groups lead to, in sentences."""
    said = []
    if outcome.node is not None:
        path = dict(named_paths([outcome.node.pk]))[outcome.node.pk]
        if outcome.role == Membership.Role.LEAD:
            said.append(_("Leads %(team)s.") % {"team": path})
        else:
            said.append(_("Belongs to %(team)s.") % {"team": path})
    else:
        said.append(_("No rule names a team: stays where they are."))
    said += [_("Is %(duty)s.") % {"duty": Duty.Role(duty).label} for duty in sorted(outcome.duties)]
    if outcome.steward_withheld:
        said.append(_("A rule names the duty of steward, which this provider may not give: nothing follows from it."))
    return said
