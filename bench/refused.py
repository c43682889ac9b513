"""What a refused ballot costs: the checks that anybody without a slip can make the anonymous door do.

Run: `.venv/bin/python bench/refused.py`. Prints milliseconds of one core for each, without HTTP and storage.
"""

import contextlib
import dataclasses
import statistics
import time
from collections.abc import Callable

from andon.kernel import ballot, credential

ID, PURPOSE, TIMES = "0" * 32, "ballot", 400


def a_cast(key: credential.EvaluationKey) -> ballot.Cast:
    private = bytes(31) + b"\1"
    unsigned = {"round_id": ID, "unit_id": ID, "purpose": PURPOSE, "sequence": 1}
    ciphertext = bytes(ballot.CIPHERTEXT_BYTES)
    probe = ballot.sign_cast(private, output=bytes(credential.OUTPUT_BYTES), ciphertext=ciphertext, **unsigned)
    return ballot.sign_cast(private, output=key.output(probe.public_key), ciphertext=ciphertext, **unsigned)


def milliseconds(do: Callable[[], object]) -> float:
    taken = []
    for _time in range(TIMES):
        began = time.perf_counter()
        with contextlib.suppress(ballot.BadSlip):
            do()
        taken.append(time.perf_counter() - began)
    return 1_000 * statistics.median(taken)


def main() -> None:
    key = credential.EvaluationKey.derive(bytes(32), round_id=ID, unit_id=ID, purpose=PURPOSE)
    good = a_cast(key)
    forged = dataclasses.replace(good, output=bytes(credential.OUTPUT_BYTES))
    body = ballot.encode_cast(forged)
    print(f"reading a body                 {milliseconds(lambda: ballot.parse_cast(body)):.3f} ms")
    print(f"refusing a slip that is none   {milliseconds(lambda: ballot.check_cast(forged, key)):.3f} ms")
    print(f"taking a good one (all checks) {milliseconds(lambda: ballot.check_cast(good, key)):.3f} ms")


if __name__ == "__main__":
    main()
