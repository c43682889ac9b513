"""`andon setup`: from nothing to an organisation with a steward, by questions, flags or a file of answers."""

import argparse
import getpass
import json
import os
import secrets
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from andon.gateways.cli import env_file
from andon.gateways.cli.django_side import with_django
from andon.gateways.cli.refusal import Refusal

WHAT_IT_DOES = """\
Prepare this installation and found its organisation: its name, the addresses of the two doors, the first steward,
the steward's key, mail, language and time zone. Asks for what is not given. May be repeated: what is there is kept."""

# What may stand in a file of answers, and the flag of the same name.
_PLAIN = {
    "organisation": "the organisation's name",
    "steward_name": "the first steward's name",
    "steward_email": "the first steward's e-mail address",
    "app_origin": "how browsers reach the app, such as https://andon.example.org",
    "anonymous_origin": "how browsers reach the anonymous door, such as https://answer.example.org",
    "language": "the organisation's language, such as en",
    "time_zone": "the organisation's time zone, such as Europe/Berlin",
    "steward_key": "a file for the steward's key, which is never overwritten; without it the key is shown as words",
}
_MAIL = ("host", "port", "security", "user", "password", "password_file", "sender")


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="andon setup", description=WHAT_IT_DOES)
    parser.add_argument("--check", action="store_true", help="say what is missing, and change nothing")
    parser.add_argument("--code", action="store_true", help="show the code for the set-up in a browser, or make one")
    parser.add_argument("--link", action="store_true", help="print a new link for a first steward who never signed in")
    parser.add_argument("--answers", type=Path, metavar="FILE", help="answers as TOML: docs/operations/first-run.md")
    parser.add_argument("--yes", action="store_true", help="ask nothing: what is not given is refused, or its default")
    parser.add_argument("--no-test-mail", action="store_true", help="keep the mail server without trying it")
    for name, what in _PLAIN.items():
        parser.add_argument(f"--{name.replace('_', '-')}", metavar="TEXT", help=what)
    options = parser.parse_args(argv)
    if options.check:
        return with_django(_check)
    if options.code:
        return with_django(_show_code)
    if options.link:
        return with_django(_show_link)
    from andon.gateways.cli import prepare

    given = _given(options)
    prepare.main([])
    return with_django(lambda: _set_up(given, asks=not options.yes, tries_mail=not options.no_test_mail))


def _given(options: argparse.Namespace) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if options.answers:
        try:
            given = tomllib.loads(options.answers.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise Refusal(f"The answers in {options.answers} cannot be read: {error}. Nothing was changed.") from None
        mail = given.get("mail", {})
        strange = [*(set(given) - set(_PLAIN) - {"mail"}), *(f"mail.{name}" for name in set(mail) - set(_MAIL))]
        if strange:
            raise Refusal(f"The answers hold what nobody asks for: {', '.join(sorted(strange))}. Nothing was changed.")
        if "password_file" in mail:
            mail["password"] = Path(mail.pop("password_file")).read_text(encoding="utf-8").strip()
    return given | {name: value for name in _PLAIN if (value := getattr(options, name)) is not None}


def _check() -> None:
    from django.conf import settings

    from andon.features.setup import public as setup
    from andon.foundation.organisation import public as organisation

    missing = [] if organisation.current() else ["There is no organisation. Run: andon setup"]
    if not organisation.current():
        missing += setup.obstacles()
    findings = [*setup.check_doors(settings.APP_ORIGIN, settings.ANONYMOUS_ORIGIN), *setup.key_directory()]
    missing += [f"{finding.text} {finding.advice}".strip() for finding in findings if not finding.ok]
    for sentence in missing:
        print(f"missing  {sentence}")
    for sentence in setup.advice_on_key_directory():
        print(f"better   {sentence}")
    if missing:
        raise Refusal("The set-up is not complete. Nothing was changed.")
    for step in setup.next_steps():
        print(f"{'done    ' if step.is_done else 'to do   '} {step.title}. {step.text}")


def _show_code() -> None:
    from django.conf import settings

    from andon.features.setup import public as setup
    from andon.foundation.organisation import public as organisation

    if organisation.current() is not None:
        raise Refusal("This installation has an organisation already. Nothing was changed.")
    code = setup.code_in_groups(setup.make_code(settings.DATA_DIRECTORY))
    print(f"Open {settings.APP_ORIGIN}/setup/ and type: {code}")


def _show_link() -> None:
    from django.conf import settings

    from andon.features.setup import public as setup
    from andon.foundation.organisation.models import Duty
    from andon.foundation.people.models import Member

    stewards = Member.objects.filter(duties__role=Duty.Role.STEWARD, is_active=True)
    if stewards.count() != 1 or stewards[0].has_signed_in:
        raise Refusal("This link is for a first steward who never signed in. There is none. Nothing was changed.")
    _say_link(setup.first_sign_in_link(stewards[0], origin=settings.APP_ORIGIN))


def _say_link(link: str) -> None:
    print("This link signs the first steward in. It works once, and for a day:")
    print(f"  {link}")


def _set_up(given: Mapping[str, Any], *, asks: bool, tries_mail: bool) -> None:
    from django.conf import settings
    from django.utils import timezone

    from andon.features.rounds import public as rounds
    from andon.features.setup import public as setup
    from andon.foundation.organisation import public as organisation

    if (here := organisation.current()) is not None:
        # Where the founding was killed before it came to that.
        setup.remove_code(settings.DATA_DIRECTORY)
        print(f"This installation belongs to {here.name}. Nothing was changed. What is left to do: andon setup --check")
        return
    if stops := setup.obstacles():
        raise Refusal("\n".join(["This cannot become a real installation yet. Nothing was founded.", *stops]))
    ask = _Asking(given, asks=asks)
    name = ask.valid(setup.NameOrganisation, {"name": ("organisation", "Name of the organisation", "")})["name"]
    origins = _origins(ask, settings.APP_ORIGIN, settings.ANONYMOUS_ORIGIN)
    steward = ask.valid(
        setup.NameSteward,
        {"name": ("steward_name", "Your name", ""), "email": ("steward_email", "Your e-mail address", "")},
    )
    for finding in setup.key_directory():
        if not finding.ok:
            raise Refusal(f"{finding.text} {finding.advice} Nothing was founded.")
    _choose(ask, "organisation", {f"organisation.{key}": key for key in ("language", "time_zone")})
    _choose_mail(ask, steward["email"], tries=tries_mail)
    # The key before all that cannot be undone: a person who cannot keep it stops here, and nothing was founded.
    request = rounds.founding_request(at=timezone.now())
    signatures = rounds.sign_founding(request, _steward_key(ask))
    # Before the founding, after which nobody is asked any more: who is killed in between is asked once again.
    _keep_origins(origins)
    try:
        member = setup.found(
            name=name,
            steward_name=steward["name"],
            steward_email=steward["email"],
            request=request,
            signatures=signatures,
            at=timezone.now(),
        )
    except setup.CannotFound as refused:
        raise Refusal(str(refused)) from None
    print(f"Founded {name}.")
    _say_link(setup.first_sign_in_link(member, origin=origins["ANDON_APP_ORIGIN"]))
    print("Take the steward key off this machine. Next: andon serve, then open the link.")


class _Asking:
    """Answers from flags and the file first, then from the person, then the default."""

    def __init__(self, given: Mapping[str, Any], *, asks: bool) -> None:
        self.given = given
        self.asks = asks

    def __call__(self, name: str, label: str, default: str = "") -> str:
        if name in self.given:
            return str(self.given[name])
        if not self.asks:
            return default
        shown = f"{label} [{default}]: " if default else f"{label}: "
        return _line(shown) or default

    def valid(self, form_class: Any, questions: Mapping[str, tuple[str, str, str]]) -> dict[str, Any]:
        """Ask until the form takes it; what was given and is wrong is refused."""
        while True:
            form = form_class({field: self(*question) for field, question in questions.items()})
            if form.is_valid():
                return dict(form.cleaned_data)
            wrong = {field: str(errors[0]) for field, errors in form.errors.items()}
            if not self.asks or any(questions[field][0] in self.given for field in wrong):
                sentences = "; ".join(f"{questions[field][0]}: {error}" for field, error in wrong.items())
                raise Refusal(f"{sentences} Nothing was founded.")
            for field, error in wrong.items():
                print(f"{questions[field][1]}: {error}")


def _line(shown: str) -> str:
    try:
        return input(shown).strip()
    except EOFError:
        raise Refusal("\nThe questions were not answered. Nothing was founded.") from None


def _is_yes(question: str) -> bool:
    return _line(f"{question} [Y/n]: ").lower() not in {"n", "no"}


def _origins(ask: _Asking, app: str, anonymous: str) -> dict[str, str]:
    from andon.features.setup import public as setup

    while True:
        chosen = {
            "ANDON_APP_ORIGIN": ask("app_origin", "How browsers reach the app", app).rstrip("/"),
            "ANDON_ANONYMOUS_ORIGIN": ask("anonymous_origin", "How they reach the anonymous door", anonymous).rstrip(
                "/"
            ),
        }
        stops = [f for f in setup.check_doors(*chosen.values()) if not f.ok]
        if not stops:
            return chosen
        sentences = " ".join(f"{finding.text} {finding.advice}" for finding in stops)
        if not ask.asks or {"app_origin", "anonymous_origin"} & set(ask.given):
            raise Refusal(f"{sentences} Nothing was founded.")
        print(sentences)


def _keep_origins(origins: Mapping[str, str]) -> None:
    from django.conf import settings

    # What the environment says already needs no second place that could come to say something else.
    before = {"ANDON_APP_ORIGIN": settings.APP_ORIGIN, "ANDON_ANONYMOUS_ORIGIN": settings.ANONYMOUS_ORIGIN}
    new = {name: value for name, value in origins.items() if value != before[name]}
    if not new:
        return
    try:
        file = env_file.write(Path(settings.DATA_DIRECTORY), new)
    except (env_file.BadEnvFile, OSError) as error:
        print(f"The addresses could not be kept ({error}). Set them in the environment:", file=sys.stderr)
        for name, value in new.items():
            print(f"  {name}={value}", file=sys.stderr)
        return
    print(f"The addresses are kept in {file}.")


def _choose(ask: _Asking, slug: str, names: Mapping[str, str]) -> None:
    """Settings of a section, by the form that its page has."""
    from django.utils import timezone

    from andon.foundation.configuration import public as configuration
    from andon.foundation.configuration.forms import SectionForm, name_of

    section = configuration.section_named(slug)
    if section is None:
        return
    now = configuration.read_all([setting.key for setting in section.settings])
    data = {
        name_of(setting.key): now[setting.key]
        if configuration.is_fixed(setting)
        else ask(names[setting.key], str(setting.field().label), str(now[setting.key]))
        for setting in section.settings
    }
    form = SectionForm(section, data)
    if not form.is_valid():
        asked = {name_of(key): name for key, name in names.items()}
        wrong = "; ".join(f"{asked.get(key, key)}: {errors[0]}" for key, errors in form.errors.items())
        raise Refusal(f"{wrong} Nothing was founded. Answer again, or fix the answers file.")
    configuration.write(form.chosen(), by=None, at=timezone.now())


def _choose_mail(ask: _Asking, address: str, *, tries: bool) -> None:
    from andon.foundation.notifications.public import send_test_mail

    given = ask.given.get("mail", {})
    if not given and not (ask.asks and _is_yes("Set up mail now? Without it nobody can sign in by a code")):
        print("Mail is left for later: Settings, Mail.")
        return
    names = {f"mail.{key}": key for key in _MAIL}
    while True:
        asking = _Asking(given, asks=ask.asks)
        if ask.asks and "password" not in given and not given:
            asking = _Asking({"password": getpass.getpass("Password of the mail server (empty for none): ")}, asks=True)
        _choose(asking, "mail", names)
        findings = send_test_mail(to=address) if tries else []
        for finding in findings:
            print(f"{finding.text} {finding.advice}".strip())
        if all(finding.ok for finding in findings):
            return
        if not ask.asks or given:
            raise Refusal("The test letter did not leave. Nothing was founded. --no-test-mail goes on without one.")
        if not _is_yes("Try other values?"):
            return


def _steward_key(ask: _Asking) -> bytes:
    """The steward's key, which the person has when this returns. It is never written into the data directory."""
    from andon.features.rounds import public as rounds
    from andon.kernel import wire
    from andon.kernel.manifest.key_words import key_from_words, key_words

    begun = rounds.begun_for()
    file = ask("steward_key", "A file for the steward key, on something that you take away (empty for words)")
    if begun is not None:
        text = Path(file).read_text(encoding="utf-8") if file else _line("The twenty-four words of the key: ")
        for read in (lambda: wire.unb64u(text.strip(), 32), lambda: key_from_words(text)):
            try:
                return read()
            except wire.Malformed:
                continue
        raise Refusal("The log was begun with a key before, and this is none. Nothing was founded.")
    drawn_before = _drawn_before(Path(file)) if file else None
    if drawn_before is not None:
        print(f"The steward key is in {file}, where the last attempt wrote it.")
        return drawn_before
    private, public = rounds.new_steward_key()
    key = wire.unb64u(private, 32)
    if file:
        _write_key(Path(file), private, public)
    elif ask.asks:
        _show_words(key_words(key))
    else:
        raise Refusal("Say where the steward key is written: --steward-key FILE. Nothing was founded.")
    return key


# The public half of the key that is being written to a file: what a process that was killed knows its own file by.
_KEY_BEGUN = "steward-key-begun.json"


def _drawn_before(file: Path) -> bytes | None:
    """The key in this file, where an attempt that was cut off wrote it there; None for any other file."""
    from django.conf import settings

    from andon.features.rounds import public as rounds
    from andon.kernel import wire

    try:
        begun = json.loads((Path(settings.DATA_DIRECTORY) / _KEY_BEGUN).read_text(encoding="utf-8"))
        key = wire.unb64u(file.read_text(encoding="utf-8").strip(), 32)
        if rounds.public_half(key) == begun["public"]:
            return key
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None


def _write_key(file: Path, private: str, public: str) -> None:
    from django.conf import settings

    from andon.gateways.backup.marker import write_json

    if file.absolute().is_relative_to(settings.DATA_DIRECTORY):
        raise Refusal("The steward key is kept offline, not in the data directory. Nothing was founded.")
    if file.exists():
        raise Refusal(f"{file} is there already and is never overwritten. Nothing was founded.")
    # Before the key, so that a key that was written is known again.
    write_json(Path(settings.DATA_DIRECTORY) / _KEY_BEGUN, {"public": public})
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(private + "\n")
            handle.flush()
            os.fsync(handle.fileno())
    except FileExistsError:
        raise Refusal(f"{file} is there already and is never overwritten. Nothing was founded.") from None
    except OSError as error:
        raise Refusal(f"{file} cannot be written: {error.strerror}. Nothing was founded.") from None
    print(f"The steward key is in {file}.")


def _show_words(words: Sequence[str]) -> None:
    print("The steward key. Write these words down, in order; they are shown once:")
    for start in range(0, len(words), 6):
        print("  " + "  ".join(f"{place:2} {words[place - 1]:<8}" for place in range(start + 1, start + 7)))
    places = sorted(secrets.SystemRandom().sample(range(len(words)), 2))
    for place in places:
        while _line(f"Word {place + 1}: ").lower() != words[place]:
            print("That is not the word. Look at your sheet again.")
