import pytest

from andon.kernel.manifest.key_words import key_from_words, key_words
from andon.kernel.wire import Malformed

# From BIP-39's own list of test vectors.
VECTORS = [
    (bytes(32), "abandon " * 23 + "art"),
    (b"\xff" * 32, "zoo " * 23 + "vote"),
    (
        bytes.fromhex("68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c"),
        (
            "hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis "
            "maple dilemma loan word shrug inflict delay length"
        ),
    ),
]


@pytest.mark.parametrize(("key", "words"), VECTORS)
def test_the_words_are_those_of_the_standard(key, words):
    assert " ".join(key_words(key)) == words.strip()
    assert key_from_words(words) == key


def test_they_are_read_as_people_type_them():
    numbered = "\n".join(f"{place}. {word.upper()}" for place, word in enumerate(key_words(b"k" * 32), start=1))
    assert key_from_words(numbered) == b"k" * 32


def test_a_wrong_word_is_seen_and_never_repeated():
    words = list(key_words(b"k" * 32))
    with pytest.raises(Malformed, match="word 3") as refused:
        key_from_words(" ".join([*words[:2], "aluminium", *words[3:]]))
    assert "aluminium" not in str(refused.value)
    with pytest.raises(Malformed, match="24"):
        key_from_words(" ".join(words[:23]))
    swapped = [words[1], words[0], *words[2:]]
    with pytest.raises(Malformed, match="changed places"):
        key_from_words(" ".join(swapped))
