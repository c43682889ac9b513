"""The door of `closing`."""

from andon.features.closing.services import CannotClose, ReleasedOtherwise, close_round, void_round

__all__ = ["CannotClose", "ReleasedOtherwise", "close_round", "void_round"]
