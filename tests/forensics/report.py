"""What a run found, as a table and as the page docs/security/forensics.md."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.forensics import reading, scoring
from tests.forensics.simulated import Taken

IMAGES = {"mid": "open", "after": "closed", "next": "next round"}
DATABASES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


@dataclass(frozen=True)
class Run:
    database: str
    teams: int
    seconds: int
    images: tuple[Taken, ...]


def failures(runs: Sequence[Run]) -> list[str]:
    """What the rule does not allow, in words; empty where all is well."""
    found = []
    for run in runs:
        for taken in run.images:
            where = f"{DATABASES[run.database]}, {IMAGES[taken.name]}"
            found += [f"FAILED {where}: {one}" for one in taken.refused]
            if taken.name != "mid":
                verdict = scoring.judge(taken.gated, run.teams)
                found += [f"FAILED {where}: {name} tells {verdict.upper[name]:.4f}" for name in verdict.failed]
    return found


def _rows(runs: Sequence[Run]) -> Iterator[tuple[str, ...]]:
    for run in runs:
        for taken in run.images:
            upper = scoring.judge(taken.gated, run.teams).upper
            for name, score in sorted(taken.scores.items()):
                held = taken.name != "mid" and name in taken.gated
                yield (
                    DATABASES[run.database],
                    IMAGES[taken.name],
                    name,
                    f"{100 * score.read:.0f} %",
                    f"{score.hits:.4f}",
                    f"{upper[name]:+.4f}" if held else "told",
                    f"{score.tau:+.3f}",
                )


HEAD = ("database", "image", "what is read", "read of", "hits", "bound", "tau")


def table(runs: Sequence[Run]) -> str:
    """Markdown: a line for each extractor, image and database."""
    lines = [HEAD, ("---",) * len(HEAD), *_rows(runs)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page(runs: Sequence[Run]) -> str:
    teams = min(run.teams for run in runs)
    most, _tau = scoring.limits(teams)
    extractors = max(len(taken.gated) for run in runs for taken in run.images[1:])
    alarms = scoring.false_alarms(teams, extractors, repeats=2_000)
    said = failures(runs)
    took = "; ".join(f"{DATABASES[run.database]} {run.teams:,} teams in {run.seconds:,} s" for run in runs)
    return PAGE.format(
        most=most,
        extractors=extractors,
        alarms=f"{100 * alarms:.1f}",
        took=took,
        told=reading.TOLD,
        result="\n".join(f"- {one}" for one in said) if said else "Nothing told more than the rule allows.",
        scans="\n".join(_scans(runs)),
        table=table(runs),
    )


def _scans(runs: Sequence[Run]) -> Iterator[str]:
    for run in runs:
        for taken in run.images:
            found = "; ".join(taken.refused) or "nothing"
            yield f"| {DATABASES[run.database]} | {IMAGES[taken.name]} | {found} |"


PAGE = """# What the files give away

This page is written by `make forensics TEAMS=5000 REPORT=docs/security/forensics.md`; its figures are those of one run:
{took}.
What is claimed on their ground is in the [threat model](threat-model.md), C3 to C6.

## What is done

Teams of eight fetch slips, on the days before a round opens or on a visit while it is open, and answer at a time of
their own, some at once; people of different teams come in between each other, and one in ten casts twice. Slips and
ballots are really blinded, evaluated, sealed and cast, by the kernel's own client and the code of both doors, on the
real databases. Who cast which ballot, and when, is known to the test. Copies of all files are made three times: when
everybody has cast and the round is open, after its close, and when the next round has its first ballots. With the
databases and their write-ahead logs go logs, temporary files, and a backup made by `andon backup` and opened by its
owner. The key directory is not part of an image: that it was never copied is the condition of every promise.

The attacker knows the order in which the eight of a team cast, fetched their slips, and how long their answers were
before they were padded. From each image everything is read that has an order: places of rows, offsets in pages, frames
and records of write-ahead logs, numbers of transactions, columns beside a slot, times of files, lengths, slots, slot
lists. The assignment of ballots to people that fits best is taken. Guessing hits 1 of 8, 0.1250.

## The rule

After the close the 99 % upper bound of hits above guessing, with Holm's correction over the extractors, is below
{most} for each of them. By simulation, a storage that tells nothing is failed by this rule in {alarms} % of 2,000 runs
({extractors} extractors). In no image does one block (a page, a frame, a record of `{told}`, a line) hold what names a
person together with what names a ballot; nor does any file hold an answer in plain words, a moment at which somebody
was there, the output or key of a slip, or a key of the round; and a backup holds no ballot and no slip. After the close
no ballot and no slip is left, but in `{told}`.

That the test sees what it looks for is shown by `tests/forensics/test_known_leaks.py` and by sixteen planted leaks
(`tests/forensics/test_plants.py`). `make test` runs sixty teams through the real doors and the worker.

## What was found

{result}

| database | image | what must not be there and was |
| --- | --- | --- |
{scans}

"told" stands where nothing is held against the rule. **While a round is open the order of casting can be read**, on
both databases: whoever has the files then and watches who comes is A2. **`{told}` keeps the order of casting after the
close**, until its segments are written over, and an archive keeps it: with it somebody who watched people tells whose
slot is whose. What was cast there is sealed to a key that is gone; a release shows no answer beside a slot. How much is
left of it depends on how much was written since: hits of less than all say that a part was written over, not that it
tells less.

{table}

"bound" is how far above guessing hits may be, at the level of that extractor. "tau" is Kendall's, between what was read
and what is known, averaged over teams.

## Limits

- The doors' code runs in one process here, under a simulated clock, so that thousands of teams fit into minutes: lines
  that a server program would write, and moments of real clocks, are looked for in the small run only.
- Everybody casts. Where only some do, who did not is known to whoever knows who did, and the others are guessed better.
- An attacker who knows more than order and length, and one who reads memory, is not simulated. Nor are the blocks that
  a disk keeps below the file system, or what a proxy writes down.
- Of `{told}` the block is a record, not a page: a page holds what all databases of a server wrote one after the other,
  and a sign-in may stand there beside somebody else's ballot.
- While a round is open a better attacker may read more than stands here; after it there is nothing to be better at, but
  for `{told}`.
- What is compressed is not searched: PostgreSQL may compress long texts, slot lists among them. Those are read as rows.
- Of the first thousand moments also the second is looked for; of the others the exact moment only.
- People of this test answer at random. Nothing here says how far a figure of a release gives an answer away:
  that is [disclosure](../protocol/disclosure.md).
"""
