import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from andon.features.publiclog import public as publiclog
from andon.features.rounds import founding as rounds_founding
from andon.features.rounds import public as rounds
from andon.features.setup import code, draft, founding
from andon.foundation.audit.models import AuditEntry
from andon.foundation.organisation import public as organisation
from andon.foundation.organisation.models import Duty, Organisation
from andon.foundation.people.models import Member
from andon.kernel import manifest, wire

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
KEY = b"k" * 32


@pytest.fixture(autouse=True)
def _quiet(caplog):
    caplog.set_level("CRITICAL", logger="django.request")


def to_the_key(client, name="Real"):
    now = {"organisation-language": "en", "organisation-time_zone": "Europe/Berlin"}
    assert client.post("/setup/organisation/", {"name": name, **now})["Location"] == "/setup/doors/"
    assert client.post("/setup/doors/")["Location"] == "/setup/steward/"
    person = {"name": "Stella", "email": "Stella@Example.org"}
    assert client.post("/setup/steward/", person)["Location"] == "/setup/mail/"
    assert client.post("/setup/mail/", {"do": "skip"})["Location"] == "/setup/key/"


def signed(client, key=KEY, **changed):
    """What the page sends after its browser has signed."""
    fixed = client.session[draft.KEY]
    fields = {name: fixed[name] for name in ("organisation_id", "delegate", "begins", "until")}
    signatures = rounds.sign_founding(rounds.FoundingRequest(**fields), key)
    return {
        "steward_key": signatures.steward_public_key,
        "genesis": signatures.genesis,
        "delegation": signatures.delegation,
        **changed,
    }


def log():
    return [entry.kind for entry in publiclog.page(0)]


@pytest.mark.parametrize(
    "address", ["/", "/results/", "/accounts/login/", "/people/", "/you/", "/absent/", "/next-steps/"]
)
def test_while_there_is_no_organisation_every_page_leads_to_the_setup(address):
    assert Client().get(address)["Location"] == "/setup/"
    assert Client().post(address)["Location"] == "/setup/"


@pytest.mark.parametrize("address", ["/.well-known/andon", "/healthz", "/setup/", "/api/v1/openapi.json"])
def test_what_machines_ask_is_answered(address):
    assert Client().get(address).status_code == 200


def test_nothing_is_seen_or_done_without_the_code(installation):
    code.make(installation)
    for step in draft.STEPS:
        assert Client().get(f"/setup/{step}/")["Location"] == "/setup/"
        assert Client().post(f"/setup/{step}/", {"name": "Evil"})["Location"] == "/setup/"
    assert organisation.current() is None


def test_a_wrong_code_and_one_tried_too_often_read_the_same(installation):
    made = code.make(installation)

    def answer(typed):
        shown = Client().post("/setup/", {"code": typed})
        assert shown.status_code == 200
        return b"This is not the code, or it was tried too often" in shown.content

    assert all(answer("wrong") for _ in range(code.TRIES))
    assert answer(made)


def test_a_session_of_an_earlier_code_may_nothing(stella, installation):
    (installation / code.NAME).unlink()
    code.make(installation)
    assert stella.get("/setup/organisation/")["Location"] == "/setup/"


def test_the_session_key_is_another_after_the_code(installation):
    client = Client()
    client.session.save()
    client.cookies["andon"] = planted = client.session.session_key or ""
    client.post("/setup/", {"code": code.make(installation)})
    assert client.cookies["andon"].value != planted


def test_no_step_can_be_passed_over_and_each_can_be_gone_back_to(stella):
    assert stella.get("/setup/key/")["Location"] == "/setup/organisation/"
    to_the_key(stella)
    assert stella.get("/setup/organisation/").status_code == 200
    assert stella.get("/setup/")["Location"] == "/setup/key/"
    assert stella.get("/setup/elsewhere/").status_code == 404


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Nordlys A/S", "Nordlys A/S"),
        ("  Nordlys \n Ltd ", "Nordlys Ltd"),
        ("Nord\u202elys", None),
        ("Nordlys/", None),
        ("A//S", None),
        ("\u2003", None),
    ],
)
def test_the_name_of_the_organisation_can_be_seen_and_begin_a_path(stella, name, kept):
    fields = {"name": name, "organisation-language": "en", "organisation-time_zone": "UTC"}
    answer = stella.post("/setup/organisation/", fields)
    assert (answer.status_code == 302) is (kept is not None)
    assert stella.session[draft.KEY]["name"] == (kept or "")


def test_the_language_of_the_first_page_is_suggested_and_what_is_fixed_is_not(stella, settings):
    def chosen(asked):
        page = stella.get("/setup/organisation/", headers={"Accept-Language": asked}).content.decode()
        assert f'<html lang="{asked}"' in page
        return re.findall(r'<option value="(\w+)" selected>(?:English|Deutsch)', page)

    assert chosen("de") == ["de"]
    assert chosen("en") == ["en"]
    settings.ENVIRONMENT = {"ANDON_LANGUAGE": "en"}
    assert chosen("de") == ["en"]
    settings.ENVIRONMENT = {}
    to_the_key(stella)
    assert chosen("de") == ["en"], "what was chosen stays"


def test_the_founding_makes_all_of_it_and_signs_in(stella, installation):
    to_the_key(stella)
    assert organisation.current() is None
    assert log() == []
    assert stella.post("/setup/key/", signed(stella))["Location"] == "/next-steps/"
    here = organisation.current()
    assert here.name == "Real"
    assert here.id == publiclog.find("genesis", "").body["organisation"]
    assert log() == ["genesis", "delegation"]
    member = Member.objects.get()
    assert (member.email, member.has_signed_in) == ("stella@example.org", True)
    assert Duty.objects.get().role == "steward"
    assert stella.get("/next-steps/").status_code == 200
    assert b"Nobody else is here yet" in stella.get("/").content
    assert not (installation / code.NAME).exists()
    assert "Stella" not in str(list(AuditEntry.objects.values_list("subject", "facts")))


def test_after_the_founding_it_is_gone_for_ever(stella):
    other = Client()
    to_the_key(stella)
    stella.post("/setup/key/", signed(stella))
    for client in (stella, other):
        for address in ("/setup/", "/setup/key/", "/setup/organisation/"):
            assert client.get(address).status_code == 404
            assert client.post(address, {"code": "x"}).status_code == 404
    assert other.get("/")["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("field", ["steward_key", "genesis", "delegation"])
def test_a_signature_that_does_not_fit_founds_nothing(stella, field):
    to_the_key(stella)
    of_another = signed(stella, b"o" * 32)
    answer = stella.post("/setup/key/", signed(stella, **{field: of_another[field]}))
    assert answer.status_code == 200
    assert b"Nothing was" in answer.content
    assert organisation.current() is None
    assert log() == []
    assert stella.post("/setup/key/", signed(stella)).status_code == 302


def test_signatures_over_other_terms_found_nothing(stella):
    """The browser was shown a delegate or an end that the server did not fix."""
    to_the_key(stella)
    fixed = stella.session[draft.KEY]
    wanted = rounds.FoundingRequest(fixed["organisation_id"], "A" * 43, fixed["begins"], fixed["until"])
    made = rounds.sign_founding(wanted, KEY)
    fields = {"steward_key": made.steward_public_key, "genesis": made.genesis, "delegation": made.delegation}
    assert stella.post("/setup/key/", fields).status_code == 200
    assert log() == []


def test_the_private_key_has_no_field(stella):
    to_the_key(stella)
    page = stella.get("/setup/key/").content.decode()
    names = {part.split('"', 1)[0] for part in page.split(' name="')[1:]}
    assert names <= {"viewport", "robots", "color-scheme", "theme-color", "csrf-token", "csrfmiddlewaretoken"} | {
        "steward_key",
        "genesis",
        "delegation",
    }


def test_of_two_browsers_one_founds_and_the_other_is_told(stella, installation):
    other = Client()
    other.post("/setup/", {"code": code.make(installation)})
    to_the_key(stella)
    to_the_key(other, "Other")
    late = signed(other, b"o" * 32)
    assert stella.post("/setup/key/", signed(stella)).status_code == 302
    assert other.post("/setup/key/", late).status_code == 404
    assert [here.name for here in Organisation.objects.all()] == ["Real"]
    assert log() == ["genesis", "delegation"]


def test_two_foundings_at_once_make_one_organisation():
    """Past the check of the page, in two processes' worth of connections."""
    request = rounds.founding_request(at=timezone.now())
    start = Barrier(2)

    def one(name):
        start.wait()
        try:
            return founding.found(
                name=name,
                steward_name=name,
                steward_email=f"{name}@example.org",
                request=request,
                signatures=rounds.sign_founding(request, name.encode() * 32),
                at=timezone.now(),
            )
        except founding.OthersWereFirst:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        stewards = [steward for steward in pool.map(one, "ab") if steward is not None]
    assert len(stewards) == 1
    assert [here.name for here in Organisation.objects.all()] == [stewards[0].name]
    assert [member.name for member in Member.objects.all()] == [stewards[0].name]
    assert log() == ["genesis", "delegation"]


def test_who_comes_a_moment_late_is_told_what_to_do_with_the_key(stella, monkeypatch):
    def late(**_):
        raise founding.OthersWereFirst("It is founded.")

    to_the_key(stella)
    monkeypatch.setattr("andon.features.setup.views.found", late)
    answer = stella.post("/setup/key/", signed(stella))
    assert answer.status_code == 409
    assert b"belongs to nothing" in answer.content


def test_a_founding_that_is_killed_after_the_log_is_completed_with_the_same_key(stella, monkeypatch):
    to_the_key(stella)
    honest = founding.organisation.create_organisation
    monkeypatch.setattr(founding.organisation, "create_organisation", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        stella.post("/setup/key/", signed(stella))
    monkeypatch.setattr(founding.organisation, "create_organisation", honest)
    assert log() == ["genesis", "delegation"]
    assert organisation.current() is None

    begun = b'data-begun="' + rounds.begun_for()[1].encode()
    assert begun in stella.get("/setup/key/").content
    refused = stella.post("/setup/key/", signed(stella, b"o" * 32))
    assert refused.status_code == 409
    assert organisation.current() is None


def test_it_is_completed_from_a_new_browser_as_well(stella, installation, monkeypatch):
    to_the_key(stella)
    honest = founding.organisation.create_organisation
    monkeypatch.setattr(founding.organisation, "create_organisation", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        stella.post("/setup/key/", signed(stella))
    monkeypatch.setattr(founding.organisation, "create_organisation", honest)
    before = publiclog.head().hash
    other = Client()
    other.post("/setup/", {"code": code.make(installation)})
    to_the_key(other, "Real at last")
    assert other.post("/setup/key/", signed(other)).status_code == 302
    assert publiclog.head().hash == before
    assert organisation.current().name == "Real at last"
    assert manifest.check_chain([wire.parse_canonical(entry.content) for entry in publiclog.page(0)])


def test_a_log_entry_without_the_other_is_never_left(stella, monkeypatch):
    to_the_key(stella)
    honest = rounds_founding._append
    kinds = []

    def dying(entry):
        kinds.append(entry["kind"])
        if entry["kind"] == "delegation":
            raise ZeroDivisionError
        return honest(entry)

    monkeypatch.setattr(rounds_founding, "_append", dying)
    with pytest.raises(ZeroDivisionError):
        stella.post("/setup/key/", signed(stella))
    assert kinds == ["genesis", "delegation"]
    assert log() == []


def test_doors_that_browsers_would_refuse_stop_the_setup(stella, settings):
    stella.post(
        "/setup/organisation/", {"name": "Real", "organisation-language": "en", "organisation-time_zone": "UTC"}
    )
    settings.APP_ORIGIN = "http://andon.example.org"
    answer = stella.post("/setup/doors/")
    assert answer.status_code == 200
    assert b"is not encrypted" in answer.content


def test_the_first_sign_in_link_works_once_and_only_by_a_click(stella):
    from andon.features.setup.links import first_sign_in_link

    to_the_key(stella)
    stella.post("/setup/key/", signed(stella))
    Member.objects.update(has_signed_in=False)
    address = first_sign_in_link(Member.objects.get(), origin="")
    assert Client().get(address).status_code == 200
    assert Client().get(address).status_code == 200
    arrived = Client()
    assert arrived.post(address)["Location"] == "/next-steps/"
    assert arrived.get("/next-steps/").status_code == 200
    assert Client().post(address).status_code == 410
    assert Client().get(address).status_code == 410
    assert Client().get(address[:-3] + "xx/").status_code == 410


def test_a_link_ends_after_a_day_and_with_a_new_epoch(stella, monkeypatch):
    from andon.features.setup.links import first_sign_in_link, member_of

    to_the_key(stella)
    stella.post("/setup/key/", signed(stella))
    Member.objects.update(has_signed_in=False)
    token = first_sign_in_link(Member.objects.get(), origin="").rstrip("/").rsplit("/", 1)[-1]
    assert member_of(token) is not None
    now = timezone.now().timestamp()
    monkeypatch.setattr("django.core.signing.time.time", lambda: now + 25 * 3600)
    assert member_of(token) is None
    monkeypatch.undo()
    Member.objects.update(epoch="another")
    assert member_of(token) is None
