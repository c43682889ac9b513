from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from andon.foundation.audit import public as audit
from andon.foundation.interface.views import link_is_over
from andon.foundation.invitations.models import Invitation
from andon.foundation.organisation.models import Duty
from andon.foundation.people import invitations
from andon.foundation.people.models import Member
from andon.foundation.permissions.public import current_member, needs_duty
from andon.foundation.providers import gate, policy

SHOWN = 100


@require_safe
@needs_duty(Duty.Role.STEWARD)
def index(request: HttpRequest) -> HttpResponse:
    """Who has no letter yet, how far the letters are, and which did not leave."""
    step = Invitation.Step
    failed = invitations.in_step(step.FAILED).select_related("member").order_by("member__name")
    counts = {
        "without": invitations.not_invited().count(),
        "waiting": invitations.in_step(step.WAITING, step.LEAVING).count(),
        "invited": invitations.invited().count(),
        "joined": Member.objects.filter(is_active=True, has_signed_in=True).count(),
        "failed": failed.count(),
    }
    context = {**counts, "letters": failed[:SHOWN], "sent_and_waiting": counts["invited"] + counts["waiting"]}
    return render(request, "invitations/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_duty(Duty.Role.STEWARD)
def send(request: HttpRequest) -> HttpResponse:
    """Everybody who has no letter yet. A GET shows what would be; nothing leaves before the POST."""
    if request.method == "POST":
        member = current_member(request)
        count = invitations.invite_many(
            invitations.not_invited().only("id", "is_active", "has_signed_in"), by=member, at=timezone.now()
        )
        messages.success(
            request,
            ngettext("%d letter leaves now.", "%d letters leave now, one after the other.", count) % count
            if count
            else _("There was nobody to invite. Nothing was sent."),
        )
        return redirect("invitations:index")
    count = invitations.not_invited().count()
    return render(request, "invitations/confirm.html", {"count": count})


@require_POST
@needs_duty(Duty.Role.STEWARD)
def again(request: HttpRequest) -> HttpResponse:
    """Those whose letter did not leave, and only those."""
    failed = [letter.member for letter in invitations.in_step(Invitation.Step.FAILED).select_related("member")]
    count = invitations.invite_many(failed, by=current_member(request), at=timezone.now())
    messages.success(request, ngettext("%d letter is tried again.", "%d letters are tried again.", count) % count)
    return redirect("invitations:index")


@require_POST
@needs_duty(Duty.Role.STEWARD)
def stop(request: HttpRequest) -> HttpResponse:
    """Call back the letters that wait; those that have left stay as they are."""
    count, _by_model = Invitation.objects.filter(step=Invitation.Step.WAITING).delete()
    if count:
        audit.record(kind="invitations.stopped", by=current_member(request), at=timezone.now(), count=count)
    messages.success(request, ngettext("%d letter was called back.", "%d letters were called back.", count) % count)
    return redirect("invitations:index")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """What the invitation is; the button, and nothing but the button, uses it up.

    Mail scanners open every link of a letter before its reader does.
    """
    if request.method == "POST":
        if policy.only_through_providers():
            return gate.only_this_way(request)
        member = invitations.accept(token)
        if member is None:
            return _no_longer(request)
        record_authentication(request, member, "invitation")
        return perform_login(request, Login(user=member, email=member.email))
    found = invitations.invited_by_link(token)
    if found is None:
        return _no_longer(request)
    member, by = found
    context = {"invited": member, "by": by, "organisation": invitations.organisation_name()}
    return render(request, "invitations/accept.html", context)


def _no_longer(request: HttpRequest) -> HttpResponse:
    return link_is_over(
        request,
        title=_("This invitation no longer works"),
        happened=_(
            "It was used, a newer letter has replaced it, or it is older than seven days. The page cannot say which."
        ),
        kept=_("If you are a member already, nothing about that has changed."),
        advice=_("You can sign in with your work e-mail address. Or ask your steward for a new invitation."),
    )
