"""Turns: one party's stretches until the other takes the floor."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.call.types import Role
from analyzer.measure.stretches import FloorSettings, Stretch
from analyzer.measure.types import Turn
from analyzer.spans import Span


def build_turns(
    stretches: Iterable[Stretch], roles: dict[int, Role], separated: bool, settings: FloorSettings
) -> tuple[Turn, ...]:
    """Turns in order of start.

    Backchannels are no turns and split none. A stretch that came in and did not get the floor is a turn of its own
    beside the one it failed to stop. Silence of `dead_air_ms` ends a turn even when the same speaker goes on: what
    is said before and after a hold is not one turn.

    Args:
        stretches: as found.
        roles: by speaker.
        separated: False on a channel with everybody: there each stretch is a turn.
        settings: limits.
    """
    groups: list[list[Stretch]] = []
    current: list[Stretch] | None = None
    for stretch in stretches:
        if stretch.is_backchannel:
            continue
        if not stretch.takes_floor:
            groups.append([stretch])
            continue
        goes_on = (
            separated
            and current is not None
            and current[-1].speaker == stretch.speaker
            and stretch.span.start_ms - current[-1].span.end_ms < settings.dead_air_ms
        )
        if goes_on and current is not None:
            current.append(stretch)
        else:
            current = [stretch]
            groups.append(current)
    groups.sort(key=lambda g: (g[0].span.start_ms, g[0].speaker))
    return tuple(as_turn(index, group, roles) for index, group in enumerate(groups))


def as_turn(index: int, group: list[Stretch], roles: dict[int, Role]) -> Turn:
    """Some stretches of one speaker as one turn."""
    speaker = group[0].speaker
    return Turn(
        index=index,
        speaker=speaker,
        role=roles.get(speaker, Role.UNKNOWN),
        span=Span(group[0].span.start_ms, max(s.span.end_ms for s in group)),
        speech_ms=sum(s.units.duration_ms for s in group),
        text="".join(s.text for s in group),
        words=tuple(w for s in group for w in s.words),
    )
