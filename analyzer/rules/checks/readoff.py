"""What the other ear (`speech/reader.py`) reads where a phrase seems to be missing. Asked before anybody fails.

A phrase that was tried and falls short of a hit may have been said all the same: of 谢谢您 the recogniser left 借您, a
syllable less, while all of it was read off the sound. In noise that is what most wrong absences are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from analyzer.measure.types import Turn
from analyzer.rules.checks.misheard import PerhapsSaid
from analyzer.speech.mandarin import char_count
from analyzer.speech.types import Trial

LEAST = 0.85  # how alike the phrase and what was read are
SYLLABLES = 3  # shorter ones are read everywhere


def read_off(trials: Iterable[Trial], turns: Sequence[Turn], phrases: Collection[str]) -> Iterator[PerhapsSaid]:
    """Where one of the phrases was read off the sound.

    Args:
        trials: of one party.
        turns: of that party.
        phrases: that seem to be missing.
    """
    for trial in trials:
        if trial.read >= LEAST and trial.phrase in phrases and char_count(trial.phrase) >= SYLLABLES:
            words = (word for turn in turns for word in turn.words if word.span & trial.span)
            yield PerhapsSaid(trial.span, "".join(word.text for word in words), trial.phrase)
