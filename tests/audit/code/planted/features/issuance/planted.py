"""Slips with flaws: what must stay apart is brought together."""

import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from andon.features.ballots import public as ballots
from andon.features.issuance.models import IssuedSlip
from andon.features.issuance.views import read_asked, signed_in
from andon.features.publiclog import public as publiclog
from andon.foundation.permissions import public as permissions

log = logging.getLogger("andon.issuance")


@require_POST
@signed_in
def blinded_in_a_log(request: HttpRequest) -> HttpResponse:
    round_id, blinded = read_asked(request.body)
    log.info("asked in %s: %s", round_id, blinded)
    return HttpResponse()


@require_POST
@signed_in
def blinded_in_a_row(request: HttpRequest) -> HttpResponse:
    round_id, blinded = read_asked(request.body)
    IssuedSlip.objects.create(row_key=blinded[0][1], round_id=round_id)
    return HttpResponse()


@require_POST
@signed_in
def member_beside_a_ballot(request: HttpRequest) -> HttpResponse:
    member = permissions.current_member(request)
    ballots.cast(request.body + member.email.encode())
    return HttpResponse()


@require_POST
@signed_in
def member_in_the_public_log(request: HttpRequest) -> HttpResponse:
    member = permissions.current_member(request)
    publiclog.append("cast", round_id="1", body={"by": str(member.id)})
    return HttpResponse()
