"""The door of `people`: who may sign in, and how somebody comes to."""

from andon.foundation.people.addresses import (
    has_to_wait,
    refuse,
    token_of,
    waiting_for,
)
from andon.foundation.people.invitations import (
    AlreadyJoined,
    InvitationState,
    invitation_state,
    invite,
    invite_many,
)

__all__ = [
    "AlreadyJoined",
    "InvitationState",
    "has_to_wait",
    "invitation_state",
    "invite",
    "invite_many",
    "refuse",
    "token_of",
    "waiting_for",
]
