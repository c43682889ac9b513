"""Slips over HTTP, for the script of the signed-in pages."""

import json
from collections.abc import Callable
from functools import wraps
from typing import assert_never

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from andon.features.ballots import public as ballots
from andon.features.issuance import services
from andon.features.rounds import public as rounds
from andon.foundation.permissions import public as permissions
from andon.kernel import credential, wire

LARGEST_BODY = 64_000


def refusal(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"error": code, "message": message}, status=status)


def signed_in(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A script gets an answer it can read instead of the sign-in page."""

    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return refusal(401, "signed_out", _("You are signed out. Nothing was given."))
        return view(request)

    return checked


@require_safe
@signed_in
def offer(request: HttpRequest) -> HttpResponse:
    member = permissions.current_member(request)
    issuing = [view for view in rounds.rounds_of(member, limit=20) if rounds.is_issuing(view)]
    purposes = rounds.purposes_for(member, issuing)
    issued = services.issued_in(member=member, purposes=purposes)
    offered = [
        {"issued": list(issued[round_id]), "purposes": list(asked), "round": round_id}
        for round_id, asked in purposes.items()
    ]
    return JsonResponse({"me": member.label, "rounds": offered, "wallet": services.wallet_id(member)})


@require_POST
@signed_in
def slips(request: HttpRequest) -> HttpResponse:
    if request.content_type != "application/json":
        return refusal(415, "wrong_content_type", _("Slips are asked for as application/json. Nothing was given."))
    if len(request.body) > LARGEST_BODY:
        return refusal(413, "too_large", _("This request is too large. Nothing was given."))
    try:
        round_id, blinded = read_asked(request.body)
        outcome = services.issue(member=permissions.current_member(request), round_id=round_id, blinded=blinded)
    except wire.Malformed:
        return refusal(400, "malformed", _("This request could not be read. Nothing was given."))
    except credential.BadBlindedValue:
        return refusal(400, "bad_blinded_value", _("A blinded value is not a point of the curve. Nothing was given."))
    except ballots.KeyDirectoryMissing:
        return refusal(503, "unavailable", _("Slips cannot be given right now. It is safe to try again later."))
    return _answer(outcome)


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise wire.Malformed("not JSON") from None


def read_asked(body: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    fields = wire.check_keys(_json(body), frozenset({"blinded", "round"}))
    round_id, listed = fields["round"], fields["blinded"]
    if not isinstance(round_id, str) or not isinstance(listed, list) or not 0 < len(listed) <= 64:
        raise wire.Malformed("a request has a round and one to 64 blinded values")
    blinded = []
    for item in listed:
        value = wire.check_keys(item, frozenset({"purpose", "value"}))
        if not isinstance(value["purpose"], str) or not isinstance(value["value"], str):
            raise wire.Malformed("a blinded value has a purpose and a value")
        blinded.append((wire.check_purpose(value["purpose"]), wire.unb64u(value["value"])))
    if len({purpose for purpose, _value in blinded}) != len(blinded):
        raise wire.Malformed("a purpose is listed twice")
    return wire.check_id(round_id), blinded


def _answer(outcome: services.IssueOutcome) -> JsonResponse:
    match outcome:
        case services.Issued():
            return JsonResponse(outcome.to_json(wire.b64u))
        case services.NoSuchRound():
            return refusal(404, "no_such_round", _("There is no such round for you. Nothing was given."))
        case services.NotIssuing():
            return refusal(409, "not_issuing", _("No slips are given for this round any more."))
        case services.AlreadyIssued():
            return refusal(409, "already_issued", _("Your slip for this round is on another device."))
        case services.NoSuchPurpose():
            return refusal(400, "malformed", _("This round has no such purpose. Nothing was given."))
        case _:
            assert_never(outcome)
