"""Views as there are in this folder, each with one flaw. They are copied into a copy of the sources to be found."""

import logging
import subprocess
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from andon.foundation.people.again import needs_again
from andon.foundation.people.models import Member
from andon.foundation.permissions.public import current_member, member_required, needs_duty

log = logging.getLogger("andon.results")


@require_safe
@needs_duty("steward")
def sql_behind_a_duty(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name FROM people_member WHERE name = '{request.GET.get('name', '')}'")
        found = cursor.fetchall()
    return render(request, "results/shared.html", {"units": found})


@require_safe
@member_required
def sql_by_raw(request: HttpRequest) -> HttpResponse:
    wanted = request.GET["order"]
    found = list(Member.objects.raw("SELECT * FROM people_member ORDER BY " + wanted))
    return render(request, "results/shared.html", {"units": found})


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def redirect_behind_sign_in(request: HttpRequest, round_id: str) -> HttpResponse:
    return redirect(request.GET.get("next", "/"))


@require_POST
@needs_again
def path_behind_a_password(request: HttpRequest) -> HttpResponse:
    return HttpResponse((Path(settings.KEY_DIRECTORY) / request.POST["name"]).read_bytes())


@require_POST
@member_required
def path_of_an_upload(request: HttpRequest) -> HttpResponse:
    uploaded = request.FILES["file"]
    with open("/srv/andon/" + str(uploaded.name), "wb") as kept:  # noqa: PTH123
        kept.write(uploaded.read())
    return redirect("results:shared")


@member_required
def markup_from_a_form(request: HttpRequest) -> HttpResponse:
    return render(request, "results/shared.html", {"units": mark_safe(request.POST["words"])})


@require_safe
def shell_from_a_header(request: HttpRequest) -> HttpResponse:
    subprocess.run(f"host {request.headers['X-Forwarded-For']}", shell=True, check=False)
    return HttpResponse()


@require_safe
def shell_from_the_environment(request: HttpRequest) -> HttpResponse:
    subprocess.run("host " + request.META["REMOTE_ADDR"], shell=True, check=False)
    return HttpResponse()


@require_POST
@member_required
def member_in_a_log(request: HttpRequest) -> HttpResponse:
    log.info("A step was agreed on by %s.", current_member(request).label)
    return redirect("results:shared")


def _say(words: str) -> None:
    log.warning("Not kept: %s", words)


@require_POST
@member_required
def address_in_a_log_far_away(request: HttpRequest) -> HttpResponse:
    member = current_member(request)
    _say(f"a step of {member.email}")
    return redirect("results:shared")
