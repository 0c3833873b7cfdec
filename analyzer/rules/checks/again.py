"""What the second hearing (`speech/second_hearing.py`) says to what the first one shows. Asked before anybody fails.

Two hearings of doubtful speech make different mistakes. What only one of them has is unsure: a phrase that seemed to
be missing, or one that seemed to be said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from analyzer.measure.types import Turn
from analyzer.rules.checks.hits import Hit
from analyzer.rules.checks.misheard import PerhapsSaid
from analyzer.rules.checks.rawhits import GAP
from analyzer.spans import Span
from analyzer.speech.mandarin import char_count
from analyzer.speech.sound import PhraseSounds, SoundText, meaningful
from analyzer.speech.threshold import threshold
from analyzer.speech.types import Reading, Word

DOUBTED = 0.7  # the second hearing is asked about hits on words of a lower mean probability
MEANINGFUL = 2  # syllables besides particles of a phrase that is looked for
APART_MS = 400  # the two hearings place the same word so far apart at most
MOSTLY = 0.8  # of a hit's time must have been heard again for its absence there to mean anything


class HeardAgain:
    """The second hearing of one party.

    Args:
        readings: of that party's speakers.
        turns: of the call, by their position.
    """

    def __init__(self, readings: Sequence[Reading], turns: Sequence[Turn]) -> None:
        self._readings, self._turns = readings, turns
        self._texts = [SoundText.of([reading.words]) for reading in readings]

    @property
    def words(self) -> list[tuple[Word, ...]]:
        """Each speaker's."""
        return [reading.words for reading in self._readings]

    def places(self, phrases: tuple[str, ...]) -> Iterator[PerhapsSaid]:
        """Where one of the phrases was heard the second time; those with a gap are left out."""
        whole = tuple(p for p in phrases if GAP not in p and meaningful(p) >= MEANINGFUL)
        sounds = _compiled(whole)
        for reading, text in zip(self._readings, self._texts, strict=True):
            for match in sounds.search(text):
                owners = [w for w in text.words[match.first : match.last + 1] if w >= 0]
                place = reading.words[owners[0]].span | reading.words[owners[-1]].span
                yield PerhapsSaid(place, "".join(text.chars[match.first : match.last + 1]), whole[match.form])

    def denies(self, hit: Hit) -> bool:
        """True where a hit on doubtful words, or a part of it, was heard again as something else."""
        words = self._turns[hit.turn].words
        return any(self._denies(phrase, part.span, hit.speaker, words) for phrase, part in hit.parts)

    def _denies(self, phrase: str, span: Span, speaker: int, words: Sequence[Word]) -> bool:
        said = [w for w in words if w.span & span]
        if not said or sum(w.probability for w in said) >= DOUBTED * len(said):
            return False
        for reading in self._readings:
            if reading.speaker == speaker and reading.heard.covered_ms(span) >= MOSTLY * span.duration_ms:
                return not _is_in(phrase, _near(reading.words, span))
        return False


def _near(words: Sequence[Word], span: Span) -> list[Word]:
    wide = span.widen(APART_MS)
    return [w for w in words if w.span & wide]


def _is_in(phrase: str, words: Sequence[Word]) -> bool:
    return next(iter(_compiled((phrase,)).search(SoundText.of([words]))), None) is not None


@lru_cache(maxsize=1024)
def _compiled(phrases: tuple[str, ...]) -> PhraseSounds:
    return PhraseSounds(phrases, [threshold(char_count(phrase)).unsure for phrase in phrases])
