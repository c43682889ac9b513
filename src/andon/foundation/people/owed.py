"""A second factor that the organisation asks for: two weeks to set it up, then nothing else until it is there."""

from datetime import timedelta
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from andon.foundation.configuration import public as configuration
from andon.foundation.organisation import public as organisation
from andon.foundation.people.choices import DUTIES, NOBODY
from andon.foundation.people.mfa import has_second_factor
from andon.foundation.people.models import Member

GRACE = timedelta(days=14)
WATCHED_DUTIES = {"steward", "auditor"}


def owes(member: Member) -> bool:
    who = configuration.read("sign_in.second_factor")
    if who == NOBODY:
        return False
    if who == DUTIES and not WATCHED_DUTIES & {str(duty) for duty in organisation.duties_of(member.id)}:
        return False
    return not has_second_factor(member)


def note(member: Member) -> bool:
    """At a sign-in: whether one is owed; from the first time on there are two weeks."""
    owing = owes(member)
    by = (member.second_factor_by or organisation.today() + GRACE) if owing else None
    if by != member.second_factor_by:
        member.second_factor_by = by
        member.save(update_fields=["second_factor_by"])
    return owing


def is_overdue(member: Member) -> bool:
    """For every request: asks nothing where nothing is owed or there is time."""
    by = member.second_factor_by
    return by is not None and by < organisation.today() and owes(member)


def lead_to_it(request: HttpRequest, member: Any, response: HttpResponse) -> HttpResponse:
    """After a sign-in: by way of the page that says what is owed, unless an identity provider asked for two factors."""
    if any(step.get("strong") is True for step in get_authentication_records(request, member)):
        return response
    if not isinstance(response, HttpResponseRedirect) or not note(member):
        return response
    return HttpResponseRedirect(f"{reverse('people:second_factor_needed')}?{urlencode({'next': response.url})}")
