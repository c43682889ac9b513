"""Schemathesis on the running service: both doors' descriptions, by every answer that comes over the wire."""

import json
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import schemathesis
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.transport.requests import REQUESTS_TRANSPORT

from tests import described
from tests.audit.grading import Finding, Grade, Planted
from tests.audit.service import Answer, broken_site, demonstration, failures
from tests.described import ALONE, PHASES
from tests.stack import Stack

EXAMPLES = 15
# A key of somebody who answers and reads, and what there is to read.
KEY = """
import json
from datetime import timedelta
from django.utils import timezone
from andon.features.results import public as results
from andon.features.rounds.models import Round
from andon.foundation.organisation.models import Node
from andon.foundation.people.models import Member
from andon.foundation.tokens import public as tokens
today = timezone.localdate()
print(json.dumps({
    "key": tokens.make_key(
        member=Member.objects.get(email="demo-member@example.org"), name="grader",
        allowed=(results.UNIT_SCOPE, results.GROUPS_SCOPE), ends_on=today + timedelta(days=30),
        at=timezone.now(), on=today,
    ),
    "round_id": list(Round.objects.values_list("pk", flat=True))[:20],
    "node_id": [str(pk) for pk in Node.objects.values_list("pk", flat=True)][:20],
}))
"""
JSON = {"Content-Type": "application/json"}
TOLD = {"X-Told": "yes"}
# What is planted at a page of its own, by the check that must fail: what is wrong with the answer.
PLANTED: dict[str, tuple[str, Answer]] = {
    "not_a_server_error": ("a failure", Answer("{}", JSON | TOLD, 500)),
    "status_code_conformance": ("a status that is not described", Answer("{}", JSON | TOLD, 410)),
    "response_schema_conformance": ("a body of another form", Answer('{"count": "x"}', JSON | TOLD)),
    "content_type_conformance": ("a body of another type", Answer("<p>x</p>", TOLD)),
    "response_headers_conformance": ("a header that is missing", Answer('{"count": 1}', JSON)),
    "negative_data_rejection": ("a parameter that is never refused", Answer('{"count": 1}', JSON | TOLD)),
    "unsupported_method": ("any method that is done", Answer('{"count": 1}', JSON | TOLD)),
}


class Described:
    name = "described"
    about = "Schemathesis: every answer of both running doors, held against their descriptions"
    accepted: Mapping[tuple[str, str], str] = {}

    def version(self) -> str:
        return metadata.version("schemathesis")

    def planted(self, folder: Path) -> Sequence[Planted]:
        load_all_checks()
        responses = {
            "200": {
                "description": "It is counted.",
                "headers": {"X-Told": {"required": True, "schema": {"const": "yes"}}},
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["count"],
                            "properties": {"count": {"type": "integer"}},
                        }
                    }
                },
            }
        }
        parameters = [{"name": "from", "in": "query", "required": True, "schema": {"type": "integer", "minimum": 0}}]
        found = []
        with broken_site(lambda path, _fields: PLANTED[path.strip("/")][1]) as site:
            for check, (fault, _answer) in PLANTED.items():
                told = {
                    "openapi": "3.1.0",
                    "info": {"title": "Broken", "version": "1"},
                    "paths": {f"/{check}": {"get": {"parameters": parameters, "responses": responses}}},
                }
                config = described.configuration(examples=2, phases=ALONE, known={})
                grade = graded(told, f"http://localhost:{site.port}", config)
                found.append(Planted(fault, check in grade.faults))
        return found

    def grade(self, folder: Path) -> Grade:
        load_all_checks()
        found, missed, figures, requests = [], [], {}, 0
        with demonstration(folder / "stack") as stack:
            for door, (told, origin, config) in {"anonymous": anonymous_door(stack), "app": app(stack)}.items():
                grade = graded(told, origin, config)
                requests += grade.requests
                found += [
                    Finding(check, f"{door} door", " ".join(text.split())) for check, text in grade.faults.items()
                ]
                places = {
                    f"{method.upper()} {path}"
                    for path, methods in told["paths"].items()
                    for method in methods
                    if method in {"get", "post"}
                }
                missed += [f"{place} of the {door} door was not asked." for place in places - grade.answers.keys()]
                missed += [f"{check} was not looked at." for check in set(CHECKS.get_all_names()) - grade.checks]
                done = sum(bool(statuses & {"200", "302"}) for statuses in grade.answers.values())
                figures[f"{door} door"] = f"{grade.requests} requests; {done} of {len(places)} operations were done"
            found += failures(stack)
        return Grade(f"{requests} requests", found, figures, sorted(missed))


def graded(told: dict[str, Any], origin: str, config: Any) -> described.Grade:
    schema = schemathesis.openapi.from_dict(told, config=config)
    schema.config.update(base_url=origin)
    with described.canonical_bodies(REQUESTS_TRANSPORT):
        return described.graded(schema)


Asked = tuple[dict[str, Any], str, Any]


def anonymous_door(stack: Stack) -> Asked:
    with urlopen(f"{stack.anonymous_url}/log/", timeout=20) as answer:
        bodies = [entry["body"] for entry in json.load(answer)["entries"]]
    known = {
        "round_id": sorted({body["round"] for body in bodies if "round" in body}),
        "sha256": sorted({sha256 for body in bodies for sha256 in body.get("bundle", {}).values()}),
    }
    config = described.configuration(examples=EXAMPLES, phases=PHASES, known=known)
    return described.description(), stack.anonymous_url, config


def app(stack: Stack) -> Asked:
    told = json.loads(stack.manage("shell", "--no-imports", "-c", KEY).stdout)
    with urlopen(f"{stack.app_url}/api/v1/openapi.json", timeout=20) as answer:
        description = json.load(answer)
    config = described.configuration(
        examples=EXAMPLES,
        phases=PHASES,
        known={"round_id": told["round_id"], "node_id": told["node_id"]},
        auth={"openapi": {"ByKey": {"bearer": told["key"]}}},
    )
    return description, stack.app_url, config


GRADER = Described()
