"""What a part of the service costs: processor time, which other programs on the machine cannot take away."""

import os
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def seconds_of(roots: dict[str, int]) -> dict[str, float]:
    """Processor seconds so far of each process with everything below it, also of what has ended."""
    parents: dict[int, int] = {}
    spent: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # The name in parentheses may hold anything, also spaces.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.name)] = int(fields[1])
        spent[int(entry.name)] = sum(map(int, fields[11:15])) / _TICK
    return {
        name: sum(seconds for pid, seconds in spent.items() if _is_below(pid, root, parents))
        for name, root in roots.items()
    }


def _is_below(pid: int, root: int, parents: dict[int, int]) -> bool:
    while pid > 1:
        if pid == root:
            return True
        pid = parents.get(pid, 0)
    return False
