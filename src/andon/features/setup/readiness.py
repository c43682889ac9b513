"""Whether the installation is as it should be, and what a new steward does next."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from andon.features.ballots import public as ballots
from andon.features.rounds import public as rounds
from andon.features.today.public import Notice
from andon.foundation import last_backup
from andon.foundation.configuration.public import Finding
from andon.foundation.organisation import public as organisation
from andon.foundation.people import invitations, mfa
from andon.foundation.people.models import Member
from andon.foundation.permissions.public import is_steward, stewards

# What keeps copies of what it overwrites, so that a destroyed key may still be there.
COPIES = {"btrfs", "zfs", "nfs", "nfs4", "cifs", "overlay", "fuse.sshfs", "9p"}
GONE_AT_BOOT = {"tmpfs", "ramfs"}


def key_directory() -> list[Finding]:
    """What must be right before anything is founded: the marker, and that nobody else reads the keys."""
    root = Path(settings.KEY_DIRECTORY)
    try:
        ballots.key_directory().check()
    except ballots.KeyDirectoryMissing as missing:
        return [Finding(False, str(missing))]
    mode = stat.S_IMODE(root.stat().st_mode)
    # The group may pass through: the anonymous door can have an account of its own.
    if mode & 0o067:
        return [
            Finding(
                False,
                _("Other accounts may enter the key directory %(root)s.") % {"root": root},
                _("Run “andon prepare” again, as the account that Andon runs under."),
            )
        ]
    return [Finding(True, _("The key directory %(root)s is there, and nobody else reads it.") % {"root": root})]


def advice_on_key_directory() -> list[str]:
    """What should be better before real people answer, and may wait until then."""
    root = Path(settings.KEY_DIRECTORY)
    if not root.exists():
        return []
    advice = []
    if root.stat().st_dev == Path(settings.DATA_DIRECTORY).stat().st_dev:
        advice.append(
            _(
                "The keys lie on the same volume as the databases, so a backup or snapshot of it may hold them. Before "
                "real people answer, give ANDON_KEYS a small volume of its own that nothing copies."
            )
        )
    kind = file_system_of(root)
    if kind in COPIES:
        advice.append(
            _("The key directory is on %(kind)s, which may keep a copy of a key that was destroyed. Use ext4.")
            % {"kind": kind}
        )
    if kind in GONE_AT_BOOT:
        advice.append(
            _("The key directory is on %(kind)s, which is empty after a reboot: open rounds would be lost.")
            % {"kind": kind}
        )
    return advice


def file_system_of(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """The kind of the file system that holds the path; "" where the system does not tell."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return ""
    here, longest, kind = Path(os.path.realpath(path)), -1, ""
    for fields in map(str.split, lines):
        point = fields[1].replace("\\040", " ") if len(fields) > 2 else ""
        # Of two mounts on one point the later one is on top.
        if point and here.is_relative_to(point) and len(point) >= longest:
            longest, kind = len(point), fields[2]
    return kind


@dataclass(frozen=True, slots=True)
class NextStep:
    title: str
    text: str
    is_done: bool
    url: str = ""
    action: str = ""


def next_steps() -> list[NextStep]:
    from andon.foundation.configuration import public as configuration

    has_people = Member.objects.count() > 1
    mail_is_chosen = configuration.read("mail.sender") != configuration.setting_named("mail.sender").default
    keys_advice = advice_on_key_directory()
    return [
        _that_rounds_can_be_published(),
        *_stewards(),
        NextStep(
            _("Import people"),
            _("A file with names, addresses and teams, or one person after the other."),
            has_people,
            reverse("organisation:import_preview"),
            _("Import people"),
        ),
        NextStep(
            _("Mail"),
            _("Letters leave through a server that you chose.")
            if mail_is_chosen
            else _("No mail server is chosen: nobody can sign in by a code or be invited."),
            mail_is_chosen,
            reverse("configuration:section", args=["mail"]),
            _("Choose the mail server"),
        ),
        NextStep(
            _("Invite them"),
            _("When the teams are right. Everybody gets one letter with a link that works once."),
            has_people and not invitations.not_invited().exists(),
            reverse("invitations:index"),
            _("Go to invitations"),
        ),
        NextStep(
            _("The privacy notice"),
            _("Who is responsible, whom to ask and on which legal ground. Members read it under Privacy."),
            bool(str(configuration.read("privacy.controller")).strip()),
            reverse("configuration:section", args=["privacy"]),
            _("Write the notice"),
        ),
        NextStep(
            _("The first round"),
            _("A lead opens it, under Rounds, for a team of five or more. A steward need not be one."),
            bool(rounds.all_rounds(limit=1)),
            reverse("rounds:index"),
            _("Look at rounds"),
        ),
        NextStep(
            _("Encryption on the way"),
            _("Browsers reach Andon through TLS.")
            if settings.BEHIND_TLS
            else _("Browsers reach Andon without TLS, which is for a trial on this machine only."),
            settings.BEHIND_TLS,
        ),
        NextStep(
            _("A volume for the keys of rounds"),
            " ".join(keys_advice) or _("The key directory lies where nothing copies it."),
            not keys_advice,
        ),
        _backup(),
    ]


# The same evidence as that of `andon doctor`, so that the two never disagree.


def _that_rounds_can_be_published() -> NextStep:
    delegated, title = rounds.delegation_state(), _("That rounds can be published")
    where = {"url": reverse("rounds:index"), "action": _("See what is to do")}
    until = {"until": date_format(timezone.localtime(delegated.until), "DATE_FORMAT")} if delegated.until else {}
    match delegated.state:
        case rounds.DelegationState.VALID:
            text = _("The steward key let this server publish until %(until)s. Until then the server does not need it.")
            return NextStep(title, text % until, True)
        case rounds.DelegationState.ENDS_SOON:
            text = _("The steward key let this server publish until %(until)s: it has to sign again before that.")
            return NextStep(title, text % until, False, **where)
    if _steward_key_is_here():
        text = _("The steward key lies on this machine. Let a key that ends publish, and keep the steward key offline.")
        return NextStep(title, text, False, **where)
    if delegated.state is rounds.DelegationState.ENDED:
        text = _("The steward key let this server publish until %(until)s: it has to sign again.")
        return NextStep(title, text % until, False, **where)
    text = _(
        "The steward key has not let this server publish, or let a machine that is gone, as after a restore: it has to "
        "sign."
    )
    return NextStep(title, text, False, **where)


def _steward_key_is_here() -> bool:
    here = organisation.current()
    try:
        return here is not None and rounds.steward_public_key() == here.steward_public_key
    except rounds.StewardKeyMissing:
        return False


def _stewards() -> list[NextStep]:
    number = stewards().count()
    without = mfa.without_second_factor(stewards()).count()
    return [
        NextStep(
            _("A second steward"),
            _("There are %(number)s stewards.") % {"number": number}
            if number > 1
            else _("For the day on which you are away or cannot sign in. Choose somebody, and give them the duty."),
            number > 1,
            reverse("organisation:people"),
            _("Choose somebody"),
        ),
        NextStep(
            _("A second factor for every steward"),
            ngettext(
                "%(number)s steward has none: whoever reads their mail, or learns their password, can be steward here.",
                "%(number)s stewards have none: whoever reads their mail, or learns their password, can be steward "
                "here.",
                without,
            )
            % {"number": without}
            if without
            else _("Each has a passkey or an authenticator app."),
            not without,
            reverse("people:second_factor"),
            _("Set up yours"),
        ),
    ]


def _backup() -> NextStep:
    title = _("Backup")
    how = _(
        "Run “andon backup” every night: databases yes, keys of rounds never. The operator's guide says how, in "
        "docs/operations/backup.md."
    )
    try:
        last = last_backup.read(Path(settings.DATA_DIRECTORY))
    except last_backup.Unreadable:
        last = None
    if last is None:
        return NextStep(title, how, False)
    said = _("The last one was made on %(day)s.") % {"day": date_format(timezone.localtime(last.at), "DATE_FORMAT")}
    is_recent = timezone.now() - last.at <= last_backup.EVERY
    return NextStep(title, said if is_recent else f"{said} {how}", is_recent)


def notice_for(request: HttpRequest, member: Member) -> Notice | None:
    """On Today, for the steward who is alone here."""
    if len(Member.objects.values_list("pk")[:2]) > 1 or not is_steward(member):
        return None
    return Notice(
        title=_("Nobody else is here yet"),
        text=_("The organisation is founded. Next, people and teams come in; then a lead can open the first round."),
        action=_("What to do next"),
        url=reverse("setup:next"),
    )
