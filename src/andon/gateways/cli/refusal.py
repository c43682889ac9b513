"""What a command says when it cannot do what was asked."""


class Refusal(Exception):
    """An expected error. Its text says what happened, what was kept, and what to do next."""

    def __init__(self, text: str, *, status: int = 1) -> None:
        super().__init__(text)
        self.status = status
