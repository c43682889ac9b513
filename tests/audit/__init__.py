"""Graders that nobody here wrote, each with faults planted for it to find: `make audit`."""
