"""A file of people: chosen, read, looked at, agreed to."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from andon.foundation.organisation import waiting
from andon.foundation.organisation.file_words import bad_rows_csv, say
from andon.foundation.organisation.forms import ChooseFile, SayYes
from andon.foundation.organisation.models import Duty, Node, PeopleFile
from andon.foundation.permissions.public import current_member, needs_duty

BAD_ROWS_SHOWN = 200
Step = PeopleFile.Step


@require_http_methods(["GET", "HEAD", "POST"])
@needs_duty(Duty.Role.STEWARD)
def import_preview(request: HttpRequest) -> HttpResponse:
    """Choose a file. It is kept for the worker, and nothing is changed yet."""
    if request.method == "HEAD":
        # The door asks so before it reads a file, and lets it in for whoever is named here.
        request.META["andon.sender"] = str(current_member(request).pk)
        return HttpResponse()
    form = ChooseFile(request.POST, request.FILES) if request.method == "POST" else ChooseFile()
    if form.is_valid():
        file = waiting.start(
            content=form.cleaned_data["file"],
            is_complete=form.cleaned_data["is_complete"],
            team=form.cleaned_data["team"],
            by=current_member(request),
            at=timezone.now(),
            name=form.file_name,
        )
        return redirect("organisation:people_file", file.pk)
    top = Node.objects.filter(parent=None).values_list("name", flat=True).first() or _("Organisation")
    files = PeopleFile.objects.exclude(step__in=[Step.DONE, Step.REFUSED]).select_related("by").defer("content")
    context = {"form": form, "top": top, "files": files.order_by("at")[:10]}
    return render(request, "organisation/import.html", context)


def _file_or_404(file_id: str) -> PeopleFile:
    file = PeopleFile.objects.filter(pk=file_id).defer("content").first()
    if file is None:
        raise Http404
    return file


@require_safe
@needs_duty(Duty.Role.STEWARD)
@never_cache
def people_file(request: HttpRequest, file_id: str) -> HttpResponse:
    return _show(request, _file_or_404(file_id))


def _show(request: HttpRequest, file: PeopleFile, *, wrong_number: bool = False) -> HttpResponse:
    context = {"file": file, "outcome": file.outcome}
    match Step(file.step):
        case Step.READING | Step.WRITING:
            context |= _progress(file)
            return render(request, "organisation/file_progress.html", context)
        case Step.REFUSED:
            shown = file.outcome["bad_rows"][:BAD_ROWS_SHOWN]
            number = file.outcome["bad_rows_number"]
            context |= {
                "bad_rows": [row[:3] for row in shown],
                "number": number,
                "not_shown": number - len(shown),
                "not_kept": number - len(file.outcome["bad_rows"]),
            }
            return render(request, "organisation/file_refused.html", context)
        case Step.DONE:
            return render(request, "organisation/file_done.html", context | {"sentence": say(file.outcome)})
        case Step.READY:
            context |= {"kinds": _kinds(file), "wrong_number": wrong_number, "shown": waiting.SHOWN}
            context |= {"one_in": file.outcome["left"] * 100 // max(1, file.outcome["active_before"])}
            return render(request, "organisation/file_preview.html", context, status=422 if wrong_number else 200)


def _kinds(file: PeopleFile) -> list[dict[str, object]]:
    outcome = file.outcome
    words = {
        "left": ngettext("%d person leaves", "%d people leave", outcome["left"]),
        "joined": ngettext("%d person joins", "%d people join", outcome["joined"]),
        "returned": ngettext(
            "%d person who had left or was deactivated comes back",
            "%d people who had left or were deactivated come back",
            outcome.get("returned", 0),
        ),
        "kept_out": ngettext(
            "%d person was deactivated by hand and stays so",
            "%d people were deactivated by hand and stay so",
            outcome.get("kept_out", 0),
        ),
        "moved": ngettext("%d person moves to another team", "%d people move to another team", outcome["moved"]),
        "changed": ngettext(
            "%d person changes name, role or days", "%d people change name, role or days", outcome["changed"]
        ),
    }
    return [
        {
            "title": sentence % outcome[kind],
            "people": outcome[f"people_{kind}"],
            "more": outcome[kind] - len(outcome[f"people_{kind}"]),
            "kind": kind,
        }
        for kind, sentence in words.items()
        if outcome.get(kind)
    ]


def _progress(file: PeopleFile) -> dict[str, object]:
    done, total = waiting.progress_of(file)
    writing = file.step == Step.WRITING
    doing = _("The people are being imported.") if writing else _("The file is being read.")
    return {"doing": doing, "done": done, "total": total, "writing": writing}


@require_safe
@needs_duty(Duty.Role.STEWARD)
@never_cache
def people_file_progress(request: HttpRequest, file_id: str) -> JsonResponse:
    """How far it is, for the page that shows it."""
    file = _file_or_404(file_id)
    progress = _progress(file)
    number = _("%(done)d of %(total)d") % progress if progress["total"] else ""
    words = f"{progress['doing']} {number}".strip()
    told = {"step": file.step, "done": progress["done"], "total": progress["total"], "number": number, "words": words}
    return JsonResponse(told)


@require_POST
@needs_duty(Duty.Role.STEWARD)
def people_file_yes(request: HttpRequest, file_id: str) -> HttpResponse:
    file = _file_or_404(file_id)
    form = SayYes(request.POST)
    if file.step == Step.READY:
        try:
            number = form.cleaned_data.get("leaving") if form.is_valid() else None
            takes_back = bool(form.cleaned_data.get("take_back"))
            if takes_back != file.takes_back:
                # What then changes is another thing than what was shown, so it is shown before it counts.
                waiting.take_back(file, takes_back=takes_back)
            else:
                waiting.agree(file, number_leaving=number)
        except waiting.NumberNotTyped:
            return _show(request, file, wrong_number=True)
    return redirect("organisation:people_file", file_id)


@require_POST
@needs_duty(Duty.Role.STEWARD)
def people_file_cancel(request: HttpRequest, file_id: str) -> HttpResponse:
    file = _file_or_404(file_id)
    if file.step == Step.WRITING:
        messages.info(request, _("The import has begun and is carried out as a whole. It cannot be stopped any more."))
        return redirect("organisation:people_file", file_id)
    waiting.forget(file_id)
    messages.success(request, _("The file was deleted. Nothing was changed."))
    return redirect("organisation:import_preview")


@require_safe
@needs_duty(Duty.Role.STEWARD)
@never_cache
def people_file_bad_rows(request: HttpRequest, file_id: str) -> HttpResponse:
    file = _file_or_404(file_id)
    if file.step != Step.REFUSED:
        raise Http404
    return HttpResponse(
        bad_rows_csv(file.outcome),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="rows-to-put-right.csv"'},
    )
