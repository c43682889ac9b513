"""The page behind the letter to an address that a steward wants to change."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from andon.foundation.interface.views import link_is_over, sentence
from andon.foundation.people import addresses


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """What is asked; the buttons, and nothing but the buttons, answer. Mail scanners open every link."""
    waiting = addresses.read(token)
    if waiting is None:
        return _no_longer(request)
    said = request.POST.get("answer") if request.method == "POST" else None
    if said == "no":
        return _refused(request) if addresses.refuse(waiting, by=None, at=timezone.now()) else _no_longer(request)
    if said == "yes":
        return _counts(request) if addresses.let_count(waiting, at=timezone.now()) else _no_longer(request)
    return render(request, "account/address.html", {"waiting": waiting, "person": waiting.member})


def _refused(request: HttpRequest) -> HttpResponse:
    return sentence(
        request,
        title=_("The change is refused"),
        happened=_("Your account keeps the address that it has. The change log says that the change was refused."),
        advice=_("If you did not know of it, ask your steward who wanted it and why; the change log names them."),
        action=_("Go to Today"),
        status=200,
    )


def _counts(request: HttpRequest) -> HttpResponse:
    return sentence(
        request,
        title=_("The new address counts now"),
        happened=_("Codes go to the new address from now on, and every session of this account has ended."),
        action=_("Go to sign-in"),
        action_url="/accounts/login/",
        status=200,
    )


def _no_longer(request: HttpRequest) -> HttpResponse:
    return link_is_over(
        request,
        title=_("This link no longer works"),
        happened=_("The change was refused, taken back or made anew, or it counts already. The page cannot say which."),
        kept=_("Opening this page has changed nothing."),
        advice=_("If you cannot sign in as you used to, tell a steward, or the auditors."),
    )
