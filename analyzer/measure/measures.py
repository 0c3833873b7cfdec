"""Every measure of a call, and the curves for plotting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analyzer.call.types import Legs, Role
from analyzer.measure.catalogue import measure
from analyzer.measure.frames import Frames, look_at_frames
from analyzer.measure.greeting import measure_greeting
from analyzer.measure.level import GRAIN_MS, Levels, look_at_levels, measure_difference, measure_levels
from analyzer.measure.nonspeech import measure_nonspeech
from analyzer.measure.party import Party, gather_parties
from analyzer.measure.pitch import Pitches, look_at_pitch, measure_pitch
from analyzer.measure.quality import measure_quality
from analyzer.measure.rate import Rates, look_at_rate, measure_rate
from analyzer.measure.talk import measure_talk
from analyzer.measure.types import Conversation, Measure, Measures, Series
from analyzer.measure.understood import measure_understood
from analyzer.measure.voice import look_at_shouting, measure_voice
from analyzer.speech.types import SoundReading, VoiceMap

CURVE_STEP_MS = 500
CURVE_SPEECH_MS = 100  # less speech in a step gives no point
LONGEST_CURVE = 2400  # points; longer calls get a coarser step


@dataclass(frozen=True, slots=True)
class _Heard:
    party: Party
    frames: Frames
    levels: Levels
    pitches: Pitches
    rates: Rates


def measure_call(
    legs: Legs, voices: VoiceMap, conversation: Conversation, sounds: Sequence[SoundReading] = ()
) -> Measures:
    """Everything measured on a call: per party in order of speaker, then of the whole call.

    Args:
        legs: the recording's legs.
        voices: who speaks when.
        conversation: turns, overlaps, pauses and speakers.
        sounds: syllables read off the parties' sound, where something reads them.
    """
    read = {s.speaker: s.syllables for s in sounds}
    parties = gather_parties(legs, voices, conversation)
    heard = [_listen(party) for party in parties]
    items = measure_talk(conversation, parties)
    for h in heard:
        doubt = h.levels.doubt(h.party)
        items += measure_levels(h.party, h.levels)
        items += measure_rate(h.party, h.rates, doubt)
        items += measure_pitch(h.party, h.frames, h.pitches, doubt)
        shouting = look_at_shouting(h.party, h.frames, h.pitches)
        items += measure_greeting(h.party, h.frames, h.pitches, h.levels, h.rates, doubt, shouting.spans)
        items += measure_voice(h.party, h.frames, h.pitches, h.levels, h.rates, shouting, doubt)
        items += measure_nonspeech(h.party, h.frames, h.levels)
        items.append(measure_understood(h.party, read.get(h.party.speaker.index, ())))
        items += measure_quality(h.party, h.levels)
    agent, customer = _with_role(heard, Role.AGENT), _with_role(heard, Role.CUSTOMER)
    ours, theirs = (None if h is None else h.levels for h in (agent, customer))
    items.append(measure_difference(ours, theirs, _doubt_of(items, "active_level", agent, customer)))
    items.append(_rate_ratio(agent, customer, _doubt_of(items, "articulation_rate", agent, customer)))
    step = CURVE_STEP_MS * max(1, -(-conversation.duration_ms // (CURVE_STEP_MS * LONGEST_CURVE)))
    return Measures(tuple(items), tuple(s for h in heard for s in _curves(h, step)))


def _listen(party: Party) -> _Heard:
    frames = look_at_frames(party)
    return _Heard(party, frames, look_at_levels(party), look_at_pitch(frames), look_at_rate(party, frames))


def _with_role(heard: Sequence[_Heard], role: Role) -> _Heard | None:
    return next((h for h in heard if h.party.speaker.role is role), None)


def _doubt_of(items: Sequence[Measure], name: str, *heard: _Heard | None) -> str | None:
    """Why what compares a figure of the parties is weak: it is no surer than either."""
    speakers = [h.party.speaker.index for h in heard if h is not None]
    return next((m.doubt for m in items if m.name == name and m.speaker in speakers and m.doubt), None)


def _rate_ratio(agent: _Heard | None, customer: _Heard | None, doubt: str | None) -> Measure:
    if agent is None or customer is None:
        return measure("rate_ratio", None, reason="no_roles")
    ours, theirs = agent.rates.articulation, customer.rates.articulation
    if not ours or not theirs:
        return measure("rate_ratio", None, reason="no_countable_turn")
    return measure("rate_ratio", ours / theirs, doubt=doubt, components={"agent": ours, "customer": theirs})


def _curves(heard: _Heard, step: int) -> list[Series]:
    who = heard.party.speaker
    extent = heard.party.alone.extent
    end = extent.end_ms if extent else 0
    times = range(0, end, step)
    starts = np.arange(0, end + step, step)

    def curve(name: str, unit: str, at: Callable[[int], float | None]) -> Series:
        values = tuple(at(i) for i in range(len(times)))
        return Series(name, unit, who.index, who.role, tuple(times), values)

    power = _own_power(heard)
    frames, edges = heard.frames, np.searchsorted(heard.frames.times_ms, starts)

    def level(i: int) -> float | None:
        here = power[starts[i] // GRAIN_MS : starts[i + 1] // GRAIN_MS]
        here = here[here > 0]
        return round(10 * float(np.log10(here.mean())), 1) if here.size * GRAIN_MS >= CURVE_SPEECH_MS else None

    def pitch(i: int) -> float | None:
        here = frames.pitch_hz[edges[i] : edges[i + 1]]
        here = here[np.isfinite(here)]
        return round(float(np.median(here)), 0) if here.size * 10 >= CURVE_SPEECH_MS else None

    rates = heard.rates.turns
    return [
        curve("level", "dBFS", level),
        curve("pitch", "Hz", pitch),
        Series(
            "articulation_rate",
            "字/分钟",
            who.index,
            who.role,
            tuple(r.turn.span.start_ms for r in rates),
            tuple(round(r.articulation, 0) for r in rates),
        ),
    ]


def _own_power(heard: _Heard) -> np.typing.NDArray[np.float32]:
    """The leg's power where the party speaks, 0 elsewhere."""
    power = np.zeros_like(heard.levels.power)
    for span in heard.party.alone:
        inside = slice(span.start_ms // GRAIN_MS, span.end_ms // GRAIN_MS)
        power[inside] = heard.levels.power[inside]
    return power
