"""Silences of both sides: response delays, dead air, holds, and the quiet before the first and after the last word."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analyzer.call.types import Layout, Legs, Role
from analyzer.measure.backchannels import announces_wait, comes_back, greets, is_listener_token
from analyzer.measure.silent_lines import SilentLines, find_silent_lines
from analyzer.measure.stretches import FloorSettings, Stretch
from analyzer.measure.types import Pause, PauseKind
from analyzer.measure.waitmusic import played_into
from analyzer.spans import Span, Timeline
from analyzer.speech.types import VoiceMap

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
    gaps = units.gaps(live)
    heard = _Heard.of(legs, voices, stretches, roles, gaps.drop_shorter(settings.hold_ms), live, settings)
    asking = (s for s in stretches if announces_wait(s.text) and not _is_customer(s, roles))
    asked = Timeline(tuple(u for s in asking for u in s.units))
    starting, ending = _by_edge(stretches)
    came = next((s for s in stretches if not s.is_backchannel and roles.get(s.speaker) is Role.AGENT), None)
    found: list[Pause] = []
    for gap in _joined_by_music(gaps, heard.music, asked):
        before, after = starting.get(gap.end_ms), ending.get(gap.start_ms)
        kind = heard.kind_of(gap, after, before)
        if kind is None:
            continue
        music = kind is PauseKind.HOLD and _sounds(heard.music, gap, settings)
        if kind is PauseKind.HOLD and came is not None and is_queue(gap, music, came.span.start_ms, came.text):
            kind = PauseKind.QUEUE
        found.append(
            Pause(
                span=gap,
                kind=kind,
                after=after.speaker if after else None,
                after_role=roles.get(after.speaker, Role.UNKNOWN) if after else None,
                before=before.speaker if before else None,
                before_role=roles.get(before.speaker, Role.UNKNOWN) if before else None,
                music=music,
            )
        )
    return tuple(found)


def is_queue(hold: Span, music: bool, came_ms: int, first_words: str) -> bool:
    """Whether a hold is before the agent came: before his first words, with music in it or a greeting behind it.

    Who answers without a greeting was there all the time, and let the customer wait.

    Args:
        hold: from when to when.
        music: is played in it.
        came_ms: when the agent first speaks,
        first_words: and what he says then.
    """
    return hold.start_ms < came_ms and (music or greets(first_words))


@dataclass(frozen=True, slots=True)
class _Heard:
    """What tells one silence from another.

    Args:
        music: hold music of all legs,
        ours: and without the customer's leg, on which only their own network plays.
        lines: silent ones.
        unheard: a leg is dead throughout: its party may have spoken into what would be dead air.
        separated: who speaks is known.
        by_end: who spoke, in order of end.
        roles: by speaker.
        settings: limits.
    """

    music: Timeline
    ours: Timeline
    lines: SilentLines
    unheard: bool
    separated: bool
    by_end: tuple[Stretch, ...]
    roles: dict[int, Role]
    settings: FloorSettings

    @classmethod
    def of(
        cls,
        legs: Legs,
        voices: VoiceMap,
        stretches: Sequence[Stretch],
        roles: dict[int, Role],
        waits: Timeline,
        live: Span,
        settings: FloorSettings,
    ) -> _Heard:
        """Gathers it; `waits` are the long silences."""
        stereo = legs.layout is Layout.STEREO
        theirs = [a.speaker for a in voices.activities if stereo and roles.get(a.speaker) is Role.CUSTOMER]
        played = played_into(waits, legs, voices, live)
        return cls(
            music=_joined(played.values()),
            ours=_joined(music for speaker, music in played.items() if speaker not in theirs),
            lines=find_silent_lines(legs, voices, theirs, settings),
            unheard=any(leg.is_dead for leg in legs.legs),
            separated=voices.separated,
            by_end=tuple(sorted(stretches, key=lambda s: s.span.end_ms)),
            roles=roles,
            settings=settings,
        )

    def kind_of(self, gap: Span, after: Stretch | None, before: Stretch | None) -> PauseKind | None:
        """What a silence is, after one who spoke and before another; None where it is nothing to speak of."""
        if after is None:
            return PauseKind.OPENING
        if before is None:
            return PauseKind.CLOSING
        if gap.duration_ms >= self.settings.hold_ms and self._is_hold(gap, before):
            return PauseKind.HOLD
        if gap.duration_ms >= self.settings.dead_air_ms:
            return None if self.unheard or self._is_one_away(gap) else PauseKind.DEAD_AIR
        return PauseKind.RESPONSE if self.separated and before.speaker != after.speaker else None

    def _is_hold(self, gap: Span, before: Stretch) -> bool:
        return (
            _sounds(self.ours, gap, self.settings)
            or self.lines.dead.covered_ms(gap) >= 0.5 * gap.duration_ms
            or _agent_announced(self.by_end, gap, self.roles)
            or (gap.duration_ms >= _RETURN_MS and comes_back(before.text) and not _is_customer(before, self.roles))
        )

    def _is_one_away(self, gap: Span) -> bool:
        """Whether the customer's network plays, or one of them is not recorded any more."""
        theirs = _sounds(self.music, gap, self.settings) and not _sounds(self.ours, gap, self.settings)
        return theirs or self.lines.lost.covered_ms(gap) >= 0.5 * gap.duration_ms


def _joined(played: Iterable[Timeline]) -> Timeline:
    """What is played on some legs, short rests included."""
    return Timeline(tuple(s for music in played for s in music)).close_gaps(1500)


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
