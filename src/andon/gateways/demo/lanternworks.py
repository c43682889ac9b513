"""Lanternworks: an invented organisation whose teams are told apart, so that a demonstration has a story."""

from collections.abc import Mapping
from dataclasses import dataclass, field

NAME = "Lanternworks"
DEPARTMENT = "Security"

# What the roles of the demonstration sign in as; everybody else has an address made of the name.
DEMO_PEOPLE = {
    "Maren Lindqvist": "lead",
    "Tomás Arriaga": "member",
    "Ines Haddad": "steward",
    "Kofi Boateng": "auditor",
    "Priya Raman": "facilitator",
}
DUTIES = {"steward": "steward", "auditor": "auditor", "facilitator": "facilitator"}

HEAD = "Ruth Abernathy"


# Everybody is asked every eight weeks: so many rounds in 18 months, the last of them number 0, that before it -1.
ROUNDS = 10
FIRST = 1 - ROUNDS
# What people wrote who do not exist. Nothing in it belongs to one team more than to another.
COMMENTS = (
    "After an alert at night we talk about what to change, not about who slept. Please keep that.",
    "In the review I wanted to say that the plan has a hole. I waited until somebody senior said it first.",
    "It helps when questions are asked before opinions. Could we do that in hand-overs too?",
    "We say that mistakes are fine, and then the same three people get all the easy shifts.",
    "I would like to hear more often what became of the things we raise.",
    "When I did not know an answer, somebody sat down with me. That was good.",
    "There is a lot of talk about courage and little time to use it.",
    "Thank you for stopping the roll-out when we asked. I did not expect it.",
)
# The first round after a team was dissolved into two others.
REORGANISED = -1


@dataclass(frozen=True, slots=True)
class Stand:
    """How many of a team answer a round, and how it stands.

    `level` and `shifts` (by facet) are in standard deviations of the simulator's latent answers; 0 is average.
    """

    answering: int
    level: float
    shifts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Team:
    """A team: who leads it and who belongs to it, and how it stands from a round on, until it stands otherwise.

    `came` are those of the members who belonged to `DISSOLVED` before.
    """

    name: str
    lead: str
    members: tuple[str, ...]
    stands: Mapping[int, Stand]
    came: tuple[str, ...] = ()

    def stand(self, number: int) -> Stand:
        return self.stands[max(since for since in self.stands if since <= number)]

    def people(self, number: int) -> tuple[str, ...]:
        """Who belongs to it when a round is asked."""
        everybody = (self.lead, *self.members)
        return everybody if number >= REORGANISED else tuple(one for one in everybody if one not in self.came)


TIRED = {"learner": -0.5, "contributor": -1.0, "challenger": -0.9}
STRICT = {"inclusion": 0.2, "accountability": 1.3}
QUIET = {"inclusion": 0.9, "learner": -0.5, "contributor": -0.9, "challenger": -1.7, "accountability": 0.1}

TEAMS = (
    # The story: people here feel at home and help each other, and keep quiet when they see it differently.
    Team(
        "Detection",
        "Maren Lindqvist",
        (
            "Tomás Arriaga",
            "Aisha Bello",
            "Jonas Keller",
            "Mei-Ling Chou",
            "Samuel Oyelaran",
            "Katarzyna Nowak",
            "Ravi Subramanian",
            "Freya Jensen",
        ),
        stands={FIRST: Stand(6, 0.2, QUIET), REORGANISED: Stand(8, 0.1, QUIET)},
        came=("Katarzyna Nowak", "Ravi Subramanian", "Freya Jensen"),
    ),
    Team(
        "SOC day",
        "Carlos Medeiros",
        (
            "Priya Raman",
            "Hana Sato",
            "Olu Adeyemi",
            "Emily Carter",
            "Mateusz Wójcik",
            "Fatima Zahra Idrissi",
            "Liam O'Connell",
            "Nguyễn Minh Anh",
            "Dmitri Volkov",
            "Amara Nwosu",
            "Sofia Rossi",
            "Tariq Mansour",
            "Grace Kim",
        ),
        stands={FIRST: Stand(14, 0.2, TIRED), REORGANISED: Stand(11, 0.1, TIRED)},
    ),
    Team(
        "SOC night",
        "Blessing Eze",
        (
            "Viktor Horvat",
            "Leila Karimi",
            "Marcus Thompson",
            "Yuki Tanaka",
            "Elena Popescu",
            "Ahmed Farouk",
            "Noor van Dijk",
            "José Luis Ortega",
            "Sinéad Byrne",
            "Arjun Mehta",
            "Ivana Petrović",
        ),
        stands={FIRST: Stand(12, -1.2, STRICT), REORGANISED: Stand(8, -1.2, STRICT)},
    ),
    # The real improvement: after a step that they agreed on, and everybody answers each time.
    Team(
        "Application security",
        "Anneliese Brandt",
        (
            "Kofi Boateng",
            "Linh Tran",
            "Rachel Goldberg",
            "Pedro Santana",
            "Zoë Papadaki",
            "Hamid Rahimi",
            "Isla MacLeod",
        ),
        stands={FIRST: Stand(8, -1.3), -2: Stand(8, 0.6, {"learner": 0.3, "challenger": -0.5})},
    ),
    Team(
        "Cloud security",
        "Thabo Mokoena",
        ("Julia Schneider", "Wei Zhang", "Camille Laurent", "Oskar Nilsson", "Deepika Iyer", "Malik Johnson"),
        stands={FIRST: Stand(5, 0.3, {"accountability": -1.4}), REORGANISED: Stand(6, 0.4, {"accountability": -1.4})},
        came=("Deepika Iyer", "Malik Johnson"),
    ),
    # Too few answer here, round after round, so nothing can be said.
    Team(
        "Identity",
        "Chiara Bianchi",
        ("Ines Haddad", "Peter Novák", "Ana Sofia Reyes", "Daniel Osei", "Mirjam de Wit"),
        stands={FIRST: Stand(3, 0.1, {"learner": -0.4})},
    ),
    # A new team of three: too few for a figure of their own, so they share a unit with the team beside them.
    Team(
        "Security engineering",
        "Hiroshi Yamamoto",
        ("Esther Wanjiru", "Luca Ferraro"),
        stands={FIRST: Stand(0, 0.3), REORGANISED: Stand(1, 0.3)},
        came=("Hiroshi Yamamoto", "Esther Wanjiru", "Luca Ferraro"),
    ),
)
# It was there until the organisation changed.
DISSOLVED = Team(
    "Platform security",
    "Deepika Iyer",
    (
        "Malik Johnson",
        "Katarzyna Nowak",
        "Ravi Subramanian",
        "Freya Jensen",
        "Hiroshi Yamamoto",
        "Esther Wanjiru",
        "Luca Ferraro",
    ),
    stands={FIRST: Stand(7, 0.0)},
)


@dataclass(frozen=True, slots=True)
class Agreed:
    """The step that a team agreed on, and what became of it; nothing yet where it is still to be done."""

    owner: str
    words: str
    became: str = ""


# By the round after which they were agreed on.
STEPS: Mapping[int, Agreed] = {
    -4: Agreed(
        "Linh Tran",
        "Answer every objection to a release in writing within two days",
        became="Done. Four objections, two of them changed the release.",
    ),
    -3: Agreed(
        "Anneliese Brandt",
        "Begin each design review with something that the reviewer got wrong last month",
        became="Done eleven times. By the second month somebody else began without being asked.",
    ),
    0: Agreed("Zoë Papadaki", "Invite one person of another team to each review"),
}
# Who proposed after the last round that the department sees the colours of their team. Nobody of it minded.
SHARED_BY = "Zoë Papadaki"


def teams(number: int) -> tuple[Team, ...]:
    """The teams that there are when a round is asked."""
    return TEAMS if number >= REORGANISED else (*TEAMS, DISSOLVED)
