"""What the guide holds: frozen values, as its files say them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.html import escape, format_html
from django.utils.translation import get_language

# What every text is written in first; other languages stand in files beside it.
ORIGINAL = "en"


class Text(str):
    """A text of the guide, and the language it is written in, which need not be that of the page."""

    language: str

    def __new__(cls, text: str = "", language: str = ORIGINAL) -> Text:
        made = super().__new__(cls, text)
        made.language = language
        return made

    def __html__(self) -> str:
        """For a page: read aloud and turned as the language it is in, where that is another than the page's."""
        if self.language == _of_the_page():
            return escape(str(self))
        return format_html('<span lang="{}" dir="auto">{}</span>', self.language, str(self))


def _of_the_page() -> str:
    return (get_language() or ORIGINAL).split("-")[0]


class Facet(StrEnum):
    """What a practice is for. The ids are those of the facets of andon-core, which a test of `results` compares."""

    INCLUSION = "inclusion"
    LEARNER = "learner"
    CONTRIBUTOR = "contributor"
    CHALLENGER = "challenger"
    ACCOUNTABILITY = "accountability"


# Lowest stage first: a later stage cannot hold on a weak earlier one. Accountability is no stage.
STAGES = (Facet.INCLUSION, Facet.LEARNER, Facet.CONTRIBUTOR, Facet.CHALLENGER)


class Role(StrEnum):
    """Who can do it. MEMBER: also somebody whose lead does not help."""

    MEMBER = "member"
    LEAD = "lead"
    FACILITATOR = "facilitator"


class Kind(StrEnum):
    BOOK = "book"
    STUDY = "study"
    ARTICLE = "article"
    GUIDE = "guide"


@dataclass(frozen=True, slots=True)
class Resource:
    """Why somebody might read it."""

    kind: Kind
    about: Text


@dataclass(frozen=True, slots=True)
class Source:
    """A work of others. `year` is empty where its page says none, `link` where we are not sure of one."""

    id: str
    who: Text
    year: str
    title: Text
    where: Text
    link: str
    resource: Resource | None


@dataclass(frozen=True, slots=True)
class Cited:
    """A source, and what of it a practice rests on."""

    source: Source
    says: Text


@dataclass(frozen=True, slots=True)
class Practice:
    """One thing to try, in ten minutes or less. `ours` says which part of it is our own judgement."""

    id: str
    place: int
    title: Text
    summary: Text
    facets: tuple[Facet, ...]
    roles: tuple[Role, ...]
    moment: Text
    minutes: int
    do: tuple[Text, ...]
    say: tuple[Text, ...]
    helped: tuple[Text, ...]
    sources: tuple[Cited, ...]
    ours: Text


@dataclass(frozen=True, slots=True)
class Moment:
    """What happens in people, what to do in the first minute, what to say, what to do later."""

    id: str
    place: int
    title: Text
    people: tuple[Text, ...]
    first_minute: tuple[Text, ...]
    words: tuple[Text, ...]
    later: tuple[Text, ...]
    practices: tuple[Practice, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the member path. `leads_to` is a page of the anonymous door: "self-check", "room", or empty."""

    title: Text
    text: tuple[Text, ...]
    words: tuple[Text, ...]
    practices: tuple[Practice, ...]
    sources: tuple[Source, ...]
    leads_to: str


@dataclass(frozen=True, slots=True)
class MemberPath:
    title: Text
    lead: Text
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Guide:
    """Everything, each in its order, in one language."""

    language: str
    practices: tuple[Practice, ...]
    moments: tuple[Moment, ...]
    path: MemberPath
    sources: tuple[Source, ...]

    @property
    def resources(self) -> tuple[Source, ...]:
        return tuple(source for source in self.sources if source.resource is not None)

    def practice(self, practice_id: str) -> Practice | None:
        return next((one for one in self.practices if one.id == practice_id), None)

    def moment(self, moment_id: str) -> Moment | None:
        return next((one for one in self.moments if one.id == moment_id), None)
