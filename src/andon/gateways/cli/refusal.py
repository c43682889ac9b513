"""What a command says when it cannot do what was asked."""


class Refusal(Exception):
    """An expected error. Its text says what happened, what was kept, and what to do next."""
