"""What a page says, as a person reads or hears it; and what is kept in the language of whoever it was made for."""

from html.parser import HTMLParser

from django.utils import translation

from andon.foundation.organisation import waiting
from andon.foundation.organisation.models import PeopleFile
from tests.lived_in import BAD_PEOPLE, LivedIn

READ_ALOUD = {"alt", "aria-description", "aria-label", "aria-roledescription", "data-label", "placeholder", "title"}
NOT_READ = {"script", "style"}
FOR_PROGRAMS = {"code", "pre"}


class Texts(HTMLParser):
    """Everything of a page that a person sees or hears, in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0
        self._names = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in NOT_READ | FOR_PROGRAMS
        named = dict(attributes)
        # HTML's own word for names that are the same in every language, such as those of time zones.
        if tag == "select" and named.get("translate") == "no":
            self._hidden += 1
            self._names = True
        self.found += [value for name, value in attributes if value and name in READ_ALOUD]
        if tag == "input" and named.get("type") in {"submit", "button", "reset"}:
            self.found.append(named.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in NOT_READ | FOR_PROGRAMS
        if tag == "select" and self._names:
            self._hidden -= 1
            self._names = False

    def handle_data(self, text: str) -> None:
        if not self._hidden:
            self.found.append(text)


def read_again(house: LivedIn) -> None:
    """What is wrong with a file is kept in the language of the page it was chosen on, so it is read once more, too."""
    refused = PeopleFile.objects.filter(pk=house.files["refused"])
    refused.update(step=PeopleFile.Step.READING, content=BAD_PEOPLE, language=translation.get_language())
    waiting.read(house.files["refused"])
