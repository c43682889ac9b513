"""The door of `people`: who may sign in, and how somebody comes to."""

from andon.foundation.people.invitations import (
    AlreadyJoined,
    InvitationState,
    invitation_state,
    invite,
    invite_many,
)

__all__ = ["AlreadyJoined", "InvitationState", "invitation_state", "invite", "invite_many"]
