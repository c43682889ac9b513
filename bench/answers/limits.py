"""Bare limits of this machine at this moment: what no server in front of the same work can beat."""

import re
import secrets
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from andon.kernel import ballot
from andon.kernel.credential import EvaluationKey, SlipRequest

# The rows that one answer makes durable: that a slip was given, and the sealed ballot.
TABLES = {
    "issuance row": "row_key {blob} PRIMARY KEY, round_id varchar(32), blinded_sha256 {blob}",
    "ballot row": """round_id varchar(32), slot {blob}, purpose varchar(16), unit_id varchar(32), sequence bigint,
        ciphertext {blob}, PRIMARY KEY (round_id, slot, purpose)""",
}


def per_second(call: Callable[[], object], seconds: float) -> float:
    call()
    done, begin = 0, time.perf_counter()
    while (now := time.perf_counter()) < begin + seconds:
        for _ in range(10):
            call()
        done += 10
    return round(done / (now - begin), 1)


def cryptography(seconds: float) -> dict[str, float]:
    """Of one core, in this process: what the server computes for an answer, and what the member computes."""
    round_id, unit_id, purpose = "a" * 32, "b" * 32, "ballot"
    place = {"round_id": round_id, "unit_id": unit_id, "purpose": purpose}
    key = EvaluationKey.derive(secrets.token_bytes(32), **place)
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    request = SlipRequest.begin(public)
    evaluation = key.evaluate(request.blinded)
    box = ballot.box_public_key(secrets.token_bytes(32))
    plain = ballot.encode_payload(ballot.AnswersPayload({"IN1": 4}))

    def finish_seal_sign() -> bytes:
        output = request.finish(evaluation, key.public_key)
        sealed = ballot.seal(plain, box_public_key=box, slot=ballot.slot_of(public), sequence=1, **place)
        return ballot.encode_cast(
            ballot.sign_cast(private.private_bytes_raw(), output=output, sequence=1, ciphertext=sealed, **place)
        )

    body = finish_seal_sign()
    return {
        "evaluations": per_second(lambda: key.evaluate(request.blinded), seconds),
        "redemptions": per_second(lambda: ballot.check_cast(ballot.parse_cast(body), key), seconds),
        "a member's finishing, sealing and signing": per_second(finish_seal_sign, seconds),
    }


def _row(table: str) -> tuple[object, ...]:
    if table == "issuance row":
        return secrets.token_bytes(32), "a" * 32, secrets.token_bytes(32)
    return "a" * 32, secrets.token_bytes(32), "ballot", "b" * 32, 1, secrets.token_bytes(ballot.CIPHERTEXT_BYTES)


def sqlite_commits(folder: Path, init_command: str, seconds: float) -> dict[str, float]:
    """Durable commits of one row each, with the settings of the service, in a file beside its own."""
    found = {}
    for table, columns in TABLES.items():
        file = folder / "bare.sqlite3"
        connection = sqlite3.connect(file, isolation_level=None)
        connection.executescript(init_command)
        connection.execute(f"CREATE TABLE bare ({columns.format(blob='BLOB')})")
        marks = ", ".join("?" * len(_row(table)))
        statement = f"INSERT INTO bare VALUES ({marks})"

        def commit(connection=connection, statement=statement, table=table) -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(statement, _row(table))
            connection.execute("COMMIT")

        found[f"commits, {table}"] = per_second(commit, seconds)
        connection.close()
        for path in folder.glob("bare.sqlite3*"):
            path.unlink()
    return found


_PGBENCH = {
    "issuance row": "INSERT INTO bare VALUES (sha256(gen_random_uuid()::text::bytea), repeat('a', 32), "
    "sha256(gen_random_uuid()::text::bytea))",
    "ballot row": "INSERT INTO bare VALUES (repeat('a', 32), sha256(gen_random_uuid()::text::bytea), 'ballot', "
    f"repeat('b', 32), 1, decode(repeat('c7', {ballot.CIPHERTEXT_BYTES}), 'hex'))",
}


def postgres_commits(url: str, pgbench: Path, folder: Path, clients: int, seconds: float) -> dict[str, float]:
    """The same on PostgreSQL, by its own benchmark program, in the same database."""
    import psycopg

    found = {}
    for table, columns in TABLES.items():
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE TABLE bare ({columns.format(blob='bytea')})")
            # The real ciphertext does not compress; neither may this one.
            if table == "ballot row":
                connection.execute("ALTER TABLE bare ALTER COLUMN ciphertext SET STORAGE EXTERNAL")
        script = folder / "bare.sql"
        script.write_text(_PGBENCH[table] + ";\n")
        done = subprocess.run(
            [
                *(str(pgbench), "--no-vacuum", "--protocol=prepared", f"--file={script}"),
                *(f"--client={clients}", "--jobs=1", f"--time={max(1, round(seconds))}", url),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        rate = re.search(r"tps = ([0-9.]+)", done.stdout)
        found[f"commits, {table}, {clients} clients"] = round(float(rate.group(1)), 1) if rate else 0.0
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP TABLE bare")
    return found
