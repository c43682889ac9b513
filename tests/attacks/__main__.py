"""`make attacks`: print the scoreboard, and say by the exit status whether every bound and every control held."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.attacks import scoreboard

REPORT = Path(__file__).resolve().parents[2] / "docs" / "security" / "attacks.md"
BEGIN, END = "<!-- scoreboard -->\n", "<!-- end of scoreboard -->\n"


def main(arguments: list[str]) -> int:
    began, rows = datetime.now(UTC), []
    for row in scoreboard.every_row(scoreboard.QUICK if "--quick" in arguments else scoreboard.FULL):
        rows.append(row)
        print(f"{row.verdict:<10} {row.attack}: {row.found}", file=sys.stderr, flush=True)
    print(scoreboard.table(rows))
    if "--report" in arguments:
        before, _, rest = REPORT.read_text().partition(BEGIN)
        after = rest.partition(END)[2]
        said = f"{scoreboard.table(rows)}\n\n`make attacks REPORT=yes`, {began:%B %Y}.\n"
        REPORT.write_text(f"{before}{BEGIN}\n{said}\n{END}{after}")
    return 0 if scoreboard.passed(rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
