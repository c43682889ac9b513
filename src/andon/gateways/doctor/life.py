"""The life of the service: worker, tasks, rounds, keys that are left, stewards, mail, backups."""

import smtplib
from datetime import timedelta
from email.utils import parseaddr

from andon.foundation import last_backup
from andon.gateways.backup import marker
from andon.gateways.doctor.findings import Said, check, ok, problem, unknown, warning
from andon.gateways.doctor.place import Place

LATE = timedelta(minutes=10)
OVERDUE = timedelta(hours=1)


@check("D40", "The worker runs")
def worker(here: Place) -> Said:
    file, locks = here.data_directory / "worker.lock", here.read("/proc/locks")
    if locks is None:
        return unknown("/proc/locks cannot be read here.")
    # Asking for the lock itself could keep a worker that is just starting from it.
    number = file.stat().st_ino if file.exists() else -1
    if any(f":{number} " in line for line in locks.splitlines()):
        return ok("it holds its lock")
    return warning("Nobody holds the worker's lock.", "Start `andon serve`: without it no round opens or closes.")


@check("D41", "No task has failed lately", needs_database=True)
def failed_tasks(here: Place) -> Said:
    from django_tasks.base import TaskResultStatus
    from django_tasks_db.models import DBTaskResult

    failed = DBTaskResult.objects.filter(status=TaskResultStatus.FAILED)
    names = sorted({path.rpartition(".")[2] for path in failed.values_list("task_path", flat=True)})
    if names:
        return warning(f"{failed.count()} failed: {', '.join(names)}.", "Read the worker's log. They are tried again.")
    return ok("none")


@check("D42", "No task waits for long", needs_database=True)
def waiting_tasks(here: Place) -> Said:
    from django_tasks.base import TaskResultStatus
    from django_tasks_db.models import DBTaskResult

    ready = DBTaskResult.objects.filter(status=TaskResultStatus.READY, run_after__lt=here.now() - LATE)
    late = ready.filter(enqueued_at__lt=here.now() - LATE).count()
    if late:
        return problem(f"{late} wait for more than ten minutes.", "See whether the worker runs, and its log.")
    return ok("none for more than ten minutes")


MOST_ROUNDS = 100_000


def _under_way():  # type: ignore[no-untyped-def]
    from andon.features.rounds import public as rounds

    ended = {rounds.State.RELEASED, rounds.State.VOID}
    return [view for view in rounds.all_rounds(limit=MOST_ROUNDS) if view.state not in ended]


@check("D43", "No round is overdue", needs_database=True)
def overdue_rounds(here: Place) -> Said:
    before, under_way = here.now() - OVERDUE, _under_way()
    opening = sum(view.opens_at < before and view.state in {"preparing", "published"} for view in under_way)
    closing = sum(view.closes_at < before for view in under_way)
    if opening or closing:
        return problem(
            f"{opening} should be open and {closing} closed for more than an hour.",
            "Read the worker's log: it says what each round waits for.",
        )
    return ok("none")


@check("D44", "No key outlives its round", needs_database=True)
def leftover_keys(here: Place) -> Said:
    under_way = {view.id for view in _under_way()}
    files = [path for path in here.key_directory.rglob("*") if path.is_file() and path.parent != here.key_directory]
    left = [path for path in files if path.name.partition(".")[0] not in under_way]
    if left:
        return problem(
            f"{len(left)} files belong to no round that is under way.",
            "Run `andon rounds list`. If their rounds have ended, overwrite and remove them (shred -u).",
        )
    return ok(f"{len(files)} files, each of a round that is under way")


@check("D45", "Rounds can be published", needs_database=True)
def steward_key(here: Place) -> Said:
    from andon.features.rounds import public as rounds
    from andon.foundation.organisation import public as organisation

    founded = organisation.current()
    if founded is None:
        return unknown(
            "There is no organisation yet.", "Run `andon setup`, or open the app: docs/operations/first-run.md."
        )
    delegated = rounds.delegation_state(here.now())
    until = f" until {delegated.until:%Y-%m-%d}" if delegated.until else ""
    match str(delegated.state.value):
        case "valid":
            return ok(f"delegated to this machine{until}")
        case "ends soon":
            return warning(
                f"Delegated{until}.", "Have the steward delegate again before that: docs/operations/keys.md."
            )
    try:
        here_key = rounds.steward_public_key()
    except rounds.StewardKeyMissing:
        return problem("No delegation holds, and no steward key is here.", "Delegate again: docs/operations/keys.md.")
    if here_key != founded.steward_public_key:
        return problem("The steward key is another one than the log begins with.", "Put the right file in place.")
    return warning("The steward's key lies on this machine.", "Delegate to a key that ends, and keep this one offline.")


@check("D46", "There are two stewards", needs_database=True)
def stewards(here: Place) -> Said:
    from andon.foundation.permissions import public as permissions

    number = permissions.stewards().count()
    if number < 2:
        return warning(f"There {'is 1' if number else 'is none'}.", "Make a second one, for the day the first is away.")
    return ok(str(number))


@check("D47", "Every steward has a second factor", needs_database=True)
def second_factors(here: Place) -> Said:
    from andon.foundation.people import mfa
    from andon.foundation.permissions import public as permissions

    without = mfa.without_second_factor(permissions.stewards()).count()
    if without:
        return warning(f"{without} of them have none.", "Ask them to add a passkey or an app on their page You.")
    return ok("all")


@check("D48", "This is no demonstration")
def demonstration(here: Place) -> Said:
    if here.demo:
        return problem("ANDON_DEMO is set: anybody signs in as anybody.", "Unset it where real people answer.")
    return ok("ANDON_DEMO is not set")


@check("D49", "The mail server is there, and nothing is sent in the open", needs_database=True)
def mail(here: Place) -> Said:
    from andon.foundation.configuration import public as configuration

    chosen = configuration.read_all(["mail.host", "mail.port", "mail.security", "mail.sender"])
    host, port, security = chosen["mail.host"], int(chosen["mail.port"]), chosen["mail.security"]
    domain = parseaddr(str(chosen["mail.sender"]))[1].rpartition("@")[2]
    try:
        how = here.mail_greeting(host, port, security)
    except (OSError, smtplib.SMTPException) as error:
        return problem(f"No greeting: {type(error).__name__}.", "Look at Settings, Mail, and try it there.")
    if security == "none" and host not in {"localhost", "127.0.0.1", "::1"}:
        return problem("It is asked without TLS over a network.", "Choose STARTTLS or TLS: mails hold sign-in codes.")
    if domain in {"", "localhost"}:
        return warning(
            "The sender has no domain that others could answer to.",
            "Choose a sender of your domain, and let its SPF record name this mail server.",
        )
    return ok(f"greets {how}; see that the SPF record of {domain} names it")


@check("D50", "There is a backup of this week")
def backup_of_this_week(here: Place) -> Said:
    try:
        last = last_backup.read(here.data_directory)
        age = here.now() - last.at if last else timedelta()
    except (last_backup.Unreadable, TypeError):
        return unknown("The note of the last backup cannot be read.", "Make one: docs/operations/backup.md.")
    if last is None:
        return warning("`andon backup` was never run here.", "Run it every night: docs/operations/backup.md.")
    place = last.destination[:8]
    if age > last_backup.EVERY:
        return warning(f"The last one is {age.days} days old (place {place}).", "See why no newer one was made.")
    return ok(f"{age.days} days old (place {place})")


@check("D51", "No restore was cut off")
def restore(here: Place) -> Said:
    if (here.data_directory / marker.NAME).exists():
        return problem("One was.", "Run the same `andon restore` again; until then nothing is served.")
    return ok("none")


@check("D52", "The log says little")
def log_level(here: Place) -> Said:
    level = (here.environment.get("ANDON_LOG_LEVEL") or "WARNING").upper()
    if here.debug or level in {"DEBUG", "NOTSET"}:
        return problem(f"The level is {level}.", "Set ANDON_LOG_LEVEL to WARNING: at this one a log holds values.")
    return ok(level)


@check("D53", "Whoever was erased stays erased", needs_database=True)
def erasures(here: Place) -> Said:
    from andon.features.privacy import public as privacy

    try:
        back, missing = sum(1 for _member in privacy.came_back()), privacy.missing_marks()
    except (privacy.BadList, OSError):
        return problem(
            "The list of erased people in the data directory cannot be read.",
            "Put the one of the newest backup in its place (BACKUP.erased), as `erased-people`.",
        )
    if back:
        return problem(f"{back} people who were erased are here again.", "Run `andon people erase-again`.")
    if missing:
        return warning(f"The list beside the data lacks {missing} of them.", "Run `andon people erase-again`.")
    return ok("nobody who was erased is here, and the list beside the data holds all of them")
