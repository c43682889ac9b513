"""Every page of the app as the people of a lived-in organisation see it, in every state that a page has."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from django.contrib.auth.models import AnonymousUser
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.paginator import Paginator
from django.db import OperationalError
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse
from django.utils import timezone

from andon.features.guide.models import TakenUp
from andon.features.instruments import public as instruments
from andon.features.releases.models import ReleasedGroup, ReleasedUnit
from andon.features.results.models import SharedColours
from andon.features.rounds import signing
from andon.features.rounds.models import Round
from andon.features.setup import code, draft
from andon.features.setup import views as setup_views
from andon.foundation.configuration.public import sections as sections_of_settings
from andon.foundation.interface import views as interface_views
from andon.foundation.interface.context import STYLE_SHEETS
from andon.foundation.invitations.models import Invitation
from andon.foundation.organisation import languages, waiting
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.forms import ChooseFile
from andon.foundation.organisation.models import Node
from andon.foundation.people import again, invitations, links
from andon.foundation.people.models import Member, Passing
from andon.foundation.people.tests.test_ways_around import SecurityKey
from andon.foundation.providers import asking, rescue
from andon.foundation.providers.presets import PRESETS
from andon.foundation.providers.tests.provider import ISSUER, Provider
from andon.kernel import wire
from tests.lived_in import NEW_PEOPLE, ROLES, LivedIn, absent_id, undone
from tests.pages.compared import without_tokens


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer: what it is, whose it was (a role or a first name), and what came."""

    what: str
    by: str
    address: str
    answer: Any

    @property
    def content(self) -> bytes:
        content: bytes = self.answer.content
        return content


def client_of(house: LivedIn, name: str, **options: Any) -> Client:
    """By role ("lead") or by first name ("Hal")."""
    client, person = Client(**options), ROLES.get(name, name)
    if person is not None:
        client.force_login(house.people[person])
    return client


def addresses_of(house: LivedIn) -> dict[str, str]:
    """Every address that is read, by what it shows. Who may not gets the page of what is absent."""
    rounds = {
        f"{what} of {name}": reverse(address, args=[round_id])
        for name, round_id in house.rounds.items()
        for what, address in (
            ("round", "rounds:detail"),
            ("closing", "closing:close"),
            ("report", "results:report"),
            ("receipt", "results:receipt"),
            ("unit file", "results:unit_json"),
            ("debrief", "results:debrief"),
            ("debrief screen", "results:debrief_screen"),
            ("step", "results:step"),
            ("outcome", "results:step_outcome"),
            ("sharing", "results:share"),
            ("groups", "results:groups"),
        )
    }
    files = {f"file {n}": reverse("organisation:people_file", args=[pk]) for n, pk in house.files.items()}
    bo = house.people["Bo"].pk
    by_hand = {
        f"by hand: {name}": reverse(f"organisation:{name}", args=[which])
        for which, names in (
            (bo, "person edit_person place_person duties deactivate"),
            (house.nodes["Detection"].pk, "team add_team rename_team move_team retire_team"),
        )
        for name in names.split()
    } | {
        "by hand: add": reverse("organisation:add_person"),
        "by hand: teams": reverse("organisation:teams") + f"?at={house.nodes['Security'].pk}",
        "by hand: teams found": reverse("organisation:teams") + "?q=o",
        "by hand: last day": reverse("organisation:last_day", args=[bo, house.people["Bo"].memberships.get().pk]),
        "by hand: nobody found": reverse("organisation:people") + "?q=nobody-like-this&show=no-team",
        "by hand: erase": reverse("privacy:erase", args=[bo]),
        "opening: tree": reverse("rounds:new") + f"?at={house.nodes['Security'].pk}",
        "opening: found": reverse("rounds:new") + "?q=o",
        "opening: nothing found": reverse("rounds:new") + "?q=nowhere",
        "opening: chosen": reverse("rounds:new") + f"?node={house.nodes['Detection'].pk}",
        "by hand: withdraw": reverse("rounds:renew", args=[house.rounds["published"]]),
    }
    files = {f"file {n}": reverse("organisation:people_file", args=[pk]) for n, pk in house.files.items()}
    nodes = {f"people of {name}": reverse("organisation:people_below", args=[n.pk]) for name, n in house.nodes.items()}
    sections = {
        f"settings of {s.slug}": reverse("configuration:section", args=[s.slug])
        for s in sections_of_settings()
        if not s.url_name
    }
    plain = (
        "today:home interface:well_known interface:healthz account_login account_login_by_password account_logout "
        "account_inactive account_set_password account_change_password account_signup people:profile "
        "account_password_forgotten account_reauthenticate people:sessions people:second_factor people:app_add "
        "people:second_factor_needed people:passkeys "
        "organisation:people organisation:import_preview audit:changes configuration:index "
        "tokens:index cadence:index cadence:new notifications:outbox issuance:offer rounds:index rounds:new "
        "results:index results:shared "
        "guide:index guide:member_path guide:resources guide:taken_up "
        "instruments:index instruments:add "
        "verify:index verify:about_me verify:about_me_text verify:about_me_json "
        "privacy:notice privacy:ask privacy:requests setup:next invitations:index invitations:send "
        "providers:index providers:choose"
    )
    guides = {
        "guide: a moment": reverse("guide:moment", args=["after-an-incident"]),
        "guide: a practice": reverse("guide:practice", args=["alert-hand-over"]),
        "guide: one with our own judgement": reverse("guide:practice", args=["remove-one-annoyance"]),
        "guide: taking up": reverse("guide:take_up", args=["alert-hand-over"]),
        "guide: chosen": reverse("guide:index") + "?stage=learner&who=lead",
        "guide: chosen wrongly": reverse("guide:index") + "?stage=nowhere&who=nobody",
    }
    return (
        {name: reverse(name) for name in plain.split()}
        | guides
        | rounds
        | files
        | nodes
        | by_hand
        | sections
        | {"absent": f"/rounds/{absent_id()}/"}
    )


def read_by(
    house: LivedIn, name: str, wanted: Callable[[str], bool] = lambda what: True, client: Client | None = None
) -> Iterator[Seen]:
    client = client or client_of(house, name)
    for what, address in addresses_of(house).items():
        if wanted(what):
            with undone():
                answer = client.get(address)
            yield Seen(what, name, address, answer)


# Who sees something that others do not, and of which rounds. Everybody reads what is about no round.
READERS = {
    "nobody": (),
    "outside": ("open",),
    "member": ("autumn", "released", "security", "open"),
    "lead": ("autumn", "released", "open", "few"),
    "lead above": ("released", "open", "published", "closing", "void", "preparing"),
    "other lead": ("few",),
    "steward": (),
    "auditor": ("open",),
    "Hal": ("published", "kept"),
    "Ivy": ("closing",),
    "Joe": ("void",),
    "Kai": ("preparing",),
}


# They see what the others see, and their own: each is asked for what somebody else's page does not show.
LIKE_OTHERS = {"lead above", "other lead", "auditor", "Hal", "Ivy", "Joe", "Kai"}
THEIR_OWN = {
    "today:home",
    "people:second_factor_needed",
    "cadence:index",
    "rounds:index",
    "rounds:new",
    "results:index",
    "verify:about_me",
    "opening: tree",
    "opening: found",
    "by hand: withdraw",
}


def readings(house: LivedIn, *, every: bool) -> dict[str, set[str]]:
    """What each reader is asked for; with `every`, also what differs by the name of the reader alone."""
    found: dict[str, set[str]] = {}
    for name, rounds in READERS.items():
        skipped = {f" of {other}" for other in house.rounds if other not in rounds}
        if name not in {"outside", "member"}:
            skipped |= {f" of {node}" for node in house.nodes}
        wanted = {what for what in addresses_of(house) if not what.endswith(tuple(skipped))}
        if name in LIKE_OTHERS and not every:
            own = tuple(f" of {one}" for one in rounds)
            wanted = {what for what in wanted if what in THEIR_OWN or what.endswith(own)}
        found[name] = wanted
    return found


def every_page(house: LivedIn, *, every: bool) -> Iterator[Seen]:
    """Each HTML page once per person who gets one that differs, and what forms answer. Redirects are left out. Without
    `every` nobody is asked for what others have the same of, which is a third of all there is to ask for."""
    known: set[bytes] = set()
    for seen in _everything(house, every=every):
        if seen.answer.headers.get("Content-Type", "").startswith("text/html") and seen.answer.status_code != 302:
            plain = without_tokens(seen.content)
            if plain not in known:
                known.add(plain)
                yield seen


def _everything(house: LivedIn, *, every: bool) -> Iterator[Seen]:
    for name, wanted in readings(house, every=every).items():
        yield from read_by(house, name, wanted.__contains__)
    yield from _forms(house)
    yield from _second_factors(house)
    yield from _another_address(house)
    yield from _invitations(house)
    yield from _people_in_between(house)
    yield from _the_key(house)
    yield from _providers(house)
    yield from _first_run()
    yield from _demonstration(house)
    yield from _large_groups(house)
    yield from _questionnaires(house)
    yield from _own_questionnaires(house)
    yield from _taken_up(house)
    yield from _windows(house)
    yield from _sharing(house)
    yield from _failures()


def _large_groups(house: LivedIn) -> Iterator[Seen]:
    """What this organisation is too small for: a spread over ten teams, and shares of a hundred people's answers."""
    round_id, statements = house.rounds["autumn"], instruments.load("andon-core").codes
    spread = {"low": 3, "mixed-low": 6, "mixed-high": 0, "high": 5}
    group = {
        "group": house.nodes["Lanternworks"].pk,
        "histograms": {code: [30 + place, 52, 47, 120, 80 - place, 3] for place, code in enumerate(statements)},
        "noise": 9165,
        "people": 410,
        "spread": {
            "facets": dict.fromkeys(("inclusion", "learner", "contributor", "challenger", "accountability"), spread),
            "statements": dict.fromkeys(statements, spread),
            "units": 14,
        },
        "turnout": "three_quarters_or_more",
    }
    address = reverse("results:group", args=[round_id, group["group"]])
    with undone():
        found = ReleasedGroup.objects.filter(round_id=round_id)
        found.update(figures=json.dumps(group))
        for name in ("member", "other member", "steward"):
            yield Seen("a large group", name, address, client_of(house, name).get(address))
        del group["histograms"], group["noise"]
        found.update(figures=json.dumps(group | {"reason": "too_much_noise"}))
        yield Seen("a group without shares", "member", address, client_of(house, "member").get(address))


OWN_QUESTIONNAIRE = b"""
id: own-handover
version: 1.0.0
title: {en: "1", de: "1", ar: "1"}
rights: "LicenseRef-2: 2"
citation: "3"
translations: {en: original, de: draft, ar: draft}
scale:
  least: 1
  most: 5
  labels: {en: ["1", "2", "3", "4", "5"], de: ["1", "2", "3", "4", "5"], ar: ["1", "2", "3", "4", "5"]}
facets: [{id: handover, name: {en: "4", de: "4", ar: "4"}, least_statements: 1}]
statements:
  - {code: HO1, facet: handover, direction: "+", wording: {en: "5", de: "5", ar: "5"}}
  - {code: HO2, facet: handover, direction: "-", wording: {en: "6", de: "6", ar: "6"}}
words: level
priors: {published: [], note: "7"}
"""


def _questionnaires(house: LivedIn) -> Iterator[Seen]:
    """Each that is shipped, one in another language than the reader's, and the note of one."""
    bo, stella = client_of(house, "member"), client_of(house, "steward")
    for one in instruments.available():
        here = reverse("instruments:detail", args=[one.id, one.version])
        yield Seen(f"questionnaire {one.id} {one.version}", "member", here, bo.get(here))
    core = reverse("instruments:detail", args=["andon-core", "1.1.0"]) + "?in=fr"
    yield Seen("a questionnaire in French", "member", core, bo.get(core))
    note = ["edmondson-1999", "1.0.0"]
    for name in ("detail", "rights"):
        here = reverse(f"instruments:{name}", args=note)
        yield Seen(f"a note about rights: {name}", "steward", here, stella.get(here))


def _own_questionnaires(house: LivedIn) -> Iterator[Seen]:
    """Refused, added, waiting, confirmed, retired, and an earlier version. What stands in the file is numbers."""
    stella, add = client_of(house, "steward"), reverse("instruments:add")

    def sent(content: bytes) -> Any:
        return stella.post(add, {"file": SimpleUploadedFile("own.yaml", content)}, follow=True)

    with undone():
        yield Seen("a questionnaire without a file", "steward", add, stella.post(add, {}))
        yield Seen("a refused questionnaire", "steward", add, sent(OWN_QUESTIONNAIRE.replace(b"HO2", b"2")))
        yield Seen("a questionnaire that was added", "steward", add, sent(OWN_QUESTIONNAIRE))
        yield Seen("a questionnaire that is here", "steward", add, sent(OWN_QUESTIONNAIRE))
        place = ["own-handover", "1.0.0"]
        here, rights = reverse("instruments:detail", args=place), reverse("instruments:rights", args=place)
        offer = reverse("instruments:offer", args=place[:1])
        yield Seen("a questionnaire that waits", "member", here, client_of(house, "member").get(here))
        yield Seen("rights that were confirmed", "steward", here, stella.post(rights, follow=True))
        yield Seen("a note that was confirmed", "steward", rights, stella.get(rights))
        yield Seen("a retired questionnaire", "steward", here, stella.post(offer, {"do": "retire"}, follow=True))
        listed = reverse("instruments:index")
        yield Seen("a list with a retired one", "steward", listed, stella.get(listed))
        yield Seen("a questionnaire offered again", "steward", here, stella.post(offer, {"do": "offer"}, follow=True))
        sent(OWN_QUESTIONNAIRE.replace(b"1.0.0", b"2.0.0"))
        yield Seen("an earlier version", "steward", here, stella.get(here))


def _taken_up(house: LivedIn) -> Iterator[Seen]:
    """A team tries, keeps and ends practices, by name and without; two results beside each other, and what a newer one
    says of an older. One practice is of a guide that is not shipped any more.
    """
    bo, here = client_of(house, "member"), reverse("guide:taken_up")
    practice = reverse("guide:practice", args=["alert-hand-over"])
    with undone():
        taken = bo.post(reverse("guide:take_up", args=["alert-hand-over"]), {"named": "on"}, follow=True)
        yield Seen("guide: taken up", "member", here, taken)
        yield Seen("guide: one under way", "member", practice, bo.get(practice))
        TakenUp.objects.create(practice_id="of-long-ago", team=house.nodes["Detection"], on=house.now.date())
        kept = TakenUp.objects.get(practice_id="of-long-ago").pk
        settled = bo.post(reverse("guide:settle", args=[kept]), {"do": "kept"}, follow=True)
        yield Seen("guide: one kept, one under way", "member", here, settled)
        for number, name in enumerate(("first-week", "say-i-do-not-know", "of-long-ago")):
            day = (house.now - timedelta(days=80 - number)).date()
            TakenUp.objects.create(practice_id=name, team=house.nodes["Detection"], on=day, by=house.people["Ada"])
        for name in ("autumn", "released"):
            report = reverse("results:report", args=[house.rounds[name]])
            yield Seen(f"guide: beside {name}", "member", report, bo.get(report))


def _sharing(house: LivedIn) -> Iterator[Seen]:
    """A proposal that was just made, on the report and on Today, and the same when it is off, was seen, or its teams
    changed; in the words of what is about safety, and of what is not.
    """
    bo, report = client_of(house, "member"), reverse("results:report", args=[house.rounds["security"]])
    form = reverse("results:share", args=[house.rounds["security"]])
    no = reverse("results:share_no", args=[house.rounds["security"]])
    shared = reverse("results:shared")
    with undone():
        yield Seen("sharing: with nobody", "member", form, bo.post(form, {"node": "x"}))
        yield Seen(
            "sharing: proposed", "member", report, bo.post(form, {"node": house.nodes["Security"].pk}, follow=True)
        )
        yield Seen("sharing: on Today", "member", "/", bo.get("/"))
        SharedColours.objects.update(shared_from=house.now.date() - timedelta(days=1), by=None)
        yield Seen("sharing: shared", "member", report, bo.get(report))
        for name in ("member", "Hal"):
            yield Seen("sharing: seen", name, shared, client_of(house, name).get(shared))
        Node.objects.filter(pk=house.nodes["Detection"].pk).update(parent=house.nodes["Lanternworks"])
        yield Seen("sharing: moved", "member", report, bo.get(report))
        yield Seen("sharing: off", "member", report, bo.post(no, follow=True))


def _windows(house: LivedIn) -> Iterator[Seen]:
    """A question a day and a week: on Today, on the page of its round, before it is published, and its report."""
    opened, released, codes = house.rounds["open"], house.rounds["released"], instruments.load("andon-core").codes
    bo, day = client_of(house, "member"), timedelta(days=1)
    asking = {"node": house.nodes["Application security"].pk, "instrument": "andon-core", "opens": "3d"}
    for kind, asked in (("daily", codes), ("weekly", codes[:4])):
        preview = client_of(house, "other lead").post(reverse("rounds:new"), asking | {"asking": kind})
        yield Seen(f"a preview, {kind}", "other lead", reverse("rounds:new"), preview)
        questions = [
            {"code": code, "from": wire.utc_text(house.now - day + place * day)} for place, code in enumerate(asked)
        ]
        with undone():
            Round.objects.filter(pk__in=[opened, released]).update(kind=kind, questions=questions)
            for part in ReleasedUnit.objects.filter(round_id=released):
                figures = json.loads(part.figures)
                # The first question was answered by fewer than five.
                kept = {code: figure for code, figure in figures["figures"].items() if code in asked[1:]}
                counts = dict.fromkeys(asked, figures["ballots"]) | {asked[0]: 4}
                figures |= {"counts": counts, "figures": kept, "silent": {asked[0]: "too_few_ballots"}}
                ReleasedUnit.objects.filter(pk=part.pk).update(figures=json.dumps(figures))
            pages = {
                "today": reverse("today:home"),
                "a round": reverse("rounds:detail", args=[opened]),
                "a report": reverse("results:report", args=[released]),
                "a receipt": reverse("results:receipt", args=[released]),
                "a debrief": reverse("results:debrief", args=[released]),
            }
            for name, address in pages.items():
                yield Seen(f"{name}, {kind}", "member", address, bo.get(address))


def _forms(house: LivedIn) -> Iterator[Seen]:
    new = reverse("rounds:new")
    cloud, top = house.nodes["Application security"].pk, house.nodes["Lanternworks"].pk
    choice = {"node": cloud, "instrument": "andon-core", "opens": "now", "closes": "7d"}
    everybody = choice | {"node": top, "opens": "3d"}
    file = SimpleUploadedFile("people.csv", NEW_PEOPLE)
    bo_team = reverse("organisation:place_person", args=[house.people["Bo"].pk])
    place = {"team": "Cloud", "role": "member", "starts_on": organisation.today().isoformat()}
    sent: list[tuple[str, str, str, dict[str, Any]]] = [
        ("a place with bad values", "steward", bo_team, {"team": "?", "role": "x", "starts_on": "x", "ends_on": "x"}),
        ("a place where several teams fit", "steward", bo_team, place | {"team": "o"}),
        ("a place before it is given", "steward", bo_team, place),
        ("a round with bad values", "lead", new, {"node": "none", "instrument": "x", "opens": "x", "closes": "x"}),
        ("a preview", "other lead", new, choice),
        ("a preview of everybody", "lead above", new, everybody),
        ("a round too early", "lead", new, choice | {"node": house.nodes["Detection"].pk, "confirm": "yes"}),
        ("an import without a file", "steward", reverse("organisation:import_preview"), {}),
        ("an import", "steward", reverse("organisation:import_preview"), {"file": file}),
        ("an import's yes", "steward", reverse("organisation:people_file_yes", args=[house.files["ready"]]), {}),
        ("an import's end", "steward", reverse("organisation:people_file_cancel", args=[house.files["ready"]]), {}),
        ("a sign-in without an address", "nobody", reverse("account_login"), {"email": "x"}),
        ("a sign-in", "nobody", reverse("account_login"), {"email": "bo@example.org"}),
        ("a wrong password", "nobody", reverse("account_login_by_password"), {"login": "a@b.org", "password": "x"}),
        ("a password that is too short", "member", reverse("account_set_password"), {"password1": "x"}),
        ("a password on the lists", "member", reverse("account_set_password"), {"password1": "password1234"}),
        ("a forgotten password", "nobody", reverse("account_password_forgotten"), {"email": "bo@example.org"}),
        ("a forgotten password, wrongly", "nobody", reverse("account_password_forgotten"), {"email": "x"}),
        ("a link that is over", "nobody", reverse("account_password_new", args=["x"]), {}),
        ("a wrong code of an app", "member", reverse("people:app_add"), {"code": "000000"}),
        ("a passkey that is none", "nobody", reverse("account_login_by_passkey"), {"credential": "{}"}),
        ("a passkey that cannot be kept", "member", reverse("people:passkeys"), {"credential": "{}"}),
        ("an early close", "lead", reverse("closing:close", args=[house.rounds["open"]]), {}),
        ("a language", "member", reverse("people:profile"), {"language": "xx"}),
    ]
    for what, name, address, fields in sent:
        cache.clear()
        with undone():
            answer: Any = client_of(house, name).post(address, fields, follow=True)
        yield Seen(what, name, address, answer)
    cache.clear()
    change = reverse("account_change_password")
    with undone():
        otto = house.people["Otto"]
        otto.set_password("several plain words")
        otto.save()
        client = client_of(house, "Otto")
        yield Seen("another password", "Otto", change, client.get(change))
        yield Seen("another password, wrongly", "Otto", change, client.post(change, {"oldpassword": "x"}))
        otto.set_unusable_password()


def _request_of(client: Client) -> Any:
    """What `again.mark` needs of a request: the session that the client has."""
    return SimpleNamespace(session=client.session)


def _second_factors(house: LivedIn) -> Iterator[Seen]:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP

    with undone():
        otto = house.people["Otto"]
        otto.set_password("several plain words")
        otto.save()
        client, other = client_of(house, "Otto"), client_of(house, "Otto")
        TOTP.activate(otto, "JBSWY3DPEHPK3PXP")
        for name in ("people:second_factor", "people:app_remove", "people:recovery_codes", "people:sessions"):
            yield Seen(f"with an app: {name}", "Otto", reverse(name), client.get(reverse(name)))
        codes = reverse("people:recovery_codes")
        yield Seen("recovery codes", "Otto", codes, client.post(codes))
        step = {"login": otto.email, "password": "several plain words"}
        client = Client()
        client.post(reverse("account_login_by_password"), step)
        second = reverse("mfa_authenticate")
        yield Seen("the second step", "nobody", second, client.get(second))
        yield Seen("the second step, wrongly", "nobody", second, client.post(second, {"code": "1"}))
        SecurityKey(otto)
        yield Seen("the second step, with a passkey too", "nobody", second, client.get(second))
        Authenticator.objects.filter(user=otto, type="webauthn").delete()
        new = reverse("account_password_new", args=[links.make("password", Member.objects.get(pk=otto.pk))])
        yield Seen("a new password", "nobody", new, Client().get(new))
        Passing.objects.all().delete()
        asking = reverse("account_reauthenticate")
        yield Seen("again, with an app", "Otto", asking, other.get(asking))
        # Enough of a passkey for the page on which it is renamed.
        made = Authenticator.objects.create(user=otto, type="webauthn", data={"name": "1"})
        one = reverse("people:passkey", args=[made.pk])
        again.mark(_request_of(other))
        yield Seen("a passkey", "Otto", one, other.get(one))
        otto.authenticator_set.all().delete()
        yield Seen("again, with a password", "Otto", asking, other.get(asking))
        yield Seen("again, wrongly", "Otto", asking, other.post(asking, {"answer": "x"}))
        yield Seen("again, by mail", "Otto", asking, other.post(asking, {"send": "yes"}))
        otto.set_unusable_password()


def _another_address(house: LivedIn) -> Iterator[Seen]:
    """It waits: for a steward, for the member, and for whoever follows the link in the letter."""
    stella = client_of(house, "steward")
    with undone():
        bo = Member.objects.get(pk=house.people["Bo"].pk)
        bo.has_signed_in = True
        bo.save()
        edit, person = (reverse(f"organisation:{name}", args=[bo.pk]) for name in ("edit_person", "person"))
        fields = {"name": bo.name, "email": "stranger@example.org"}
        yield Seen("another address, before it waits", "steward", edit, stella.post(edit, fields))
        stella.post(edit, fields | {"confirm": "yes"})
        yield Seen("another address waits", "steward", person, stella.get(person))
        own = Client()
        own.force_login(bo)
        yield Seen("another address for you", "Bo", reverse("people:profile"), own.get(reverse("people:profile")))
        [link] = re.findall(r"https?://[^/]+(/accounts/address/\S+)", str(mail.outbox[-1].body))
        yield Seen("another address, by the link", "nobody", link, Client().get(link))
        yield Seen("another address, refused", "nobody", link, Client().post(link, {"answer": "no"}))
        yield Seen("another address, no more", "nobody", link, Client().get(link))


def _invitations(house: LivedIn) -> Iterator[Seen]:
    """None out, some leaving, some that did not leave, all sent; and what somebody sees who follows a link."""
    stella, here = client_of(house, "steward"), reverse("invitations:index")
    with undone():
        Member.objects.update(has_signed_in=True)
        Member.objects.filter(pk=house.people["Bo"].pk).update(has_signed_in=False)
        bo = Member.objects.get(pk=house.people["Bo"].pk)
        invitations.invite(bo, by=house.people["Stella"], at=timezone.now())
        yield Seen("invitations: all sent", "steward", here, stella.get(here))
        yield Seen("invitations: nobody to send to", "steward", here, stella.get(reverse("invitations:send")))
        letter = mail.outbox[-1].body
        [link] = re.findall(r"https?://[^/]+(/invitation/\S+)", str(letter))
        yield Seen("an invitation", "nobody", link, Client().get(link))
        over = reverse("invitations:accept", args=["x"])
        yield Seen("an invitation that is over", "nobody", over, Client().get(over))
        yield Seen("invited", "steward", here, stella.get(reverse("organisation:person", args=[bo.pk])))
        Invitation.objects.update(step=Invitation.Step.FAILED)
        yield Seen("invitations: some failed", "steward", here, stella.get(here))
        Invitation.objects.update(step=Invitation.Step.WAITING)
        yield Seen("invitations: some leave", "steward", here, stella.get(here))


def _people_in_between(house: LivedIn) -> Iterator[Seen]:
    """Somebody who asked to be erased, somebody deactivated, a team that is retired, and what is said afterwards."""
    stella, bo, member = client_of(house, "steward"), house.people["Bo"], client_of(house, "Bo")
    requests, person = reverse("privacy:requests"), reverse("organisation:person", args=[bo.pk])
    with undone():
        done = house.files["ready"]
        stella.post(reverse("organisation:people_file_yes", args=[done]))
        waiting.carry_out(done, at=timezone.now())
        file = reverse("organisation:people_file", args=[done])
        yield Seen("a file that was carried out", "steward", file, stella.get(file))
    with undone():
        asked = member.post(reverse("privacy:ask"), follow=True)
        yield Seen("Today, with a request to be erased", "steward", "/", stella.get("/"))
        yield Seen("asked to be erased", "Bo", reverse("privacy:ask"), asked)
        yield Seen("taking it back", "Bo", reverse("privacy:ask"), member.get(reverse("privacy:ask")))
        yield Seen("who asked to be erased", "steward", requests, stella.get(requests))
        promises = reverse("configuration:section", args=["policies"])
        asked = stella.post(promises, {"policy-least_ballots": "30", "policy-notice_days": "3"})
        yield Seen("promises that nobody can loosen again", "steward", promises, asked)
        erasing = reverse("privacy:erase", args=[bo.pk])
        yield Seen("erasing, another name typed", "steward", erasing, stella.post(erasing, {"person": "Cy"}))
        erased = stella.post(erasing, {"person": bo.name}, follow=True)
        yield Seen("erased", "steward", requests, erased)
    with undone():
        off = stella.post(reverse("organisation:deactivate", args=[bo.pk]), {"confirm": "yes"}, follow=True)
        yield Seen("deactivated", "steward", person, off)
    with undone():
        withdrawn = house.rounds["published"]
        hal, address = client_of(house, "Hal"), reverse("rounds:renew", args=[withdrawn])
        hal.post(address)
        old = reverse("rounds:detail", args=[withdrawn])
        yield Seen("withdrawn", "Hal", old, hal.get(old))
        yield Seen("rounds with a withdrawn one", "Hal", old, hal.get(reverse("rounds:index")))


def _the_key(house: LivedIn) -> Iterator[Seen]:
    """What stewards read of their key on the page of rounds."""
    here = reverse("rounds:index")
    for state in signing.DelegationState:
        standing = SimpleNamespace(state=state, until=house.now)
        with patch.object(signing, "delegation_state", lambda s=standing: s), override_settings(STEWARD_KEY_FILE=""):
            yield Seen(f"rounds, key {state.value}", "steward", here, client_of(house, "steward").get(here))


def _providers(house: LivedIn) -> Iterator[Seen]:
    made, stella = Provider(), client_of(house, "steward")

    def page(what: str, name: str, *parts: Any) -> Seen:
        address = reverse(f"providers:{name}", args=parts)
        return Seen(f"provider: {what}", "steward", address, stella.get(address))

    with undone(), patch.object(asking, "session", lambda: made):
        for preset in PRESETS:
            yield page(f"new {preset.kind}", "add", preset.kind)
        wrong = reverse("providers:add", args=["keycloak"])
        yield Seen("provider: wrong", "steward", wrong, stella.post(wrong, {"name": ""}))
        row = made.add(is_enabled=False, hosts=[])
        yield page("kept", "detail", row.slug)
        check = reverse("providers:check", args=[row.slug])
        yield Seen("provider: checked", "steward", check, stella.post(check, follow=True))
        made.configuration["issuer"] = "https://other.example.org"
        yield Seen("provider: does not answer", "steward", check, stella.post(check, follow=True))
        made.configuration["issuer"] = ISSUER
        row.hosts, row.is_enabled = ["id.example.org"], True
        row.save()
        for name in ("index", "detail", "edit", "groups", "remove"):
            yield page(name, name, *([] if name == "index" else [row.slug]))
        rule = reverse("providers:groups", args=[row.slug])
        team = house.nodes["Detection"].pk
        fields = {"value": "appsec", "node": team, "role": "lead", "duty": "steward"}
        yield Seen("provider: a rule", "steward", rule, stella.post(rule, fields, follow=True))
        yield Seen("provider: a rule that says nothing", "steward", rule, stella.post(rule, {"value": ""}))
        yield Seen("provider: groups tried", "steward", rule, stella.get(rule, {"groups": "appsec"}))
        yield Seen("sign-in beside a provider", "nobody", "/accounts/login/", Client().get("/accounts/login/"))
        leave = "/accounts/oidc/keycloak/login/"
        yield Seen("on to the provider", "nobody", leave, Client().post(leave))
        for what, claims in (
            ("as oneself", {"email": house.people["Stella"].email, "groups": ["appsec"]}),
            ("as somebody else", {"email": house.people["Bo"].email}),
            ("as a stranger", {"email": "stranger@example.org"}),
            ("unverified", {"email": house.people["Stella"].email, "email_verified": False}),
            ("without an address", {"email": None}),
            ("for somebody else's client", {"aud": "another"}),
        ):
            yield Seen(f"provider tried {what}", "steward", "/identity/keycloak/try/", _tried(made, stella, claims))
        yield Seen("signed in at the provider", "nobody", leave, made.sign_in(Client(), email="stranger@example.org"))
        made.sign_in(Client(), email=house.people["Bo"].email)
        yield page("with accounts", "detail", row.slug)
        policy = reverse("providers:policy")
        yield Seen("provider: nobody on standby", "steward", policy, stella.post(policy, {"only": "on"}))
        link = urlsplit(rescue.make(email=house.people["Stella"].email, at=timezone.now())).path
        yield Seen("a rescue link", "nobody", link, Client().get(link))
        over = reverse("rescue", args=["x"])
        yield Seen("a rescue link that is over", "nobody", over, Client().get(over))


def _tried(made: Provider, client: Client, claims: dict[str, Any]) -> Any:
    made.claims = claims
    page = client.post("/identity/keycloak/try/")
    where = page.headers["Refresh"].removeprefix("0; url=")
    made.question = {key: values[0] for key, values in parse_qs(urlsplit(where).query).items()}
    return made.come_back(client)


def _first_run() -> Iterator[Seen]:
    """Before there is an organisation. The pages do not look at what else is here."""
    with (
        undone(),
        TemporaryDirectory() as folder,
        override_settings(DATA_DIRECTORY=Path(folder), SIGNING_KEY_FILE=f"{folder}/signing.key", DEMO=False),
        patch.object(organisation, "current", lambda: None),
    ):
        client, begin = Client(), reverse("setup:index")
        yield Seen("set-up: code", "nobody", begin, client.get(begin))
        yield Seen("set-up: wrong code", "nobody", begin, client.post(begin, {"code": "x"}))
        client.post(begin, {"code": code.make(Path(folder))})
        steps = {name: reverse("setup:step", args=[name]) for name in draft.STEPS}
        # The rounds that are here are of an earlier organisation, which is one.
        yield Seen("set-up: obstacles", "nobody", steps["organisation"], client.get(steps["organisation"]))
        with patch.object(setup_views, "obstacles", list):
            yield from _steps(client, steps)


def _steps(client: Client, steps: dict[str, str]) -> Iterator[Seen]:
    here = {"name": "Lanternworks", "organisation-language": languages.own(), "organisation-time_zone": "UTC"}
    sent: list[tuple[str, dict[str, str], dict[str, str]]] = [
        ("organisation", {"name": ""}, here),
        ("doors", {}, {}),
        ("steward", {"name": "New One", "email": "x"}, {"name": "New One", "email": "new@example.org"}),
        ("mail", {"do": "try"}, {"do": "skip"}),
        ("key", {"steward_key": ""}, {}),
    ]
    for name, wrong, right in sent:
        yield Seen(f"set-up: {name}", "nobody", steps[name], client.get(steps[name]))
        if wrong:
            yield Seen(f"set-up: {name}, wrongly", "nobody", steps[name], client.post(steps[name], wrong))
        if name != "key":
            client.post(steps[name], right)


def _demonstration(house: LivedIn) -> Iterator[Seen]:
    outbox = "andon.foundation.notifications.outbox.OutboxBackend"
    with override_settings(DEMO=True, EMAIL_BACKEND=outbox), undone():
        client = Client()
        yield Seen("demonstration: no mail", "nobody", "/demo/outbox/", client.get("/demo/outbox/"))
        code = client.post(reverse("account_login"), {"email": "bo@example.org"}, follow=True)
        yield Seen("demonstration: a code", "nobody", "/accounts/login/code/confirm/", code)
        yield Seen("demonstration: mail", "nobody", "/demo/outbox/", client.get("/demo/outbox/"))
        house.people["Bo"].email = "demo-member@example.org"
        house.people["Bo"].save()
        yield Seen("demonstration: sign-in", "nobody", "/accounts/login/", Client().get("/accounts/login/"))
        house.people["Bo"].email = "bo@example.org"
    cache.clear()


def _failures() -> Iterator[Seen]:
    refused = Client(enforce_csrf_checks=True).post("/accounts/login/", {"email": "bo@example.org"})
    yield Seen("a form from elsewhere", "nobody", "/accounts/login/", refused)
    failed = interface_views.server_error(RequestFactory().get("/"))
    yield Seen("a failure", "nobody", "/", failed)
    try:
        raise OperationalError
    except OperationalError:
        away = interface_views.server_error(RequestFactory().get("/"))
    yield Seen("a storage that is away", "nobody", "/", away)
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    yield Seen("too many tries", "nobody", "/accounts/login/", render(request, "429.html", status=429))
    yield Seen("components", "nobody", "/", HttpResponse(_gallery()))


def _gallery() -> str:
    """What of the components no page of this version shows, or not in every state. Data in them is numbers."""
    shown: list[tuple[str, dict[str, Any]]] = [
        ("table", {"headers": ["1", "2"], "rows": [["3", "4"]], "caption": "5"}),
        ("progress", {"doing": "1", "done": 3, "total": 7, "leave": "2"}),
        ("steps", {"steps": ["1", {"title": "2", "state": "done", "text": "3"}, {"title": "4", "state": "now"}]}),
        ("error", {"happened": "1", "kept": "2", "advice": "3"}),
        ("facts", {"facts": [("1", "2")]}),
        ("action", {"label": "1", "url": "/", "kind": "cord"}),
        ("band", {"band": ""}),
        ("field", {"field": ChooseFile()["file"]}),
        ("turn", {"pages": Paginator(range(9), 3).get_page(2)}),
    ]
    body = "".join(render_to_string(f"interface/components/{name}.html", context) for name, context in shown)
    sheets = "".join(f'<link rel="stylesheet" href="{static(sheet)}">' for sheet in STYLE_SHEETS)
    head = f"<head><title>1</title>{sheets}</head>"
    return f"""<!DOCTYPE html><html lang="en">{head}<body><main><h1>1</h1>{body}</main></body></html>"""
