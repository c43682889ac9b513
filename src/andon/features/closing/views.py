"""Closing a round before its date, by somebody who leads it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from andon.features.rounds import public as rounds
from andon.foundation.permissions.public import current_member, member_required


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def close(request: HttpRequest, round_id: str) -> HttpResponse:
    member = current_member(request)
    view = rounds.access_round(member, round_id, needs="lead")
    back = reverse("rounds:detail", args=[round_id])
    if request.method == "POST":
        try:
            rounds.ask_to_close(round_id=round_id, by=member, at=timezone.now())
            messages.success(request, _("The round is being closed. The result appears here for everybody at once."))
        except rounds.RoundRefused as refused:
            messages.error(request, str(refused))
        return redirect(back)
    consequence = _(
        "Nobody can answer or change an answer after this. The result is computed once, shown to "
        "everybody who was asked at the same moment, and the ballots and their keys are destroyed. "
        "The public log says that the round was closed early."
    )
    if view.is_window:
        consequence += " " + _(
            "Most answers to a question a day or a week still wait in people's browsers, and leave at the latest in "
            "the last two days of the window. What has not left yet is not counted: it is lost."
        )
    return render(
        request,
        "interface/confirm.html",
        {
            "title": _("Close %(name)s now") % {"name": view.node_name},
            "consequence": consequence,
            "action": _("Close the round"),
            "action_url": reverse("closing:close", args=[round_id]),
            "cancel_url": back,
        },
    )
