"""Signals with known level, pitch and rhythm, and parties and calls made of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analyzer.call.types import Layout, Leg, Legs, Role
from analyzer.measure.party import Party
from analyzer.measure.types import Conversation, Turn
from analyzer.spans import Span, Timeline
from analyzer.speech.types import Speaker, SpeechActivity, VoiceMap, Word

RATE = 8000
Sound = npt.NDArray[np.float32]


def speaker(role: Role = Role.AGENT, index: int = 0) -> Speaker:
    return Speaker(index, index, role, "metadata", 1.0)


def hiss(ms: int, level_db: float, seed: int = 0, rate: int = RATE) -> Sound:
    x = np.random.default_rng(seed).standard_normal(ms * rate // 1000)
    return (x * 10 ** (level_db / 20)).astype(np.float32)


def voice(pitch_hz: npt.ArrayLike, ms: int, level_db: float = -26.0, rate: int = RATE) -> Sound:
    """Harmonics up to 3.4 kHz, falling 6 dB an octave, along a pitch contour stretched over the time; RMS as asked."""
    n = ms * rate // 1000
    contour = np.atleast_1d(np.asarray(pitch_hz, dtype=float))
    f0 = np.interp(np.linspace(0, 1, n), np.linspace(0, 1, contour.size), contour) if contour.size > 1 else contour[0]
    phase = 2 * np.pi * np.cumsum(np.full(n, f0) if np.isscalar(f0) else f0) / rate
    top = int(3400 / contour.max())
    x = sum(np.sin(k * phase) / k for k in range(1, top + 1))
    return at_rms(np.asarray(x), level_db)


def at_rms(x: npt.ArrayLike, level_db: float) -> Sound:
    y = np.asarray(x, dtype=np.float64)
    return (y * 10 ** (level_db / 20) / np.sqrt(np.mean(y**2))).astype(np.float32)


def syllables(count: int, ms: int, pitch_hz: float = 180.0, level_db: float = -26.0) -> Sound:
    """`count` equal swells of a voice in `ms`."""
    x = voice(pitch_hz, ms, level_db)
    t = np.arange(x.size) / x.size * count
    return (x * (0.03 + np.sin(np.pi * (t % 1.0)) ** 2)).astype(np.float32)


def words(text: str, span: Span, probability: float = 0.9) -> tuple[Word, ...]:
    step = span.duration_ms / max(1, len(text))
    starts = [span.start_ms + int(i * step) for i in range(len(text) + 1)]
    return tuple(Word(c, Span(a, b), probability) for c, a, b in zip(text, starts[:-1], starts[1:], strict=True))


def turn(
    start_ms: int, end_ms: int, text: str = "", index: int = 0, role: Role = Role.AGENT, speaker_index: int = 0
) -> Turn:
    span = Span(start_ms, end_ms)
    return Turn(index, speaker_index, role, span, span.duration_ms, text, words(text, span))


def party(
    samples: npt.ArrayLike,
    speech: Timeline | None = None,
    turns: tuple[Turn, ...] = (),
    rate: int = RATE,
    role: Role = Role.AGENT,
) -> Party:
    x = np.asarray(samples, dtype=np.float32)
    whole = Span(0, x.size * 1000 // rate)
    own = Timeline((whole,)) if speech is None else speech
    quiet = Timeline(tuple(s.widen(100) for s in own)).gaps(whole)
    return Party(speaker(role), x, rate, own, own, quiet, turns, (), False)


def call(
    agent: npt.ArrayLike,
    customer: npt.ArrayLike,
    turns: tuple[Turn, ...] = (),
    tones: tuple[Timeline, Timeline] = (Timeline(), Timeline()),
    roles: tuple[Role, Role] = (Role.AGENT, Role.CUSTOMER),
    rate: int = RATE,
) -> tuple[Legs, VoiceMap, Conversation]:
    """A stereo call whose speech is exactly its turns."""
    legs = [np.asarray(x, dtype=np.float32) for x in (agent, customer)]
    size = max(x.size for x in legs)
    legs = [np.pad(x, (0, size - x.size)) for x in legs]
    ms = size * 1000 // rate
    people = tuple(
        Speaker(i, i, role, "metadata", 1.0 if role is not Role.UNKNOWN else 0.0) for i, role in enumerate(roles)
    )
    spoken = [Timeline(tuple(t.span for t in turns if t.speaker == i)) for i in (0, 1)]
    voices = VoiceMap(Layout.STEREO, True, 1.0, tuple(SpeechActivity(i, spoken[i], tones[i]) for i in (0, 1)))
    recorded = Legs(Layout.STEREO, tuple(Leg(i, x, False) for i, x in enumerate(legs)), (), rate, ms, ())
    return recorded, voices, Conversation(ms, people, turns, (), (), (), True, 1.0)
