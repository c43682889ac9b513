"""The door of `setup`."""

from andon.features.setup.code import make as make_code
from andon.features.setup.code import remove as remove_code
from andon.features.setup.code import shown as code_in_groups
from andon.features.setup.doors import check_doors
from andon.features.setup.forms import NameOrganisation, NameSteward
from andon.features.setup.founding import CannotFound, OthersWereFirst, found
from andon.features.setup.links import first_sign_in_link
from andon.features.setup.obstacles import has_demo_people, is_guessable, obstacles
from andon.features.setup.readiness import advice_on_key_directory, key_directory, next_steps

__all__ = [
    "CannotFound",
    "NameOrganisation",
    "NameSteward",
    "OthersWereFirst",
    "advice_on_key_directory",
    "check_doors",
    "code_in_groups",
    "first_sign_in_link",
    "found",
    "has_demo_people",
    "is_guessable",
    "key_directory",
    "make_code",
    "next_steps",
    "obstacles",
    "remove_code",
]
