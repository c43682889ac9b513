"""The door of `closing`."""

from andon.features.closing.services import (
    CannotClose,
    Ended,
    ReleasedOtherwise,
    close_round,
    end_rounds_of_another_store,
    void_round,
)

__all__ = ["CannotClose", "Ended", "ReleasedOtherwise", "close_round", "end_rounds_of_another_store", "void_round"]
