"""Which word of the command line leads where."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import metadata

from andon.gateways.cli import django_side, documentation, env_file
from andon.gateways.cli.refusal import Refusal

# Words that are passed on, with everything after them, to a management command of the same process.
PASSED_ON = {
    ("found",): ("found_organisation", "Found the organisation and make the steward's signing key"),
    ("people", "import"): ("import_people", "Read people and teams from a CSV file"),
    ("people", "erase-again"): ("erase_again", "Erase whom older data brought back although they were erased"),
    ("rounds", "open"): ("round_open", "Publish the manifest of a round and let it open"),
    ("rounds", "close"): ("round_close", "Close a round before its time"),
    ("rounds", "list"): ("round_list", "Show the rounds and their state"),
    ("steward", "delegate"): ("steward_delegate", "Write the request that lets this machine publish rounds"),
    ("steward", "accept"): ("steward_accept", "Take what the steward signed into the public log"),
    ("steward", "rescue"): ("steward_rescue", "Print a link that signs a steward in without the identity provider"),
    ("demo",): ("seed_demo", "Fill a new installation with an invented organisation"),
    ("check",): ("check_prepared", "Say whether `andon serve` could start here"),
    ("worker",): ("run_worker", "Run the worker alone"),
}

EPILOG = """\
commands:
  prepare            create the data directory, its keys and databases; may be repeated, also after an update
  setup              found the organisation: name, steward, steward key, addresses, mail; --check says what is missing
  serve              run both doors and the worker until SIGTERM; --only PART for one of them
  health             ask the doors of this machine whether they are ready
{passed_on}
  backup             write one encrypted file with everything that may be copied; --verify reads one
  restore            fill an empty installation from a backup
  doctor             look at this installation and say what is not as it should be
  steward sign       sign such a request where the steward's key is kept; needs no server and no Django
  verify             check a public log, a bundle or your unit's file; needs no server and no Django
  manage             any command of Django, such as: andon manage check --deploy

Each command explains itself: andon COMMAND --help
Settings come from the environment, or from andon.env in the data directory: docs/operations/settings.md lists them.
{where}
"""


def build_parser() -> argparse.ArgumentParser:
    lines = "\n".join(f"  {' '.join(words):<18} {what[0].lower()}{what[1:]}" for words, (_, what) in PASSED_ON.items())
    parser = argparse.ArgumentParser(
        prog="andon",
        description="Psychological safety for security teams, with anonymity you can verify instead of trust.",
        epilog=EPILOG.format(passed_on=lines, where=documentation.where(EPILOG)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="andon [--help] [--version] COMMAND ...",
    )
    parser.add_argument("--version", action="version", version=f"andon {metadata.version('andon')}")
    parser.add_argument("command", metavar="COMMAND", help="one of the words below")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status: 0 done, 1 refused, 2 not understood, 130 interrupted."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(words)
    except Refusal as refusal:
        print("\n".join(filter(None, (str(refusal), documentation.where(str(refusal))))), file=sys.stderr)
        return refusal.status
    except KeyboardInterrupt:
        return 130
    except SystemExit as leaving:
        if isinstance(leaving.code, str):
            print(leaving.code, file=sys.stderr)
            return 1
        return leaving.code or 0


def _dispatch(words: list[str]) -> int:
    match words:
        case ["verify", *rest]:
            return _verify(rest)
        case ["steward", "sign", *rest]:
            from andon.verifier import steward

            return steward.main(rest)
    try:
        env_file.apply(os.environ)
    except env_file.BadEnvFile as error:
        raise Refusal(str(error)) from None
    match words:
        case ["prepare", *rest]:
            from andon.gateways.cli import prepare

            return prepare.main(rest)
        case ["setup", *rest]:
            from andon.gateways.cli import setting_up

            return setting_up.main(rest)
        case ["serve", *rest]:
            from andon.gateways.cli import serve

            return serve.main(rest)
        case ["health", *rest]:
            from andon.gateways.cli import health

            return health.main(rest)
        case ["backup", *rest]:
            from andon.gateways.cli import backing_up

            return backing_up.backup(rest)
        case ["restore", *rest]:
            from andon.gateways.cli import backing_up

            return backing_up.restore(rest)
        case ["doctor", *rest]:
            from andon.gateways.cli import examining

            return examining.main(rest)
        case ["manage", *rest]:
            return django_side.manage(rest)
    for names, (command, _) in PASSED_ON.items():
        if tuple(words[: len(names)]) == names:
            return django_side.run(command, names, words[len(names) :])
    parser = build_parser()
    if not words:
        parser.print_help()
        return 2
    if words[0] in {names[0] for names in PASSED_ON if len(names) == 2}:
        second = [names[1] for names in PASSED_ON if names[0] == words[0]]
        second += ["sign"] if words[0] == "steward" else []
        print(f"Say what to do: andon {words[0]} {'|'.join(second)}. Nothing was done.", file=sys.stderr)
        return 2
    arguments = parser.parse_args(words[:1])
    print(f"There is no command {arguments.command!r}. Nothing was done. See andon --help.", file=sys.stderr)
    return 2


def _verify(rest: list[str]) -> int:
    from andon.verifier import command

    return command.main(rest)
