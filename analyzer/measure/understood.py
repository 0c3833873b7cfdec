"""How much of what a party says was understood at all: before that, no word of it says anything, nor does its lack."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.measure.catalogue import measure
from analyzer.measure.party import Party
from analyzer.measure.types import Measure
from analyzer.spans import Timeline
from analyzer.speech.confirmed import confirmed
from analyzer.speech.types import ReadSyllable, Word

SURE = 0.5  # a word with a smaller probability may be anything
REACH_MS = 150  # of speech that a word stands for on both sides of it: its time is not exact
FEW_SPEECH_MS = 5_000


def measure_understood(party: Party, read: Sequence[ReadSyllable]) -> Measure:
    """`words_understood`: the share of a party's speech that became words to be trusted.

    Definition: of the speech in the party's turns, what lies within 150 ms of a trusted word: a Mandarin word or
    figure with a probability of 0.5 at least, in no doubted stretch, of which a syllable was read off the sound there,
    too (`speech/confirmed.py`). Nobody's definition but ours.

    Args:
        party: whose.
        read: syllables read off the party's sound; empty where nothing reads it.
    """
    speech = party.speech & Timeline(tuple(t.span for t in party.turns))
    if speech.duration_ms < FEW_SPEECH_MS:
        return measure("words_understood", None, party.speaker, reason="too_little_speech")
    trusted = trusted_words(party, read)
    understood = speech & around(trusted)
    lost = sorted(speech - understood, key=lambda s: (-s.duration_ms, s))
    return measure(
        "words_understood",
        100 * understood.duration_ms / speech.duration_ms,
        party.speaker,
        evidence=lost[:3],
        components={
            "words": sum(len(t.words) for t in party.turns),
            "trusted": len(trusted),
            "speech_ms": speech.duration_ms,
        },
    )


def trusted_words(party: Party, read: Sequence[ReadSyllable]) -> list[Word]:
    """The words of the party's turns that can be trusted, in order."""
    words = [w for t in party.turns for w in t.words]
    doubted = Timeline(tuple(d.span for d in party.doubts))
    return [
        w
        for w, is_heard in zip(words, confirmed(words, read), strict=True)
        if is_heard and w.probability >= SURE and doubted.covered_ms(w.span) * 5 <= w.span.duration_ms
    ]


def around(words: Sequence[Word]) -> Timeline:
    """The time that words stand for."""
    return Timeline(tuple(w.span.widen(REACH_MS) for w in words))
