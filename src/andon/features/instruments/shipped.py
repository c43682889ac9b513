"""The instruments that come with this version of Andon."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from andon.features.instruments.model import Instrument
from andon.features.instruments.parsing import parse
from andon.features.instruments.refusals import DuplicateCode

CONTENT = Path(__file__).parent / "content"
CORE = "andon-core"


@cache
def shipped() -> tuple[Instrument, ...]:
    """Every shipped instrument and version, by file name.

    Guarantees: the same id and version give the same bytes for ever (a test holds the hashes of what was shipped).
    Raises: any InstrumentError when a shipped file is broken.
    """
    read = [parse(path.read_bytes()) for path in sorted(CONTENT.glob("*.yaml"))]
    versions = [(instrument.id, instrument.version) for instrument in read]
    if len(set(versions)) != len(versions):
        raise DuplicateCode("two instrument files have the same id and version")
    return tuple(read)
