"""All that is wrong with a pack, found in one reading: what is refused is left out, and the rest is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from analyzer.rules.told import PackError, tell

MOST, MOST_SEEN = 100, 500  # told, and with those that only follow: then looking ends, for a pack is untrusted


class EnoughError(Exception):
    """So much is wrong that nothing more is looked at."""


class Mistakes:
    """What was found so far, each once; what only follows from it is left out.

    What was refused is lost by its kind and name, "family:bye", or by its kind alone where the name isn't known, or
    where a whole file is lost. A mistake that `lacks` what is lost only follows.
    """

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], PackError] = {}
        self.profile = ""  # under which the pack is looked at, where that is another than `default`
        self._lost: set[str] = set()
        self._seen = 0

    def add(self, error: PackError) -> None:
        """Notes a mistake.

        Raises:
            EnoughError: when these are `MOST`, or `MOST_SEEN` with those that only follow or are there already.
        """
        self._seen += 1
        if self.found and self._seen >= MOST_SEEN:
            raise EnoughError
        key = error.code, error.seen
        if key in self.found or self.has_lost(error.lacks):
            return
        if self.profile:
            seen, todo = error.said
            seen = tell("in_profile", seen=seen, profile=self.profile)
            error = PackError(error.code, seen, todo, error.file, error.line)
        self.found[key] = error
        if len(self.found) >= MOST:
            raise EnoughError

    def add_all(self, errors: Iterable[PackError]) -> None:
        """Notes several, as `add`."""
        for error in errors:
            self.add(error)

    def lose(self, *what: str) -> None:
        """What is missing from now on because it was refused."""
        self._lost.update(what)

    def has_lost(self, what: str) -> bool:
        """Whether it is missing because it was refused, or may be."""
        return what in self._lost or what.partition(":")[0] in self._lost

    @contextmanager
    def noted(self, *lost: str) -> Iterator[None]:
        """Notes what is refused inside, and that this is lost by it."""
        try:
            yield
        except PackError as error:
            self.add(error)
            self.lose(*lost)  # after that: it may lack the very thing

    def refuse(self) -> None:
        """Refuses a pack with mistakes.

        Raises:
            PackError: the first by file and line, which says how many more there are and holds them all.
        """
        every = sorted(self.found.values(), key=lambda error: (error.file, error.line))
        if len(every) == 1:
            raise every[0]
        if every:
            first, (seen, todo) = every[0], every[0].said
            todo = tell("and_more", todo=todo, count=len(every) - 1)
            raise PackError(first.code, seen, todo, first.file, first.line, mistakes=tuple(every))
