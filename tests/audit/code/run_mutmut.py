"""Start mutmut with the packages of Andon's own environment, and mutmut itself from the graders' environment.

python run_mutmut.py SITE_PACKAGES_OF_THE_GRADERS LEFT_OUT ARGUMENTS...
"""

import sys

import pytest

graders, left_out, *arguments = sys.argv[1:]
# The tree that is mutated stands in a copy: the one that this environment was installed from must not answer for it.
sys.path[:] = [place for place in sys.path if place != left_out]
sys.path.append(graders)
if not hasattr(pytest.Item, "_nodeid"):
    # mutmut 3.7 asks for the name that this had before pytest 9.2.
    pytest.Item._nodeid = property(lambda item: item.nodeid)

from mutmut.__main__ import cli  # noqa: E402

cli(arguments)
