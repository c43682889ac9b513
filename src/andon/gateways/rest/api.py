"""Results for programs: read only, by a key that a member made, and no more than that member may read.

Every answer is a function of a release, through the same door as pages and files. Reference: docs/guide/programs.md.
"""

from typing import Annotated, Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from ninja import NinjaAPI, Path, Query
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.security import HttpBearer

from andon.features.results import public as results
from andon.foundation.tokens import public as tokens
from andon.gateways.rest import problems
from andon.gateways.rest.answers import ID, GroupResult, Problem, ReleasedRounds, UnitResult

# What results say in words is in the language that is asked for.
LANGUAGE = {
    "in": "header",
    "name": "Accept-Language",
    "required": False,
    "description": "The language of texts, as for a page; without it that of the organisation.",
    "schema": {"type": "string"},
}
IN_LANGUAGE = {
    "Content-Language": {
        "description": "The language of the texts in it.",
        "required": True,
        "schema": {"type": "string", "enum": [code for code, _name in settings.LANGUAGES]},
    }
}
ASKS_FOR_KEY = {
    "WWW-Authenticate": {
        "description": "The scheme of the key.",
        "required": True,
        "schema": {"type": "string", "const": "Bearer"},
    }
}


class OutOfScope(HttpError):
    def __init__(self, scope: str) -> None:
        super().__init__(403, f"This key may not read {scope}. Make one that may, under You, Keys for programs.")


class ByKey(HttpBearer):
    """`Authorization: Bearer andon_...`: a key from the page Keys for programs."""

    openapi_description = "A key that a member made under You, Keys for programs."

    def authenticate(self, request: HttpRequest, token: str) -> tokens.Grant | None:
        return tokens.grant_for(token, on=timezone.localdate())


class Described(NinjaAPI):
    """Ninja's own, which would say that a refusal is sent as a result is, and nothing of headers."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**options)
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["parameters"].append(LANGUAGE)
                for status, told in operation["responses"].items():
                    if status >= 400:
                        told["content"] = {problems.MEDIA_TYPE: told["content"].pop("application/json")}
                    match status:
                        case 200:
                            told["headers"] = IN_LANGUAGE
                        case 401:
                            told["headers"] = ASKS_FOR_KEY
        return document


api = Described(
    title="Andon: results",
    version="1",
    description=(
        "Results of rounds, as their members see them. Read only. Every answer is a function of a release: there is "
        "no query, filter or parameter that computes another figure. Whatever is refused is told as "
        "`application/problem+json`, also at an address that is not described here (404) and for a method other than "
        "GET (405)."
    ),
    urls_namespace="rest",
    docs_url=None,
    docs_decorator=require_safe,
    auth=ByKey(),
    servers=[{"url": "/", "description": "this server"}],
)

RoundId = Annotated[str, Path(description="The id of a round.", pattern=ID)]
NodeId = Annotated[str, Path(description="The id of a group's node.", pattern=ID)]
PageNumber = Annotated[int, Query(description="Which fifty of the groups inside.", ge=1, le=1_000)]
Everywhere = {400: Problem, 401: Problem, 500: Problem, 503: Problem}
Refused = {**Everywhere, 403: Problem, 404: Problem, 422: Problem}


def _granted(request: HttpRequest, scope: str) -> tokens.Grant:
    grant: tokens.Grant = request.auth  # type: ignore[attr-defined]
    if scope not in grant.scopes:
        raise OutOfScope(scope)
    return grant


@api.get(
    "/rounds",
    response={200: ReleasedRounds, **Everywhere},
    operation_id="list_rounds",
    summary="Rounds whose result the key's member can look at",
    url_name="rounds",
)
def list_rounds(request: HttpRequest) -> dict[str, Any]:
    grant: tokens.Grant = request.auth  # type: ignore[attr-defined]
    return {"rounds": results.rounds_for_program(grant)}


@api.get(
    "/rounds/{round_id}/unit",
    response={200: UnitResult, **Refused},
    operation_id="read_unit",
    summary="The result of the member's own unit. Scope: results.unit",
    url_name="unit",
)
def read_unit(request: HttpRequest, round_id: RoundId) -> dict[str, Any]:
    grant = _granted(request, results.UNIT_SCOPE)
    return results.unit_for_program(grant, round_id, at=timezone.now(), on=timezone.localdate())


@api.get(
    "/rounds/{round_id}/groups",
    response={200: GroupResult, **Refused},
    operation_id="read_top_group",
    summary="The topmost group of a round. Scope: results.groups",
    url_name="top_group",
)
def read_top_group(request: HttpRequest, round_id: RoundId, page: PageNumber = 1) -> dict[str, Any]:
    return _group(request, round_id, "", page)


@api.get(
    "/rounds/{round_id}/groups/{node_id}",
    response={200: GroupResult, **Refused},
    operation_id="read_group",
    summary="A group of a round. Scope: results.groups",
    url_name="group",
)
def read_group(request: HttpRequest, round_id: RoundId, node_id: NodeId, page: PageNumber = 1) -> dict[str, Any]:
    return _group(request, round_id, node_id, page)


def _group(request: HttpRequest, round_id: str, node_id: str, page: int) -> dict[str, Any]:
    grant = _granted(request, results.GROUPS_SCOPE)
    return results.group_for_program(grant, round_id, node_id, page=page, at=timezone.now(), on=timezone.localdate())


def _problem(status: int, detail: str = "") -> HttpResponse:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    body = problems.body_of(status, detail)
    return HttpResponse(body, status=status, content_type=problems.MEDIA_TYPE, headers=headers)


@api.exception_handler(AuthenticationError)
def _no_key(_request: HttpRequest, _error: Exception) -> HttpResponse:
    return _problem(401, "Send a key as `Authorization: Bearer ...`. This one is missing, unknown or over.")


@api.exception_handler(Http404)
def _absent(_request: HttpRequest, _error: Exception) -> HttpResponse:
    return _problem(404)


@api.exception_handler(ValidationError)
def _wrong(_request: HttpRequest, error: Any) -> HttpResponse:
    # What was sent is not repeated: it may be a key that stands in the wrong place.
    places = sorted({str(one["loc"][-1]) for one in error.errors})
    return _problem(422, f"Look at: {', '.join(places)}.")


@api.exception_handler(HttpError)
def _refused(_request: HttpRequest, error: Any) -> HttpResponse:
    return _problem(error.status_code, str(error))
