"""What waits for a member in rooms below Today."""

from datetime import timedelta

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from andon.features.privacy import public as privacy
from andon.features.results import public as results
from andon.features.today.public import Notice
from andon.foundation.organisation import public as organisation
from andon.foundation.people import public as people
from andon.foundation.people.models import Member
from andon.foundation.permissions.public import is_steward

# So long before its day a step is brought to mind.
NEARLY_DUE = timedelta(days=3)


def another_address(_request: HttpRequest, member: Member) -> Notice | None:
    """For whom a steward asked another address: the letter may have gone to a mailbox that nobody reads."""
    waiting = people.waiting_for(member)
    if waiting is None:
        return None
    when = date_format(timezone.localtime(waiting.counts_from), "DATETIME_FORMAT")
    return Notice(
        title=_("Another address waits"),
        text=_("A steward wants your account to have another e-mail address from %(when)s on.") % {"when": when},
        action=_("Look at it, and refuse it if it is not yours"),
        url=reverse("account_address", args=[people.token_of(waiting)]),
    )


def step_to_see_to(_request: HttpRequest, member: Member) -> Notice | None:
    """For whoever sees to a step that their unit agreed on, when it is nearly due; of several the first."""
    steps = results.open_steps_of(member, until=timezone.localdate() + NEARLY_DUE)
    if not steps:
        return None
    return Notice(
        title=_("You see to a step that your unit agreed on"),
        text=_("“%(words)s” You look at it again on %(day)s.")
        % {"words": steps[0].words, "day": date_format(steps[0].due_on)},
        action=_("Say what became of it"),
        url=reverse("results:step_outcome", args=[steps[0].round_id]),
    )


def colours_to_be_shared(_request: HttpRequest, member: Member) -> Notice | None:
    """For everybody of a unit whose colours others will see unless one of them says no; of several the next."""
    waiting = results.sharing_waiting_for(member, on=organisation.today())
    if waiting is None:
        return None
    facts = {
        "node": waiting.node_name,
        "opened": date_format(timezone.localtime(waiting.opens_at)),
        "day": date_format(waiting.shared_from),
    }
    return Notice(
        title=_("Your unit's colours are to be shared"),
        text=_(
            "Those of the round of %(opened)s: everybody in %(node)s would see them from %(day)s on. "
            "Each of you can keep them."
        )
        % facts,
        action=_("Look at it, and say no if you like"),
        url=reverse("results:report", args=[waiting.round_id]) + "#sharing",
    )


def requests_to_be_erased(_request: HttpRequest, member: Member) -> Notice | None:
    """For stewards: the law gives a month, and nobody looks at a list every day that is mostly empty."""
    if not is_steward(member):
        return None
    number, since = privacy.waiting_since()
    if since is None:
        return None
    return Notice(
        title=ngettext("%d member asked to be erased", "%d members asked to be erased", number) % number,
        text=_("The first of them on %(day)s. The law usually gives a month.") % {"day": date_format(since)},
        action=_("Look at requests"),
        url=reverse("privacy:requests"),
    )
