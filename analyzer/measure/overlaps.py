"""Two speakers at once: who came in on whom, and what it was."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.call.types import Legs, Role
from analyzer.measure.backchannels import is_listener_token
from analyzer.measure.breakoff import sure_of_breaking_off
from analyzer.measure.leads import turn_begins
from analyzer.measure.onesound import is_one_sound
from analyzer.measure.stretches import FloorSettings, Stretch
from analyzer.measure.types import Overlap, OverlapKind, OverlapOutcome
from analyzer.spans import Span, Timeline
from analyzer.speech.mandarin import char_count

_BEFORE_TOGETHER_MS = 350  # a shorter silence is a pause inside a turn that goes on
_LEAD_MS = 100  # going on this much longer than the other is keeping the floor
_SCRAP_SURE, _SCRAP_UNSURE = 0.55, 0.5  # confidence; rules ask for 0.6


def find_overlaps(
    legs: Legs, stretches: Sequence[Stretch], roles: dict[int, Role], certainty: float, settings: FloorSettings
) -> tuple[Overlap, ...]:
    """Overlaps of `event_ms` and more, in order.

    Args:
        legs: each without the other's copy, for how the interrupted one fell silent.
        stretches: of all speakers, in order of start.
        roles: by speaker.
        certainty: how sure the speakers are told apart (1.0 on stereo).
        settings: limits.
    """
    speakers = {s.speaker for s in stretches}
    speech = {k: Timeline(tuple(u for s in stretches if s.speaker == k for u in s.units)) for k in speakers}
    found: list[Overlap] = []
    for i, first in enumerate(stretches):
        for second in stretches[i + 1 :]:
            if second.span.start_ms >= first.span.end_ms:
                break  # sorted by start
            if second.speaker == first.speaker:
                continue
            both = first.units & second.units
            if both.duration_ms < settings.event_ms:
                continue
            span = Span(both.spans[0].start_ms, both.spans[-1].end_ms)
            found.append(_judge(legs, speech, first, second, span, roles, certainty, settings))
    return tuple(sorted(found, key=lambda o: (o.span, o.by)))


def _judge(
    legs: Legs,
    speech: dict[int, Timeline],
    first: Stretch,
    second: Stretch,
    span: Span,
    roles: dict[int, Role],
    certainty: float,
    settings: FloorSettings,
) -> Overlap:
    """Names one overlap; `second` came in later."""
    coming, over = second, first
    if first.is_backchannel and not second.is_backchannel:
        coming, over = first, second  # a token that began before the other's stretch does not make the other come in
    kind, outcome, confidence = OverlapKind.INTERRUPTION, OverlapOutcome.ATTEMPTED, 0.9
    goes_on = coming.span.end_ms > over.span.end_ms + _LEAD_MS
    if coming.is_backchannel:
        kind, outcome = OverlapKind.BACKCHANNEL, OverlapOutcome.NONE
        confidence = 0.9 if is_listener_token(coming.text) else 0.6
    elif _together(first, second, settings):
        kind = OverlapKind.SIMULTANEOUS_START
        outcome = OverlapOutcome.SUCCESSFUL if goes_on else OverlapOutcome.ATTEMPTED
    elif coming.span.end_ms > over.span.end_ms and _ends_soon(legs, coming, over, settings):
        sure = _sure_of_breaking_off(legs, speech[over.speaker], over) if goes_on else None
        if sure is None:
            kind, outcome = OverlapKind.TERMINAL, OverlapOutcome.NONE
        else:
            outcome, confidence = OverlapOutcome.SUCCESSFUL, sure
    elif goes_on:
        outcome = OverlapOutcome.SUCCESSFUL
    elif coming.span.end_ms < over.span.end_ms and _may_be_token(legs, coming, settings):
        if coming.claims_floor:
            confidence = _SCRAP_SURE
        else:
            kind, outcome, confidence = OverlapKind.BACKCHANNEL, OverlapOutcome.NONE, _SCRAP_UNSURE
    wordless = _wordless(coming, over)
    if kind is OverlapKind.INTERRUPTION and wordless:
        # a short one may be a listener's token after all, or a laugh
        confidence = min(confidence, 0.7 if wordless.duration_ms > settings.token_ms else 0.5)
    return Overlap(
        span=span,
        kind=kind,
        outcome=outcome,
        by=coming.speaker,
        by_role=roles.get(coming.speaker, Role.UNKNOWN),
        over=over.speaker,
        over_role=roles.get(over.speaker, Role.UNKNOWN),
        chars=char_count(coming.text),
        text=coming.text,
        confidence=round(confidence * certainty, 3),
        shared_ms=(coming.units & over.units).crop(span).duration_ms,
    )


def _wordless(coming: Stretch, over: Stretch) -> Timeline:
    """What was sounded while the other had the floor, where no word is known of it; nothing where one is."""
    if not coming.text:
        return coming.units
    if not coming.words or any(w.span.start_ms < over.span.end_ms for w in coming.words):
        return Timeline()
    return coming.units.crop(Span(coming.span.start_ms, over.span.end_ms))


def _may_be_token(legs: Legs, coming: Stretch, settings: FloorSettings) -> bool:
    """Whether a stretch is no longer than a listener's token misheard, or one drawn-out sound as one without words."""
    if coming.is_scrap(settings):
        return True
    return coming.units.duration_ms <= settings.wordless_token_ms and is_one_sound(legs, coming.speaker, coming.span)


def _ends_soon(legs: Legs, coming: Stretch, over: Stretch, settings: FloorSettings) -> bool:
    """Whether the other had nearly ended when a turn began, a listener's token ahead of it left aside."""
    return over.span.end_ms - turn_begins(legs, coming, settings) <= settings.terminal_ms


def _sure_of_breaking_off(legs: Legs, speech: Timeline, over: Stretch) -> float | None:
    """Whether the one who was come in on broke off, and how sure that is."""
    return sure_of_breaking_off(legs, over.speaker, speech, over.span.end_ms, over.text)


def _together(first: Stretch, second: Stretch, settings: FloorSettings) -> bool:
    """Whether both began within `together_ms` of each other, out of a silence of both."""
    start = second.span.start_ms
    if start - first.span.start_ms <= settings.together_ms:
        return True
    silence = first.units.gaps(first.span)
    return any(
        abs(start - gap.end_ms) <= settings.together_ms
        and gap.duration_ms >= _BEFORE_TOGETHER_MS
        and min(start, gap.end_ms) > gap.start_ms + settings.unit_gap_ms
        for gap in silence
    )
