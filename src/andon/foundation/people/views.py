import time
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.views import PasswordChangeView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from andon.foundation.interface.views import sentence
from andon.foundation.organisation import public as organisation
from andon.foundation.people.demo import demo_member
from andon.foundation.people.forms import ChooseLanguage, SetPassword
from andon.foundation.permissions.public import current_member, member_required, roles_of


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def profile(request: HttpRequest) -> HttpResponse:
    member = current_member(request)
    form = ChooseLanguage(request.POST or None, instance=member)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your language is saved."))
        return redirect("people:profile")
    place = organisation.place_of(member.id, on=organisation.today())
    facts = [
        (_("Name"), member.name),
        (_("E-mail"), member.email),
        (_("Team"), " / ".join(place.path) if place else _("none yet")),
        (_("Roles"), ", ".join(str(role) for role in roles_of(member))),
    ]
    context = {"facts": facts, "form": form, "choice": len(settings.LANGUAGES) > 1}
    return render(request, "people/profile.html", context)


CODE_COUNTS_FOR_SECONDS = 600


class ChangePassword(PasswordChangeView):
    """Asks for the old password, except of somebody who has just shown, by a code, that the mailbox is theirs.

    That is the way back for a forgotten password: there is no link by mail that would sign somebody in.
    """

    def get_form_class(self) -> Any:
        now = time.time()
        just_now = any(
            record.get("method") == "code" and now - record.get("at", 0) < CODE_COUNTS_FOR_SECONDS
            for record in get_authentication_records(self.request, self.request.user)
        )
        return SetPassword if just_now else super().get_form_class()


@require_POST
def demo_sign_in(request: HttpRequest, role: str) -> HttpResponse:
    """Sign in as one of the demonstration's people. Outside a demonstration this address does not exist."""
    member = demo_member(role) if settings.DEMO else None
    if member is None:
        raise Http404
    login(request, member, backend="andon.foundation.people.backends.MemberBackend")
    return redirect(settings.LOGIN_REDIRECT_URL)


@require_safe
def sign_up_is_closed(request: HttpRequest) -> HttpResponse:
    return sentence(
        request,
        title=_("Members are added by a steward"),
        happened=_("Nobody can sign themselves up here. Whoever is on the list of people can sign in by e-mail."),
        advice=_("If your address is missing, ask the steward of your organisation to add it."),
        action=_("Back to sign-in"),
        action_url="/accounts/login/",
        status=200,
    )
