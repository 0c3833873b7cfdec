"""Silences of both sides: response delays, dead air, holds, and the quiet before the first and after the last word."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from analyzer.call.grains import grains
from analyzer.call.types import Layout, Leg, Legs, Role
from analyzer.measure.backchannels import announces_wait, comes_back, is_listener_token
from analyzer.measure.stretches import FloorSettings, Stretch
from analyzer.measure.types import Pause, PauseKind
from analyzer.spans import Span, Timeline, runs
from analyzer.speech.types import SpeechActivity, VoiceMap

_STEP_MS = 20
_DEAD_DB = -60.0
_STILL_DB = -90.0  # digital silence
_DEAD_UNDER_DB = 12.0  # this far under its own line noise a leg is dead
_HALF_DEAD_DB = 1.5  # a line that falls silent takes 3 dB from the noise of two that are equal
_EDGE_STEPS = 20  # of a long silence, left out at both ends: the key is pressed a moment after the last word
_QUIET_STEPS = 10  # the quietest 200 ms elsewhere is what both lines sound like
_LEAST_ELSEWHERE = 3  # silences
_PARTED_MS = 20_000  # by what a machine says into a wait
_SPOKEN_MS = 1000  # of the agent's speech while the customer's line is dead: it was no hold that silenced it
_MUCH_SPOKEN_MS = 10_000  # of the customer's while the agent's is
_ROOM_SHARE = 0.2  # of real hold music next to nothing sounds elsewhere
_REST_MS = 1000  # after a shorter one somebody goes on with what he was saying
_RETURN_MS = 10_000  # a silence this long before 让您久等了 was a hold


def find_pauses(
    legs: Legs,
    voices: VoiceMap,
    stretches: Sequence[Stretch],
    roles: dict[int, Role],
    live: Span,
    settings: FloorSettings,
) -> tuple[Pause, ...]:
    """Pauses in order of start.

    Args:
        legs: for digital silence.
        voices: speech and music.
        stretches: with words, in order of start.
        roles: by speaker.
        live: when people are on the line.
        settings: limits.
    """
    speech = Timeline(tuple(s for a in voices.activities for s in a.speech))
    if not speech:
        return ()
    units = Timeline(tuple(u for s in stretches for u in s.units))  # a rest inside one is no pause
    waits = units.gaps(live).drop_shorter(settings.hold_ms)
    stereo = legs.layout is Layout.STEREO
    theirs = [a.speaker for a in voices.activities if stereo and roles.get(a.speaker) is Role.CUSTOMER]
    music = _music(voices.activities, waits, live)
    ours = _music([a for a in voices.activities if a.speaker not in theirs], waits, live)
    silent = {leg.channel: _went_dead(leg, legs, voices, settings) for leg in legs.legs if not leg.is_dead}
    lost = Timeline(
        tuple(
            span
            for channel, spans in silent.items()
            for span in spans
            if stereo and speech.covered_ms(span) >= (_SPOKEN_MS if channel in theirs else _MUCH_SPOKEN_MS)
        )
    )
    dead = Timeline(tuple(s for own in silent.values() for s in own)) - lost
    if not stereo:
        dead = dead | _half_dead(legs, speech, voices, settings)
    unheard = any(leg.is_dead for leg in legs.legs)  # its party may have spoken into what would be dead air
    starting, ending = _by_edge(stretches)
    by_end = sorted(stretches, key=lambda s: s.span.end_ms)
    found: list[Pause] = []
    asking = (s for s in stretches if announces_wait(s.text) and not _is_customer(s, roles))
    asked = Timeline(tuple(u for s in asking for u in s.units))
    for gap in _joined_by_music(units.gaps(live), music, asked):
        before, after = starting.get(gap.end_ms), ending.get(gap.start_ms)
        kind: PauseKind | None
        with_music = _sounds(music, gap, settings)
        # the customer, whose own network plays; or one of them is not recorded any more
        away = (with_music and not _sounds(ours, gap, settings)) or 2 * lost.covered_ms(gap) >= gap.duration_ms
        if after is None:
            kind, with_music = PauseKind.OPENING, False
        elif before is None:
            kind, with_music = PauseKind.CLOSING, False
        elif gap.duration_ms >= settings.hold_ms and (
            _sounds(ours, gap, settings)
            or dead.covered_ms(gap) >= 0.5 * gap.duration_ms
            or _agent_announced(by_end, gap, roles)
            or (gap.duration_ms >= _RETURN_MS and comes_back(before.text) and not _is_customer(before, roles))
        ):
            kind = PauseKind.HOLD
        elif gap.duration_ms >= settings.dead_air_ms:
            if unheard or away:
                continue
            kind, with_music = PauseKind.DEAD_AIR, False
        elif voices.separated and before.speaker != after.speaker:
            kind, with_music = PauseKind.RESPONSE, False
        else:
            continue
        found.append(
            Pause(
                span=gap,
                kind=kind,
                after=after.speaker if after else None,
                after_role=roles.get(after.speaker, Role.UNKNOWN) if after else None,
                before=before.speaker if before else None,
                before_role=roles.get(before.speaker, Role.UNKNOWN) if before else None,
                music=with_music,
            )
        )
    return tuple(found)


def _music(activities: Sequence[SpeechActivity], waits: Timeline, live: Span) -> Timeline:
    """What is played on some legs, short rests included."""
    return Timeline(tuple(s for a in activities for s in _played(a, waits, live))).close_gaps(1500)


def _played(activity: SpeechActivity, waits: Timeline, live: Span) -> Timeline:
    """The music of a leg; none where it sounds in a fifth of what is neither wait nor speech: that is a room's."""
    elsewhere = (activity.speech | waits.close_gaps(_PARTED_MS)).gaps(live)
    in_the_room = (activity.music & elsewhere).duration_ms > _ROOM_SHARE * elsewhere.duration_ms
    return Timeline() if in_the_room else activity.music


def _sounds(music: Timeline, gap: Span, settings: FloorSettings) -> bool:
    """Whether music fills half of a silence, or `hold_ms` of it."""
    return music.covered_ms(gap) >= min(settings.hold_ms, 0.5 * gap.duration_ms) and bool(music.crop(gap))


def _joined_by_music(gaps: Timeline, music: Timeline, asked: Timeline) -> list[Span]:
    """Silences, joined across short words while hold music plays (who waits says 喂?), but for what asks to wait."""
    out: list[Span] = []
    for gap in gaps:
        if out:
            between = Span(out[-1].end_ms, gap.start_ms)
            waited = out[-1].duration_ms >= _REST_MS
            words = between.duration_ms < 2000 and any(between in played for played in music)
            if waited and words and not asked.covered_ms(between):
                out[-1] = out[-1] | gap
                continue
        out.append(gap)
    return out


def _by_edge(stretches: Sequence[Stretch]) -> tuple[dict[int, Stretch], dict[int, Stretch]]:
    """The first stretch with a unit that starts at a time, in ms, and the first with one that ends there."""
    starting: dict[int, Stretch] = {}
    ending: dict[int, Stretch] = {}
    for stretch in stretches:
        for unit in stretch.units:
            starting.setdefault(unit.start_ms, stretch)
            ending.setdefault(unit.end_ms, stretch)
    return starting, ending


def _agent_announced(by_end: Sequence[Stretch], gap: Span, roles: dict[int, Role]) -> bool:
    """Whether the last who said more than a token before a silence asked to wait, and was not the customer."""
    last = bisect_right(by_end, gap.start_ms, key=lambda s: s.span.end_ms)
    told = next((s for s in reversed(by_end[:last]) if s.text and not is_listener_token(s.text)), None)
    return told is not None and announces_wait(told.text) and not _is_customer(told, roles)


def _is_customer(stretch: Stretch, roles: dict[int, Role]) -> bool:
    return roles.get(stretch.speaker) is Role.CUSTOMER


def _half_dead(legs: Legs, speech: Timeline, voices: VoiceMap, settings: FloorSettings) -> Timeline:
    """Long silences of a shared channel in which one of two line noises is missing.

    What is left is fainter throughout than the quietest moment of any other silence, those aside in which it is missing
    too. Where noise comes and goes, that moment is faint too and nothing is found.
    """
    level = _power(legs.legs[0], legs.rate_hz)
    heard = Timeline(tuple(s for a in voices.activities for s in (*a.music, *a.tones)))
    gaps = [g for g in speech.gaps(Span(0, legs.duration_ms)) if not heard.crop(g)]
    noises = [level[g.start_ms // _STEP_MS + 2 : g.end_ms // _STEP_MS - 1] for g in gaps]
    long = {i: noises[i][_EDGE_STEPS:-_EDGE_STEPS] for i, g in enumerate(gaps) if g.duration_ms >= settings.hold_ms}
    mean = {i: float(np.mean(noise)) for i, noise in long.items() if noise.size}
    others = [_quietest(noise) for i, noise in enumerate(noises) if i not in mean and noise.size >= _QUIET_STEPS]
    faintest = sorted(mean, key=mean.__getitem__)
    for count in range(len(faintest), 0, -1):  # the most that all others are louder than
        if len(others) >= _LEAST_ELSEWHERE and mean[faintest[count - 1]] < min(others) / 10 ** (_HALF_DEAD_DB / 10):
            return Timeline(tuple(gaps[i] for i in faintest[:count]))
        others.append(_quietest(noises[faintest[count - 1]]))
    return Timeline()


def _quietest(power: npt.NDArray[np.float64]) -> float:
    """Mean power of its faintest 200 ms."""
    return float(np.convolve(power, np.full(_QUIET_STEPS, 1.0 / _QUIET_STEPS), "valid").min())


def _power(leg: Leg, rate_hz: int) -> npt.NDArray[np.float64]:
    """Variance of every 20 ms, (steps,)."""
    parts = [
        np.einsum("ij,ij->i", some, some).astype(np.float64) / some.shape[1] - np.mean(some, axis=1) ** 2
        for some in grains(leg.samples, rate_hz, _STEP_MS)
    ]
    return np.concatenate([np.zeros(0), *parts])


def _went_dead(leg: Leg, legs: Legs, voices: VoiceMap, settings: FloorSettings) -> Timeline:
    """Where a leg falls far below its own line noise. Nothing on a leg that does so between all words."""
    level = 10.0 * np.log10(np.maximum(_power(leg, legs.rate_hz), 1e-10))
    if level.size == 0:
        return Timeline()
    speech = Timeline(tuple(s for a in voices.activities for s in a.speech))
    short = Timeline(tuple(g for g in speech.gaps(Span(0, legs.duration_ms)) if g.duration_ms < settings.hold_ms))
    still = Timeline.of((a * _STEP_MS, b * _STEP_MS) for a, b in runs(level < _STILL_DB)).close_gaps(100)
    short -= Timeline((max(still, key=lambda s: s.duration_ms),) if still else ())  # what it is where it isn't gone
    calm = np.concatenate([level[g.start_ms // _STEP_MS + 1 : g.end_ms // _STEP_MS] for g in short] or [level])
    if calm.size == 0:
        return Timeline()
    dead = level < min(_DEAD_DB, float(np.median(calm)) - _DEAD_UNDER_DB)
    silent = Timeline.of((a * _STEP_MS, b * _STEP_MS) for a, b in runs(dead))
    return silent.close_gaps(100).drop_shorter(settings.hold_ms // 2)
