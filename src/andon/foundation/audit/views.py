from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from andon.foundation.audit.models import AuditEntry
from andon.foundation.permissions.public import member_required

ENTRIES_A_PAGE = 50


@require_safe
@member_required
def changes(request: HttpRequest) -> HttpResponse:
    """What changed in the rules, by whom, when. Every member reads the same."""
    entries = Paginator(AuditEntry.objects.select_related("by", "about"), ENTRIES_A_PAGE)
    return render(request, "audit/changes.html", {"pages": entries.get_page(request.GET.get("page"))})
