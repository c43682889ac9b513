"""What the interface for programs answers with: the shapes of its documents. Made from `results`, never back."""

from typing import Any, Literal

from ninja import Field, Schema

ID = r"^[0-9a-f]{32}$"
# Said, and held by the tests against what is sent; nothing that is sent is looked at for it.
IS_ID: dict[str, Any] = {"pattern": ID}
IS_MOMENT: dict[str, Any] = {"format": "date-time", "pattern": "Z$"}
Band = Literal["low", "mixed-low", "mixed-high", "high"]


class Problem(Schema):
    """What happened and what to do, as RFC 9457 has it. Sent as `application/problem+json`."""

    type: str = Field(
        "about:blank", description="A URI of the kind of problem; `about:blank` where the status says it."
    )
    title: str = Field(description="The problem in a few words.")
    status: int = Field(description="The status of the answer.", ge=400, le=599)
    detail: str = Field(description="What happened and what to do.")


class About(Schema):
    """A round as every document has it."""

    id: str = Field(json_schema_extra=IS_ID)
    asked: str = Field(description="The node of the organisation whose people were asked.")
    opened_at: str = Field(description="UTC, ISO 8601.", json_schema_extra=IS_MOMENT)
    closed_at: str | None = Field(description="UTC, ISO 8601.", json_schema_extra=IS_MOMENT)
    fingerprint: str = Field(description="The twelve words of the round's manifest.")


class ReleasedRound(About):
    """A round whose result can be looked at."""

    instrument_id: str
    instrument_version: str


class ReleasedRounds(Schema):
    rounds: list[ReleasedRound] = Field(description="Newest first.", json_schema_extra={"maxItems": 50})


class Instrument(Schema):
    id: str
    version: str
    title: str
    citation: str
    rights: str


class Policy(Schema):
    """The rules of the manifest, as the public log has them."""

    bands: str
    rules: str
    least_ballots: int
    early_close: bool
    depth: int = 0


class Bounds(Schema):
    low: int = Field(ge=0, le=100)
    middle: int = Field(ge=0, le=100)
    high: int = Field(ge=0, le=100)


class Said(Schema):
    said: Literal["first", "none_seen", "may_have_risen", "may_have_fallen", "rose", "fell"]
    since: str | None = Field(
        description="Where rounds are compared with the first six of the same people: the day of the last of those."
    )
    would_notice: int | None = Field(
        description="Where two rounds are compared: the change in index points that would be noticed."
    )


class Facet(Schema):
    id: str
    name: str
    band: Band | None
    index: Bounds | None = Field(description="From 0 to 100: the sure bounds and their middle.")
    why_not: str | None = Field(description="Why there is no index.")
    change: Said | None = Field(description="What may be said of the last step.")


class Total(Schema):
    ballots: int
    low: int = Field(description="The lowest sum of answers that the colour is compatible with.")
    high: int


class Statement(Schema):
    code: str
    facet: str
    words: str
    reversed: bool
    band: Band | None
    updated: bool
    total: Total | None
    silence: str | None
    ballots: int | None = Field(
        description="How many answered it, where a question a day or a week was asked; else null: see the unit."
    )


class Unit(Schema):
    id: str
    name: str
    ballots: int
    roster: int
    why_no_figures: str | None


class UnitResult(Schema):
    """The result of a unit: what its report shows."""

    format: Literal["andon.results.unit/1"]
    round: About
    instrument: Instrument
    policy: Policy | None
    unit: Unit
    headline: list[str]
    facets: list[Facet]
    statements: list[Statement]
    method: list[str]


class Inside(Schema):
    id: str = Field(json_schema_extra=IS_ID)
    name: str


class Group(Schema):
    id: str = Field(json_schema_extra=IS_ID)
    name: str
    people: int
    turnout: str | None = Field(
        description="In three steps; null where a unit is a quarter of the group, and inside a group that has one."
    )
    units_with_figures: int | None
    why_no_shares: str | None
    inside: list[Inside] = Field(
        description="Groups inside it by name, fifty at a time.", json_schema_extra={"maxItems": 50}
    )


class Spread(Schema):
    code: str
    name: str
    units: dict[Band, int] = Field(description="How many units show each colour.")


class Share(Schema):
    """An estimate with its range, which holds chance and the random error 95 times in 100."""

    low: float
    middle: float
    high: float


class Mean(Schema):
    name: str
    low: int
    middle: int
    high: int


class Shares(Schema):
    words: str
    reversed: bool
    shares: list[Share] = Field(description="Of the answers 1 to 5 after keying.")
    mean: Share


class Noise(Schema):
    epsilon_of_this_round: float
    delta: float


class GroupResult(Schema):
    """What is shown of a group above units."""

    format: Literal["andon.results.group/1"]
    round: About
    instrument: Instrument
    policy: Policy | None
    group: Group
    headline: str
    facets: list[Spread]
    statements: list[Spread]
    means: list[Mean]
    shares: list[Shares]
    noise: Noise | None
    method: list[str]
