"""What the conversation's events amount to: who talks how long, who answers how late, who interrupts whom.

Definition: the events themselves are defined where they are found (turns, overlaps, silence); here they are only
counted and summed. A party's response delay is the gap between the other's turn and its own next turn, dead air too
unless no answer was due; an answer that overlaps the question has no delay and is left out. Figures need roles only
where they are named by role.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from analyzer.measure.backchannels import announces_wait, is_listener_token, sets_about
from analyzer.measure.catalogue import measure
from analyzer.measure.implausible import doubt_of_overlaps
from analyzer.measure.party import Party
from analyzer.measure.types import Conversation, Measure, Overlap, OverlapKind, OverlapOutcome, Pause, PauseKind
from analyzer.spans import Span, Timeline

_FEWEST_ANSWERS = 3  # of fewer a median says nothing of how somebody answers as a rule


def measure_talk(conversation: Conversation, parties: Sequence[Party]) -> list[Measure]:
    """Talk time and shares, turns, delays, silences and overlaps.

    Args:
        conversation: the call's events.
        parties: its speakers.
    """
    total = sum(p.speech.duration_ms for p in parties)
    one_voice = not conversation.separated or len(parties) < 2
    unheard = bool(total) and any(p.is_dead for p in parties)  # who was there may have spoken, and was not recorded
    why_none = "no_speech" if not total else "voices_not_separated" if one_voice else "dead_leg" if unheard else None
    doubt = doubt_of_overlaps([p.speech for p in parties], conversation.turns)
    out: list[Measure] = []
    for party in parties:
        out += _talk_of(party, total, why_none)
        out += _delays_of(party, conversation, one_voice, doubt if doubt == "legs_shifted" else None)
        out += _overlaps_of(party, conversation, why_none, doubt)
    return out + _silences(conversation, parties, why_none, unheard)


def _talk_of(party: Party, total_ms: int, why_none: str | None) -> list[Measure]:
    who, spoken = party.speaker, party.speech.duration_ms
    share = measure("talk_share", None if why_none else 100 * spoken / total_ms, who, reason=why_none)
    longest = max(party.turns, key=lambda t: (t.span.duration_ms, -t.index), default=None)
    return [
        measure("talk_time", spoken, who),
        share,
        measure("turn_count", len(party.turns), who),
        measure("turn_longest", None, who, reason="no_turn")
        if longest is None
        else measure("turn_longest", longest.span.duration_ms, who, evidence=[longest.span]),
    ]


def _delays_of(party: Party, conversation: Conversation, one_voice: bool, doubt: str | None) -> list[Measure]:
    who = party.speaker
    names = ("response_delay", "response_delay_longest")
    if one_voice:
        return [measure(name, None, who, reason="voices_not_separated") for name in names]
    said = {(t.speaker, t.span.end_ms): t.text for t in conversation.turns}
    gaps = [p for p in conversation.pauses if p.before == who.index != p.after and _is_answered(p, said)]
    if not gaps:
        return [measure(name, None, who, reason="no_answer") for name in names]
    lengths = np.array([g.span.duration_ms for g in gaps])
    by_length = [g.span for g in _longest_first(gaps)]
    return [
        measure(
            "response_delay",
            float(np.median(lengths)),
            who,
            doubt=doubt or (None if len(gaps) >= _FEWEST_ANSWERS else "few_answers"),
            components={
                "answers": len(gaps),
                "p90_ms": float(np.percentile(lengths, 90)),
                "mean_ms": float(lengths.mean()),
            },
            evidence=by_length[:3],
        ),
        measure("response_delay_longest", int(lengths.max()), who, doubt=doubt, evidence=by_length[:1]),
    ]


def _is_answered(pause: Pause, said: dict[tuple[int, int], str]) -> bool:
    """Whether a silence ends in an answer. After a token, or what asks to wait or sets about something, none was due.

    Args:
        pause: between two speakers.
        said: texts of turns, by speaker and end in ms.
    """
    if pause.kind is not PauseKind.DEAD_AIR or pause.after is None:
        return pause.kind is PauseKind.RESPONSE
    text = said.get((pause.after, pause.span.start_ms), "")
    return text != "" and not (is_listener_token(text) or announces_wait(text) or sets_about(text))


def _longest_first(pauses: Sequence[Pause]) -> list[Pause]:
    return sorted(pauses, key=lambda p: (-p.span.duration_ms, p.span))


def _overlaps_of(party: Party, conversation: Conversation, why_none: str | None, doubt: str | None) -> list[Measure]:
    who = party.speaker
    kinds: dict[str, Callable[[Overlap], bool]] = {
        "interruptions": lambda o: o.kind is OverlapKind.INTERRUPTION,
        "interruptions_successful": lambda o: (
            o.kind is OverlapKind.INTERRUPTION and o.outcome is OverlapOutcome.SUCCESSFUL
        ),
        "interruptions_attempted": lambda o: (
            o.kind is OverlapKind.INTERRUPTION and o.outcome is OverlapOutcome.ATTEMPTED
        ),
        "backchannels": lambda o: o.kind is OverlapKind.BACKCHANNEL,
        "simultaneous_starts": lambda o: o.kind is OverlapKind.SIMULTANEOUS_START,
        "terminal_overlaps": lambda o: o.kind is OverlapKind.TERMINAL,
    }
    if why_none:
        return [measure(n, None, who, reason=why_none) for n in (*kinds, "interruption_longest")]
    made = [o for o in conversation.overlaps if o.by == who.index]
    doubt = "separated_voices" if conversation.separation_confidence < 0.8 else doubt
    out = []
    for name, belongs in kinds.items():
        found = [o for o in made if belongs(o)]
        found.sort(key=lambda o: (-o.span.duration_ms, o.span))
        lengths = {"total_ms": float(sum(o.span.duration_ms for o in found))}
        out.append(measure(name, len(found), who, doubt=doubt, evidence=[o.span for o in found], components=lengths))
    longest = max((o for o in made if o.kind is OverlapKind.INTERRUPTION), key=lambda o: o.together_ms, default=None)
    out.append(
        measure("interruption_longest", 0, who, doubt=doubt)
        if longest is None
        else measure("interruption_longest", longest.together_ms, who, doubt=doubt, evidence=[longest.span])
    )
    return out


def _silences(
    conversation: Conversation, parties: Sequence[Party], why_none: str | None, unheard: bool
) -> list[Measure]:
    out: list[Measure] = []
    speech = Timeline(tuple(s for p in parties for s in p.speech))
    for kind, name in ((PauseKind.DEAD_AIR, "dead_air"), (PauseKind.HOLD, "hold")):
        if not speech or (unheard and kind is PauseKind.DEAD_AIR):
            why = "dead_leg" if unheard else "no_speech"
            out += [measure(f"{name}_{what}", None, reason=why) for what in ("total", "longest", "count")]
            continue
        found = _longest_first([p for p in conversation.pauses if p.kind is kind])
        spans = [p.span for p in found]
        out += [
            measure(f"{name}_total", sum(s.duration_ms for s in spans), evidence=spans),
            measure(f"{name}_longest", spans[0].duration_ms if spans else 0, evidence=spans[:1]),
            measure(f"{name}_count", len(spans), evidence=spans),
        ]
    live = conversation.live
    extent = speech.crop(live).extent
    out.append(
        measure("silence_share", 100 * (1 - speech.covered_ms(live) / live.duration_ms))
        if live and not unheard
        else measure("silence_share", None, reason="dead_leg" if unheard else "no_sound")
    )
    if extent is None or unheard:
        why = "dead_leg" if unheard else "no_speech"
        out += [measure(name, None, reason=why) for name in ("opening_delay", "closing_delay")]
    else:
        out += [
            measure(
                "opening_delay",
                extent.start_ms - live.start_ms,
                evidence=[Span(live.start_ms, extent.start_ms)],
            ),
            measure(
                "closing_delay",
                live.end_ms - extent.end_ms,
                evidence=[Span(extent.end_ms, live.end_ms)],
            ),
        ]
    if why_none:
        out.append(measure("overlap_total", None, reason=why_none))
    else:
        longest = sorted((o.span for o in conversation.overlaps), key=lambda s: (-s.duration_ms, s))
        both = sum(o.together_ms for o in conversation.overlaps)
        out.append(measure("overlap_total", both, evidence=longest[:5]))
    return out
