"""The errors a user can meet: each has a stable code, what was seen, and what to do.

A refused file is bad input (the user can mend it); a failed one is our side or the machine's. Both are values:
they survive `pickle` (worker processes) and turn into a `CallOutcome` at the pipeline's edge.
"""

from __future__ import annotations


class AnalyzerError(Exception):
    """Base of every error the product raises on purpose.

    Args:
        code: stable, `area.reason`, part of the published contract.
        seen: what was found, with the numbers.
        todo: what the user can do about it.
    """

    def __init__(self, code: str, seen: str, todo: str) -> None:
        super().__init__(code, seen, todo)
        self.code, self.seen, self.todo = code, seen, todo

    def __str__(self) -> str:
        return f"{self.code}: {self.seen}. {self.todo}"


class AudioError(AnalyzerError):
    """The recording can't be read or holds nothing to analyse: the file is refused."""


class MetadataError(AnalyzerError):
    """A sidecar or manifest is not usable: the file is refused."""


class StandardError(AnalyzerError):
    """A rule pack is not usable: nothing starts."""


class ModelError(AnalyzerError):
    """The recogniser's model is missing or not what its hash says: nothing starts."""


class OutputError(AnalyzerError):
    """A result could not be written."""


class UsageError(AnalyzerError):
    """Options that can't go together, or a path that isn't there."""
