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


@dataclass(frozen=True, slots=True)
class Team:
    """A team: who leads it and who belongs to it, how many of them answer, and how it stands.

    `level` and `shifts` (by facet) are in standard deviations of the simulator's latent answers; 0 is average.
    """

    name: str
    lead: str
    members: tuple[str, ...]
    answering: int
    level: float
    shifts: Mapping[str, float] = field(default_factory=dict)


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
        answering=8,
        level=0.1,
        shifts={"inclusion": 0.9, "learner": -0.5, "contributor": -0.9, "challenger": -1.7, "accountability": 0.1},
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
        answering=11,
        level=0.2,
        shifts={"learner": -0.5, "contributor": -1.0, "challenger": -0.9},
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
        answering=8,
        level=-1.2,
        shifts={"inclusion": 0.2, "accountability": 1.3},
    ),
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
        answering=7,
        level=0.6,
        shifts={"challenger": 0.2},
    ),
    Team(
        "Cloud security",
        "Thabo Mokoena",
        ("Julia Schneider", "Wei Zhang", "Camille Laurent", "Oskar Nilsson", "Deepika Iyer", "Malik Johnson"),
        answering=6,
        level=0.4,
        shifts={"accountability": -1.4},
    ),
    Team(
        "Identity",
        "Chiara Bianchi",
        ("Ines Haddad", "Peter Novák", "Ana Sofia Reyes", "Daniel Osei", "Mirjam de Wit"),
        answering=5,
        level=0.1,
        shifts={"learner": -0.4},
    ),
    # Three people: too few for a figure of their own, so they share a unit with the team beside them.
    Team(
        "Security engineering",
        "Hiroshi Yamamoto",
        ("Esther Wanjiru", "Luca Ferraro"),
        answering=2,
        level=0.3,
    ),
)
