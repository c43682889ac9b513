from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from andon.foundation.notifications.models import OutboxMail


@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    """The letters of a demonstration, readable without signing in: the code to sign in is one of them."""
    if not settings.DEMO:
        raise Http404
    return render(request, "notifications/outbox.html", {"letters": OutboxMail.objects.all()})
