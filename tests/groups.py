"""Which tests stay together when several pytest-xdist workers share them.

Invariant: what takes long to start (a fleet, a browser, a site) is started by one worker.
"""

import re

ONE_SITE = ("tests/e2e/", "tests/faults/")
TWO_SITES = "tests/integration/pipeline/"
STACK = re.compile(r"\[(?:embedded|networked)\b")


def find_group(test: str) -> str:
    """Return the name of a test's group: the folder its site belongs to, or else its file."""
    if test.startswith(ONE_SITE):
        return test.rpartition("/")[0]
    if test.startswith(TWO_SITES) and (stack := STACK.search(test)):
        return f"{TWO_SITES}{stack[0]}"
    return test.partition("::")[0]
