"""Could a phrase that seems to be missing be there, misheard? Asked before anybody is said to have left it out.

The search for phrases forgives what the recogniser usually confuses, least of all in short ones: 您好 written 一号 is
not found. So where a missing phrase would count against somebody, the words that the recogniser itself doubted are
held against it once more, by a far lower score. So are words that it believes in and that sound the same, if the
phrase has two syllables: two thirds of its wrong characters do. What resembles it makes the absence unsure, and never
a presence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

from analyzer.rules.checks.rawhits import GAP
from analyzer.spans import Span
from analyzer.speech.difference import difference
from analyzer.speech.mandarin import char_count
from analyzer.speech.sound import WALL, PhraseSounds, SoundText, canon
from analyzer.speech.types import Word

# A word of less is doubted: 44 % of the characters it gets wrong are, 8 % of the others (human speech, telephone band).
# Of a party whose words average less than CLEAR, in noise, more of equally probable ones are wrong: a sixth at 0.6 to
# 0.7 where they average 0.86, a fifth at 0.7 to 0.8 where they average less than 0.76 (synthesised, 25 and 15 dB).
DOUBTED, CLEAR, MORE, MOST_DOUBTED = 0.6, 0.86, 1.5, 0.8
FLOORS = {2: 0.64, 3: 0.62, 4: 0.62}  # scores by sound, by syllables; the search is lenient with longer phrases anyway
HOPELESS = 0.4  # a syllable with less says nothing: of two syllables one is enough then (别好 for 您好)
LEAST = tuple({**FLOORS, 2: 0.5}.items())
# Two syllables written otherwise are another word to the search, however alike (哉检, 再见): both have a score of 0.97.
ALIKE = ((2, 0.965),)
MEANINGFUL = 2  # syllables besides particles: a doubted 对 is no 对吗
LOST = 1  # syllables, particles and all, that may have come back without a character: 听打 is no 听得到吗
FIRST = 0.8  # the first word somebody says, often cut off, is doubted from here down: 也好 for 您好 at 0.73
AROUND = 4  # words on both sides of a doubted one, since a phrase is seldom misheard as a whole


class PerhapsSaid(NamedTuple):
    """Where something may have been said: what was heard there, and which phrase it resembles (of a pattern none)."""

    span: Span
    heard: str
    phrase: str


def doubted_below(mean: float) -> float:
    """The probability below which a word of a party is doubted, by the mean of all its words."""
    return min(DOUBTED + MORE * max(0.0, CLEAR - mean), MOST_DOUBTED)


class Misheard:
    """The doubted words of one party.

    Args:
        said: its words by turn, then those of a second hearing.
        below: words of a lower probability are doubted.
    """

    def __init__(self, said: Sequence[Sequence[Word]], below: float) -> None:
        self._below = below
        self._doubted = _Stretches(run for words in _first_unsure(said) for run in _doubted(words, below))
        self._every = _Stretches(said)
        self._found: dict[tuple[str, ...], Sequence[PerhapsSaid]] = {}

    def places(self, phrases: tuple[str, ...]) -> Sequence[PerhapsSaid]:
        """Where one of the phrases may have been said; rules ask for the same in other stretches.

        Args:
            phrases: long ones and those with a gap are left out.
        """
        if phrases not in self._found:
            self._found[phrases] = (*self._resembling(phrases), *self._sounding(phrases))
        return self._found[phrases]

    def _resembling(self, phrases: tuple[str, ...]) -> Iterator[PerhapsSaid]:
        """Doubted words that are much like a phrase."""
        for place, words, score in self._doubted.find(phrases, LEAST):
            probabilities = [word.probability for word in words]
            least, syllables = min(probabilities), char_count(place.phrase)
            if least >= self._below or len(words) + LOST < syllables:
                continue
            if least >= HOPELESS and score < FLOORS[syllables]:
                continue
            found = difference(place.phrase, place.heard, probabilities)
            if found.content >= MEANINGFUL and not found.other and not found.lost:
                yield place

    def _sounding(self, phrases: tuple[str, ...]) -> Iterator[PerhapsSaid]:
        """Words that sound like a phrase of two syllables and are written otherwise, however sure they are."""
        for place, words, _ in self._every.find(phrases, ALIKE):
            if len(words) == char_count(place.phrase) and canon(place.heard) != canon(place.phrase):
                yield place


class _Stretches:
    """Words in stretches that no phrase reaches over, searched by sound."""

    def __init__(self, stretches: Iterable[Sequence[Word]]) -> None:
        apart = list(stretches)
        self._words = [word for words in apart for word in words]
        self._text = SoundText.of([piece for words in apart for piece in (words, WALL)])

    def find(
        self, phrases: tuple[str, ...], floors: tuple[tuple[int, float], ...]
    ) -> Iterator[tuple[PerhapsSaid, Sequence[Word], float]]:
        """Where a phrase may be, the words there, and its score, from the floor of its length (syllables, score) on."""
        forms, sounds = _compiled(phrases, floors)
        for match in sounds.search(self._text):
            owners = self._text.words[match.first : match.last + 1]
            if min(owners) < 0:
                continue
            words = [self._words[word] for word in owners]
            heard = "".join(self._text.chars[match.first : match.last + 1])
            place = Span(words[0].span.start_ms, max(words[-1].span.end_ms, words[0].span.start_ms))
            yield PerhapsSaid(place, heard, forms[match.form]), words, match.score


def _first_unsure(said: Sequence[Sequence[Word]]) -> Iterator[Sequence[Word]]:
    """The words, the first of all doubted where it is not clear."""
    for words in said[:1]:
        unclear = words and HOPELESS < words[0].probability < FIRST
        yield (msgspec.structs.replace(words[0], probability=HOPELESS), *words[1:]) if unclear else words
    yield from said[1:]


def _doubted(words: Sequence[Word], below: float) -> Iterator[Sequence[Word]]:
    """Runs of words around doubted ones."""
    start = end = 0
    for i, word in enumerate(words):
        if word.probability >= below:
            continue
        if i - AROUND > end:
            if end > start:
                yield words[start:end]
            start = i - AROUND
        end = min(len(words), i + AROUND + 1)
    if end > start:
        yield words[start:end]


@lru_cache(maxsize=2048)
def _compiled(phrases: tuple[str, ...], floors: tuple[tuple[int, float], ...]) -> tuple[Sequence[str], PhraseSounds]:
    floor_of = dict(floors)
    forms = [phrase for phrase in phrases if GAP not in phrase and char_count(phrase) in floor_of]
    return forms, PhraseSounds(forms, [floor_of[char_count(phrase)] for phrase in forms])
