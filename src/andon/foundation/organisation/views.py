from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from andon.foundation.organisation.days import today
from andon.foundation.organisation.forms import ChooseFile, SameFile
from andon.foundation.organisation.importing import ImportOutcome, import_people, preview_people
from andon.foundation.organisation.models import Duty, Node
from andon.foundation.organisation.queries import branch_of
from andon.foundation.permissions.public import (
    access_node,
    current_member,
    is_steward,
    may_see_tree,
    member_required,
    needs_duty,
)

PEOPLE_SHOWN = 100
BAD_ROWS_SHOWN = 200


@require_safe
@member_required
def people(request: HttpRequest, node_id: str = "") -> HttpResponse:
    """The organisation by name: the same for every member, and nothing for somebody who belongs to no team."""
    member = current_member(request)
    root = Node.objects.filter(parent=None).first()
    if node_id:
        root = access_node(member, node_id)
    elif not may_see_tree(member):
        return render(request, "organisation/no_team.html")
    branch = branch_of(root, on=today()) if root is not None else None
    context = {"branch": branch, "root": root, "is_steward": is_steward(member)}
    return render(request, "organisation/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_duty(Duty.Role.STEWARD)
def import_preview(request: HttpRequest) -> HttpResponse:
    """What the file would change. Writes nothing."""
    form = ChooseFile(request.POST or None, request.FILES or None) if request.method == "POST" else ChooseFile()
    if not form.is_valid():
        top = Node.objects.filter(parent=None).values_list("name", flat=True).first() or _("Organisation")
        return render(request, "organisation/import.html", {"form": form, "top": top})
    content = form.cleaned_data["file"]
    outcome = preview_people(content, on=timezone.localdate())
    return _show(request, outcome, SameFile(initial={"content": SameFile.pack(content)}))


@require_POST
@needs_duty(Duty.Role.STEWARD)
def import_confirm(request: HttpRequest) -> HttpResponse:
    form = SameFile(request.POST)
    if not form.is_valid():
        messages.error(request, _("The file did not arrive whole. Nothing was changed. Please choose it once more."))
        return redirect("organisation:import_preview")
    outcome = import_people(
        form.cleaned_data["content"], by=current_member(request), at=timezone.now(), on=timezone.localdate()
    )
    if outcome.refused:
        return _show(request, outcome, form)
    messages.success(request, say(outcome))
    return redirect("organisation:people")


def _show(request: HttpRequest, outcome: ImportOutcome, form: SameFile) -> HttpResponse:
    context = {
        "outcome": outcome,
        "form": form,
        "people": outcome.people[:PEOPLE_SHOWN],
        "people_not_shown": max(0, len(outcome.people) - PEOPLE_SHOWN),
        "bad_rows": outcome.refused[:BAD_ROWS_SHOWN],
        "bad_rows_not_shown": max(0, len(outcome.refused) - BAD_ROWS_SHOWN),
        "new_teams": [" / ".join(path) for path in outcome.new_teams],
    }
    template = "organisation/import_refused.html" if outcome.refused else "organisation/import_preview.html"
    return render(request, template, context, status=422 if outcome.refused else 200)


def say(outcome: ImportOutcome) -> str:
    """The outcome in a sentence."""
    if outcome.changes_nothing:
        return _("Everything in the file was so already. Nothing was changed.")
    counts = (
        (outcome.joined, ngettext("%d person joined", "%d people joined", outcome.joined)),
        (outcome.moved, ngettext("%d moved", "%d moved", outcome.moved)),
        (outcome.changed, ngettext("%d changed", "%d changed", outcome.changed)),
        (outcome.unchanged, ngettext("%d as before", "%d as before", outcome.unchanged)),
    )
    sentence = ", ".join(words % number for number, words in counts if number) + "."
    if outcome.joined:
        sentence += " " + _("Whoever is new can sign in now with their address; nobody was written to.")
    return sentence
