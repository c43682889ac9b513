"""The privacy notice, and erasure: asked for by a member, done by a steward."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from andon.features.privacy import choices, services
from andon.features.privacy.models import ErasureRequest
from andon.foundation.configuration import public as configuration
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.models import Duty
from andon.foundation.people.models import Member
from andon.foundation.permissions.public import current_member, is_steward, member_required, needs_duty

REQUESTS_A_PAGE = 50


@require_safe
def notice(request: HttpRequest) -> HttpResponse:
    """Also for whoever is not signed in: it is read before an address is typed."""
    said = configuration.read_all([setting.key for setting in choices.NOTICE.settings])
    context = {
        "said": {key.partition(".")[2]: value for key, value in said.items()},
        "ground": dict(choices.GROUNDS).get(said["privacy.ground"], "") if said["privacy.ground"] else "",
        "anything": any(said.values()),
        "months": configuration.read("retention.left_months"),
        "is_steward": request.user.is_authenticated and is_steward(current_member(request)),
    }
    return render(request, "privacy/notice.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def ask(request: HttpRequest) -> HttpResponse:
    """A member asks to be erased, or takes that back."""
    member = current_member(request)
    asked = ErasureRequest.objects.filter(member=member).exists()
    if request.method == "POST":
        if asked:
            services.withdraw(member=member)
            messages.success(request, _("Your request is taken back. You stay as you were."))
        else:
            services.ask(member=member, on=organisation.today())
            messages.success(request, _("The stewards see your request now. Until they act, nothing changes for you."))
        return redirect("verify:about_me")
    return render(
        request,
        "interface/confirm.html",
        {
            "title": _("Take your request back") if asked else _("Ask to be erased"),
            "consequence": _("The stewards will not see it any more. You stay as you were.")
            if asked
            else _(
                "A steward erases your account, your memberships and your name on every roster. You can no longer sign "
                "in. Answers that you gave stay counted: nobody knows which are yours, so nobody can take them out."
            ),
            "action": _("Take it back") if asked else _("Ask the stewards"),
            "action_url": reverse("privacy:ask"),
            "cancel_url": reverse("verify:about_me"),
        },
    )


@require_safe
@needs_duty(Duty.Role.STEWARD)
def requests(request: HttpRequest) -> HttpResponse:
    """Who asked to be erased, the longest waiting first."""
    waiting = Paginator(ErasureRequest.objects.select_related("member").order_by("on", "pk"), REQUESTS_A_PAGE)
    return render(request, "privacy/requests.html", {"pages": waiting.get_page(request.GET.get("page"))})


@require_http_methods(["GET", "HEAD", "POST"])
@needs_duty(Duty.Role.STEWARD)
def erase(request: HttpRequest, member_id: UUID) -> HttpResponse:
    member = Member.objects.filter(pk=member_id).first()
    if member is None:
        raise Http404
    form = choices.WhoIsErased(request.POST if request.method == "POST" else None, member=member)
    if form.is_valid():
        return _erase(request, member)
    place = organisation.place_of(member.id, on=organisation.today())
    return render(
        request,
        "interface/confirm.html",
        {
            "title": _("Erase %(name)s") % {"name": member.name},
            "consequence": _(
                "Account, sessions, memberships and the name on every roster go, at once and for ever; there is no way "
                "back. The public log, every figure and the change log stay; where this person stood they say that "
                "somebody was erased. An answer of theirs, if there is one, stays counted. A person who only left is "
                "better deactivated."
            ),
            "details": [
                (_("E-mail"), member.email),
                (_("Team"), " / ".join(place.path) if place else _("none")),
            ],
            "form": form,
            "action": _("Erase for ever"),
            "action_url": reverse("privacy:erase", args=[member.pk]),
            "cancel_url": reverse("privacy:requests"),
        },
    )


def _erase(request: HttpRequest, member: Member) -> HttpResponse:
    steward = current_member(request)
    try:
        services.erase(member=member, by=steward, at=timezone.now())
    except services.LastSteward:
        messages.error(
            request,
            _("This is the only steward. Nothing was changed. Give the duty to somebody else first."),
        )
        return redirect("privacy:requests")
    if member == steward:
        return redirect("account_login")
    messages.success(request, _("The person is erased. The change log says so without a name."))
    return redirect("privacy:requests")
