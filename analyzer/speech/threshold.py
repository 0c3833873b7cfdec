"""From which score by sound (`speech/sound.py`) words count as a phrase."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Threshold:
    """Scores from which a phrase of some length counts: below `unsure` it wasn't said, from `sure` on it was."""

    unsure: float
    sure: float


def threshold(syllables: int) -> Threshold:
    """Short phrases need to sound exactly alike, long ones may lose a syllable. See docs/phrases.md for the figures."""
    if syllables <= 1:
        return Threshold(0.97, 1.0)
    if syllables == 2:
        return Threshold(0.92, 0.97)
    if syllables <= 4:
        return Threshold(0.75, 0.82)
    return Threshold(0.72, 0.78)
