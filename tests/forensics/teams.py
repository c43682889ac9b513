"""How large a team is here. By itself, so that a process that casts ballots loads no statistics."""

TEAM = 8
