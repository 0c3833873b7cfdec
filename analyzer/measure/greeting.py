"""The greeting against the rest of the call: has it spirit, is it stiff, does the voice rise.

Definition: the greeting is the party's first turn (at most its first 6 s). Its level, rate, pitch and pitch span are
set against the same party's later turns, without those it shouted in. The slope is the straight line through its pitch,
semitones a second; the end rise is the median pitch of its last 400 ms of voiced speech over the median of what comes
before.

Source: the service standard asks for a spirited, slightly rising greeting; no published measure of it was found.

Departures: proxies all. Declination lowers every Mandarin statement, and a last syllable of falling tone lowers the
end however friendly the voice: a rise is evidence, its absence alone is none.
"""

from __future__ import annotations

import numpy as np

from analyzer.measure.catalogue import measure
from analyzer.measure.frames import HOP_MS, Frames
from analyzer.measure.level import Levels, active_speech_level
from analyzer.measure.party import Party
from analyzer.measure.pitch import Pitches, span_of
from analyzer.measure.rate import Rates, begins_at
from analyzer.measure.types import Measure
from analyzer.spans import Span, Timeline

LONGEST_MS = 6000
FEW_VOICED_MS = 400
END_MS = 400
REST_SPEECH_MS = 5000

NAMES = (
    "greeting_pitch_lift",
    "greeting_level_lift",
    "greeting_rate_ratio",
    "greeting_span_ratio",
    "greeting_slope",
    "greeting_end_rise",
)


def measure_greeting(
    party: Party,
    frames: Frames,
    pitches: Pitches,
    levels: Levels,
    rates: Rates,
    doubt: str | None,
    shouted: Timeline,
) -> list[Measure]:
    """The greeting measures of one party (meant for the agent).

    Args:
        party: whose.
        frames: of its speech.
        pitches: from `look_at_pitch`.
        levels: from `look_at_levels`.
        rates: from `look_at_rate`.
        doubt: why the recording makes them weak.
        shouted: where the party shouts, from `look_at_shouting`.
    """
    who = party.speaker
    if not party.turns:
        return [measure(name, None, who, reason="no_turn") for name in NAMES]
    first = party.turns[0]
    span = Span(first.span.start_ms, min(first.span.end_ms, first.span.start_ms + LONGEST_MS))
    later = {t.index for t in party.turns[1:]}
    calm = {t.index for t in party.turns[1:] if not shouted.crop(t.span)}
    lacking = "only_shouted_later" if later and not calm else "too_little_later_speech"
    inside = frames.within(span)
    after = frames.times_ms >= first.span.end_ms
    for turn in party.turns[1:]:
        if turn.index not in calm:
            after[frames.within(turn.span)] = False
    here, rest = pitches.semitones[inside], pitches.semitones[after]
    out: list[Measure] = []
    enough_here = np.isfinite(here).sum() * HOP_MS >= FEW_VOICED_MS
    enough_rest = np.isfinite(rest).sum() * HOP_MS >= FEW_VOICED_MS * 3
    if enough_here and enough_rest:
        lift = float(np.nanmedian(here) - np.nanmedian(rest))
        out.append(measure("greeting_pitch_lift", lift, who, doubt=doubt, evidence=[span]))
        ratio = span_of(here) / max(0.5, span_of(rest))
        out.append(measure("greeting_span_ratio", ratio, who, doubt=doubt, evidence=[span]))
    else:
        why = "greeting_too_short" if not enough_here else lacking
        out += [measure(name, None, who, reason=why) for name in ("greeting_pitch_lift", "greeting_span_ratio")]
    out.append(_level_lift(party, span, levels, calm, lacking, doubt))
    out.append(_rate_ratio(party, rates, span, calm, lacking, doubt))
    return out + _rise(party, frames, here, span, inside, doubt, enough_here)


def _level_lift(party: Party, span: Span, levels: Levels, calm: set[int], lacking: str, doubt: str | None) -> Measure:
    who = party.speaker
    speech = Timeline(tuple(s.shift(-span.start_ms) for s in party.alone.crop(span)))
    later = [
        db
        for turn, db in zip(party.turns, levels.turns_db, strict=True)
        if db is not None and turn.span.start_ms >= span.end_ms and turn.index in calm
    ]
    here = active_speech_level(party.slice(span), party.rate_hz, speech)[0] if speech.duration_ms >= 500 else None
    if here is None or not later:
        why = "only_shouted_later" if lacking == "only_shouted_later" else "no_later_turn"
        return measure("greeting_level_lift", None, who, reason="greeting_too_short" if here is None else why)
    return measure("greeting_level_lift", here - float(np.median(later)), who, doubt=doubt, evidence=[span])


def _rate_ratio(party: Party, rates: Rates, span: Span, calm: set[int], lacking: str, doubt: str | None) -> Measure:
    who = party.speaker
    first = next((t for t in rates.turns if t.turn.index == party.turns[0].index), None)
    later = [t for t in rates.turns if t.turn.index in calm]
    here = None if first is None else begins_at(party, first, span)
    if here is None:
        return measure("greeting_rate_ratio", None, who, reason="no_text_of_the_greeting")
    speech = sum(t.speech_ms for t in later)
    if speech < REST_SPEECH_MS:
        return measure("greeting_rate_ratio", None, who, reason=lacking)
    rest = 60_000 * sum(t.chars for t in later) / speech
    return measure("greeting_rate_ratio", here / rest, who, doubt=doubt, evidence=[span])


def _rise(
    party: Party,
    frames: Frames,
    here: np.typing.NDArray[np.float32],
    span: Span,
    inside: slice,
    doubt: str | None,
    enough: bool,
) -> list[Measure]:
    who = party.speaker
    if not enough:
        return [
            measure(name, None, who, reason="greeting_too_short") for name in ("greeting_slope", "greeting_end_rise")
        ]
    voiced = np.isfinite(here)
    t, st = frames.times_ms[inside][voiced] / 1000.0, here[voiced].astype(float)
    slope = float(np.polyfit(t - t.mean(), st, 1)[0]) if np.ptp(t) > 0.3 else None
    last = END_MS // HOP_MS
    rise = float(np.median(st[-last:]) - np.median(st[:-last])) if st.size >= 2 * last else None
    return [
        measure("greeting_slope", slope, who, reason="greeting_too_short", doubt=doubt, evidence=[span]),
        measure("greeting_end_rise", rise, who, reason="greeting_too_short", doubt=doubt, evidence=[span]),
    ]
