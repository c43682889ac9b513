"""Whether the service asks anybody outside: run in a network of its own, in which whatever leaves is counted.

`python -m tests.anomalies.under_load.nowhere` needs root, for `unshare -n`. The network has a way out that leads to a
device which nobody listens at: a connection or a question for a name costs a packet there, and the service must cost
none, from its start over a whole round to its close, with a backup and the checks of `andon doctor`.
"""

import os
import random
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.anomalies.under_load import ledger, scenes
from tests.anomalies.under_load.crowd import Crowd
from tests.anomalies.under_load.playing import CLIENTS, close, made_world, server_for
from tests.stack import Stack

INSIDE = "ANDON_TESTS_IN_A_NETWORK_OF_THEIR_OWN"
DEVICE, OTHER_END = "andon-out", "andon-beyond"
MEMBERS = 40


def enter(words: list[str]) -> subprocess.CompletedProcess[str]:
    """Run this program again in a network of its own. Raises: scenes.NotHere."""
    if os.geteuid() != 0:
        raise scenes.NotHere("root, for a network of its own")
    command = ["unshare", "-n", sys.executable, "-m", "tests.anomalies.under_load.nowhere", *words]
    # What a run of tests shares with its processes is not for one that stands for itself.
    own = {name: value for name, value in os.environ.items() if not name.startswith(("ANDON_", "DJANGO_"))}
    return subprocess.run(command, env=own | {INSIDE: "yes"}, text=True, capture_output=True, check=False)


def lay_a_way_out() -> None:
    for command in (
        "ip link set lo up",
        f"ip link add {DEVICE} type veth peer name {OTHER_END}",
        # Otherwise the devices greet each other by themselves.
        f"sysctl -q -w net.ipv6.conf.{DEVICE}.disable_ipv6=1 net.ipv6.conf.{OTHER_END}.disable_ipv6=1",
        f"ip addr add 192.0.2.2/24 dev {DEVICE}",
        f"ip link set {DEVICE} up",
        f"ip link set {OTHER_END} up",
        f"ip neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev {DEVICE}",
        "ip route add default via 192.0.2.1",
    ):
        subprocess.run(command.split(), check=True, capture_output=True)


def sent() -> int:
    [line] = [line for line in Path("/proc/net/dev").read_text().splitlines() if line.strip().startswith(f"{DEVICE}:")]
    # Eight numbers of what came in; then bytes and packets that went out.
    return int(line.split(":")[1].split()[9])


def ask_outside() -> None:
    """What must be noticed: a question for a name, and a connection."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as question:
        question.sendto(b"a name?", ("198.51.100.53", 53))
    with socket.socket() as connection:
        connection.setblocking(False)
        connection.connect_ex(("198.51.100.7", 443))


def live(folder: Path, database: str) -> ledger.Ledger:
    """A round from its publication to its release, with everything that runs by itself."""
    with (
        server_for(database, folder / "postgres") as server,
        Stack(
            folder / "stack",
            server,
            ANDON_STEWARD_KEY_FILE=str(folder / "steward.key"),
            ANDON_CASTS_A_MINUTE="1000000",
            PYTHONPATH=str(Path(__file__).resolve().parents[3]),
        ) as stack,
    ):
        world = made_world(stack, folder / "world.json", MEMBERS)
        urls = {"app_url": stack.app_url, "anonymous_url": stack.anonymous_url}
        crowd = Crowd(world, **urls, clients=CLIENTS, seed=1)
        scene = scenes.Scene(stack, crowd, random.Random(1), world["round"], 1)
        with crowd:
            scenes.nothing(scene)
        crowd.settle()
        stack.andon("doctor", check=False)
        close(scene)
        return ledger.compare(ledger.look(stack, scene.round_id), crowd.people)


def main(databases: list[str]) -> int:
    lay_a_way_out()
    missed = 0
    for database in databases:
        before = sent()
        with tempfile.TemporaryDirectory(prefix="andon-nowhere-") as folder:
            Path(folder).chmod(0o755)
            book = live(Path(folder), database)
        left = sent() - before
        missed += bool(left) or not book.holds
        print(f"{database}: {book.ballots} ballots, {left} packets sent to anybody outside")
    before = sent()
    ask_outside()
    seen = sent() - before
    print(f"planted: {seen} packets of a question for a name and of a connection")
    return 1 if missed or seen < 2 else 0


if __name__ == "__main__":
    if os.environ.get(INSIDE):
        sys.exit(main(sys.argv[1:]))
    done = enter(sys.argv[1:] or ["sqlite", "postgres"])
    print(done.stdout, done.stderr, sep="", end="")
    sys.exit(done.returncode)
