"""Letters that nobody sees: with one of them two texts look alike, or a line reads another way round."""

import unicodedata

# Some scripts need the two joiners; what differs in them alone looks the same.
JOINERS = "\u200c\u200d"
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp"})


def is_unseen(letter: str) -> bool:
    """Whether it is a control, a format character (the joiners too), or a separator of lines or paragraphs."""
    return unicodedata.category(letter) in _UNSEEN
