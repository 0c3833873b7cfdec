"""Exit codes: a contract with scripts."""

from enum import IntEnum


class Exit(IntEnum):
    """What the process says when it ends."""

    OK = 0
    GATE = 1  # a check the user asked for did not hold
    USAGE = 2
    CANNOT_START = 3
    CANNOT_WRITE = 4
    SOME_NOT_SCORED = 5
