"""The door of `closing`."""

from andon.features.closing.services import CannotClose, close_round, void_round

__all__ = ["CannotClose", "close_round", "void_round"]
