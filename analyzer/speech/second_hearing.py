"""Doubted speech heard a second time, a little slower: what else may have been said.

Where the recogniser doubts its own words it has often left a stretch out, or turned it into something else; heard
again at another pace and among other neighbours it makes other mistakes. What it hears then never replaces a word of
the transcript. It says which phrases are worth trying on the sound there (`speech/trials.py`), and where the two
hearings disagree nobody is accused by one of them (`rules/checks/again.py`).

    words ─► stretches of doubted speech ─► windows, slower ─► words ─► Reading
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import soxr

from analyzer.call.types import Legs, Role, Samples
from analyzer.spans import Span, Timeline
from analyzer.speech.packing import RATE_HZ, PackingSettings, pack, sound_of, stretches_of
from analyzer.speech.recognizer import HeardWindow, SpeechRecognizer
from analyzer.speech.transcribe import AT_ONCE, leg_of, placed
from analyzer.speech.types import Reading, Speaker, VoiceMap, Word, in_order


@dataclass(frozen=True, slots=True)
class SecondHearingSettings:
    """What is heard again, and how.

    Args:
        doubted: stretches whose words have a mean probability below this, the most doubted first.
        share: of a speaker's speech, up to which it is heard again; a window's length always is.
        stretch_ms: long speech is cut at its weakest sound, so that not all of it is heard again for one doubted part.
        packing: how stretches share a window: few, so that each is among other neighbours than before.
        pace: 0.9 plays the sound in 1 / 0.9 of its time: slower, and a lower voice.
    """

    doubted: float = 0.8
    share: float = 0.2
    stretch_ms: int = 3_000
    packing: PackingSettings = field(default_factory=lambda: PackingSettings(window_ms=10_000))
    pace: float = 0.85


def hear_again(
    legs: Legs,
    voices: VoiceMap,
    words: Mapping[int, Sequence[Word]],
    speakers: Iterable[Speaker],
    recognizer: SpeechRecognizer,
    settings: SecondHearingSettings | None = None,
) -> tuple[Reading, ...]:
    """A second reading of the agent's doubted speech: nobody else is judged by it.

    Args:
        legs: the channels.
        voices: who speaks when.
        words: of each speaker, in order of time.
        speakers: with their roles.
        recognizer: turns a window of sound into words.
        settings: what is heard again, and how.

    Returns:
        One for each agent whose speech is doubted anywhere, in order of speaker.
    """
    settings = settings or SecondHearingSettings()
    agents = {s.index for s in speakers if s.role is Role.AGENT}
    out = []
    for activity in voices.activities:
        if activity.speaker not in agents:
            continue
        leg = leg_of(legs, activity.speaker).samples
        stretches = stretches_of(
            activity.speech, leg, legs.rate_hz, replace(settings.packing, window_ms=settings.stretch_ms)
        )
        doubted = _most_doubted(stretches, words.get(activity.speaker, ()), settings)
        windows = pack(doubted, settings.packing)
        heard: list[HeardWindow] = []
        for first in range(0, len(windows), AT_ONCE):
            sounds = [sound_of(window, leg, legs.rate_hz) for window in windows[first : first + AT_ONCE]]
            heard += recognizer.recognize_many([_at_pace(sound, settings.pace) for sound in sounds])
        again = [
            word
            for window, slow in zip(windows, heard, strict=True)
            for word in placed(window, _in_time(slow, settings.pace), activity.speech)
        ]
        if windows:
            covered = Timeline(tuple(doubted)) & activity.speech
            out.append(Reading(activity.speaker, covered, tuple(in_order(again))))
    return tuple(sorted(out, key=lambda r: r.speaker))


def _most_doubted(stretches: Sequence[Span], words: Sequence[Word], settings: SecondHearingSettings) -> list[Span]:
    """The stretches to be heard again, in order of time."""
    left_ms = max(settings.packing.window_ms, settings.share * sum(s.duration_ms for s in stretches))
    chosen = []
    for trust, stretch in sorted((_trust(s, words), s) for s in stretches):
        if trust < settings.doubted and stretch.duration_ms <= left_ms:
            chosen.append(stretch)
            left_ms -= stretch.duration_ms
    return sorted(chosen)


def _trust(stretch: Span, words: Sequence[Word]) -> float:
    """Mean probability of the words that begin in a stretch; 0 without words."""
    first, end = (bisect_left(words, ms, key=lambda w: w.span.start_ms) for ms in (stretch.start_ms, stretch.end_ms))
    return sum(w.probability for w in words[first:end]) / max(1, end - first)


def _at_pace(sound: Samples, pace: float) -> Samples:
    slow: Samples = soxr.resample(sound, RATE_HZ, RATE_HZ / pace).astype(np.float32)
    return slow


def _in_time(heard: HeardWindow, pace: float) -> HeardWindow:
    """What was heard at a pace, with the times of the sound as it is."""
    words = tuple(replace(w, start_ms=round(w.start_ms * pace), end_ms=round(w.end_ms * pace)) for w in heard.words)
    return replace(heard, words=words)
