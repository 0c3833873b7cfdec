"""What of a family's forms was found in a call, those with a gap included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from analyzer.rules.checks.rawhits import GAP, Joined, RawHit
from analyzer.speech.marks import AGENT


@lru_cache(maxsize=65536)
def parts(form: str) -> tuple[str, ...]:
    """A form split at its gaps."""
    return tuple(p for p in form.replace("...", GAP).replace("……", GAP).split(GAP) if p)


def by_phrase(found: Mapping[str, Sequence[RawHit]]) -> dict[str, Sequence[RawHit]]:
    """What was found, whoever was asked about."""
    return {phrase.removeprefix(AGENT): hits for phrase, hits in found.items()}


class Found:
    """A call's hits, to be asked for forms.

    Args:
        hits: by phrase.
    """

    def __init__(self, hits: Mapping[str, Sequence[RawHit]]) -> None:
        self.hits = hits
        self._heard = frozenset(hits)

    def forms(self, forms: tuple[str, ...], gap: int, mark: str = "") -> Iterator[tuple[str, RawHit]]:
        """Which of the forms was said where.

        Args:
            forms: of a family, as written in the pack.
            gap: at most so many characters lie in a gap.
            mark: what their parts were asked for with.
        """
        firsts, begun = _begun(forms, mark)
        if self._heard.isdisjoint(firsts):  # nearly always, and a standard has hundreds of families
            return
        for _, form in sorted([one for first in self._heard & firsts for one in begun[first]]):
            yield from ((form, Joined.of(chain)) for chain in self._chains(form, gap, mark))

    def _chains(self, form: str, gap: int, mark: str) -> Sequence[tuple[RawHit, ...]]:
        first, *others = [mark + part for part in parts(form)]
        chains: list[tuple[RawHit, ...]] = [(hit,) for hit in self.hits[first] if hit.look != "other"]
        for piece in others:
            nexts = [hit for hit in self.hits.get(piece, ()) if hit.look != "other"]
            longer: list[tuple[RawHit, ...]] = []
            for chain in chains:
                turn, end = chain[-1].turn, chain[-1].end
                follow = next((n for n in nexts if n.turn == turn and 0 <= n.start - end <= gap), None)
                if follow is not None:
                    longer.append((*chain, follow))
            chains = longer
        return chains


@lru_cache(maxsize=4096)
def _begun(forms: tuple[str, ...], mark: str) -> tuple[frozenset[str], Mapping[str, Sequence[tuple[int, str]]]]:
    """What forms begin with, as a set, and which begin with each, by their places among all."""
    begun: dict[str, list[tuple[int, str]]] = {}
    for place, form in enumerate(forms):
        if pieces := parts(form):
            begun.setdefault(mark + pieces[0], []).append((place, form))
    return frozenset(begun), begun
