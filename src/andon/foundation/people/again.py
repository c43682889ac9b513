"""Whether somebody has shown a short while ago that it is them, and the page that asks for it again.

Known for minutes, in `Passing`, under a random name that stands in the session: the session itself holds no time.
"""

import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from andon.foundation.people import passing
from andon.foundation.people.models import Member
from andon.foundation.permissions.public import member_required

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

FRESH_FOR = timedelta(minutes=10)
CODE_LASTS = timedelta(minutes=10)
_NAME = "fresh"
MOST_TRIES = 10
MOST_LETTERS = 5
CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789"


def _name_in(request: HttpRequest) -> str:
    name: str | None = request.session.get(_NAME)
    if not name:
        name = request.session[_NAME] = secrets.token_urlsafe(16)
    return name


def mark(request: HttpRequest, kind: str = "fresh") -> None:
    passing.remember(kind, _name_in(request), within=FRESH_FOR)


def mark_shown(request: HttpRequest) -> None:
    """Somebody signed in has shown it again. Whoever had copied the cookie before must not gain by that."""
    request.session.cycle_key()
    mark(request)


def is_fresh(request: HttpRequest, kind: str = "fresh") -> bool:
    name = request.session.get(_NAME)
    return name is not None and passing.knows(kind, name)


def mark_by_code(request: HttpRequest) -> None:
    """Somebody has just shown that the mailbox is theirs."""
    mark(request, "fresh by code")


def is_fresh_by_code(request: HttpRequest) -> bool:
    return is_fresh(request, "fresh by code")


def needs_again(view: View[P]) -> View[P]:
    """For pages that change how somebody signs in: an open browser alone is not enough.

    What was sent with a form is not kept meanwhile, because it may be a password.
    """

    @wraps(view)
    def asked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not is_fresh(request):
            return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': request.path})}")
        return view(request, *args, **kwargs)

    return member_required(asked)


def kinds_of(member: Member) -> list[str]:
    """How the member can show it again: with the second factor where there is one, else by password or mail."""
    found = set(Authenticator.objects.filter(user=member).values_list("type", flat=True))
    kinds = []
    if found & {"totp", "webauthn"}:
        kinds += ["app"] if found & {"totp", "recovery_codes"} else []
        kinds += ["passkey"] if "webauthn" in found else []
        return kinds
    return [*(["password"] if member.has_usable_password() else []), "mail"]


def may_try(member: Member, kind: str = "code") -> bool:
    """Each kind is counted by itself: whoever knows a password must not gain tries at codes by typing it."""
    return passing.count("again", f"{kind}:{member.key}", within=timedelta(minutes=15)) <= MOST_TRIES


def tried_well(member: Member, kind: str = "code") -> None:
    passing.forget("again", f"{kind}:{member.key}")


def may_ask_for_letter(address: str, kind: str = "password") -> bool:
    """Each kind is counted by itself: strangers who ask for one must not keep members from the other."""
    return passing.count(f"letters.{kind}", address, within=timedelta(minutes=15)) <= MOST_LETTERS


def make_code(request: HttpRequest, member: Member) -> str | None:
    """A code for a letter to the member, for this session alone, or None where too many were asked for."""
    if not may_ask_for_letter(member.email, "code"):
        return None
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(8))
    passing.remember("again code", _code_name(request, member, code, _minute()), within=CODE_LASTS)
    return f"{code[:4]}-{code[4:]}"


def take_code(request: HttpRequest, member: Member, typed: str) -> bool:
    """Whether this is a code that was sent because this session asked for it; it works once, for ten minutes."""
    code, now = typed.replace("-", "").replace(" ", "").upper(), _minute()
    lasting = range(now - int(CODE_LASTS.total_seconds()) // 60 + 1, now + 1)
    return passing.use_up("again code", [_code_name(request, member, code, minute) for minute in lasting])


def _minute() -> int:
    return int(timezone.now().timestamp()) // 60


def _code_name(request: HttpRequest, member: Member, code: str, minute: int) -> str:
    # What is remembered ends on a quarter of an hour, which is too long for a code. So the minute is in the name, where
    # nobody reads it without the code.
    return f"{member.key}:{_name_in(request)}:{minute}:{code}"


def matches(member: Member, code: str) -> Any:
    """The authenticator that takes this code of an app or from paper, or None. A code works once, in every process."""
    for found in Authenticator.objects.filter(user=member).exclude(type=Authenticator.Type.WEBAUTHN):
        if found.wrap().validate_code(code):
            return found if not_used_before(member, code) else None
    return None


def not_used_before(member: Member, code: str) -> bool:
    digits = "".join(letter for letter in code if letter.isalnum())
    return passing.first("used code", f"{member.key}:{digits}", within=timedelta(minutes=2))
