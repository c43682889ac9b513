"""A private key as twenty-four words on paper."""

import hashlib

from andon.kernel.manifest.twelve_words import word_list
from andon.kernel.wire import Malformed

KEY_BYTES = 32
KEY_WORDS = 24
_BITS_PER_WORD = 11
_CHECK_BITS = 8


def key_words(key: bytes) -> tuple[str, ...]:
    """The key with eight bits of its SHA-256 behind it, as words.

    Raises: Malformed where the key does not have 32 bytes. Reference: BIP-39, "Generating the mnemonic".
    """
    if len(key) != KEY_BYTES:
        raise Malformed("a steward key has 32 bytes")
    bits = int.from_bytes(key + hashlib.sha256(key).digest()[:1], "big")
    words, mask = word_list(), 2**_BITS_PER_WORD - 1
    return tuple(words[bits >> _BITS_PER_WORD * (KEY_WORDS - 1 - place) & mask] for place in range(KEY_WORDS))


def key_from_words(text: str) -> bytes:
    """The key that the words were made from; capital letters, numbers in front and punctuation do not matter.

    Guarantees: one wrong word, or two that changed places, is seen with a probability of 255 in 256.
    Raises: Malformed, which names the place of the first word that is not one, and never a word.
    """
    typed = "".join(sign if sign.isalpha() else " " for sign in text.lower()).split()
    if len(typed) != KEY_WORDS:
        raise Malformed(f"expected {KEY_WORDS} words, and there are {len(typed)}")
    number_of = {word: number for number, word in enumerate(word_list())}
    bits = 0
    for place, word in enumerate(typed, start=1):
        if word not in number_of:
            raise Malformed(f"word {place} is not one of the list")
        bits = bits << _BITS_PER_WORD | number_of[word]
    key = (bits >> _CHECK_BITS).to_bytes(KEY_BYTES, "big")
    if hashlib.sha256(key).digest()[0] != bits & (2**_CHECK_BITS - 1):
        raise Malformed("these words do not belong together: one of them is wrong, or two changed places")
    return key
