"""Twelve words that two people can compare over the telephone."""

import functools
import hashlib
from collections.abc import Mapping
from importlib import resources

from andon.kernel.wire import canonical

WORDS = 12
_BITS_PER_WORD = 11


def fingerprint(manifest: Mapping[str, object]) -> str:
    """The first 132 bits of SHA-256(canonical(manifest)) as twelve words.

    Guarantees: two manifests with one fingerprint take about 2^66 work to make, and about 2^132 to hit a given one.
    Raises: Malformed when the manifest is not canonical JSON's to write.
    Reference: docs/protocol, section 7; the list is BIP-39's English one.
    """
    digest = int.from_bytes(hashlib.sha256(canonical(dict(manifest))).digest(), "big")
    bits = digest >> (256 - WORDS * _BITS_PER_WORD)
    words = word_list()
    mask = 2**_BITS_PER_WORD - 1
    return " ".join(words[bits >> _BITS_PER_WORD * (WORDS - 1 - place) & mask] for place in range(WORDS))


@functools.cache
def word_list() -> tuple[str, ...]:
    """The 2,048 words, in order."""
    text = resources.files("andon.kernel.manifest").joinpath("words.txt").read_text(encoding="ascii")
    return tuple(text.split())
