"""The call as a sequence of events: turns, overlaps, pauses."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.call.types import Layout, Legs, Role
from analyzer.measure.implausible import DOUBTED, doubt_of_overlaps
from analyzer.measure.overlaps import find_overlaps
from analyzer.measure.pauses import find_pauses
from analyzer.measure.stretches import FloorSettings, find_stretches
from analyzer.measure.turns import as_turn, build_turns
from analyzer.measure.types import Conversation, live_part
from analyzer.speech.bleed import Cleaned, clean, own_sound
from analyzer.speech.types import Announcement, Speaker, Transcript, VoiceMap

_DEFAULTS = FloorSettings()

SEPARATED_OVERLAPS_RIGHT = 0.6
"""Share of interruptions found on one channel that are some: real voices, docs/mono.md. No rule fails on so little."""


def hear_conversation(
    legs: Legs,
    voices: VoiceMap,
    transcript: Transcript,
    speakers: tuple[Speaker, ...],
    announcements: tuple[Announcement, ...] = (),
    cleaned: Mapping[int, Cleaned] | None = None,
    settings: FloorSettings = _DEFAULTS,
) -> Conversation:
    """Puts speech, words and roles together.

    Times come from `voices`; the transcript only adds words and helps to tell a listener's token from a turn. It may
    be empty. Of an unseparated mono call there are turns of an unknown speaker and silences, but no overlaps.

    Args:
        legs: what was recorded.
        voices: who speaks when.
        transcript: what is said.
        speakers: with roles; their order does not matter.
        announcements: set apart from speech and transcript already.
        cleaned: the legs without each other's copies, from `clean`; None: it is called here.
        settings: limits; the defaults are the product's.
    """
    roles: dict[int, Role] = {s.index: s.role for s in speakers}
    stretches = find_stretches(voices, transcript, settings)
    certainty = 1.0 if voices.layout is Layout.STEREO else voices.separation_confidence * SEPARATED_OVERLAPS_RIGHT
    turns = build_turns(stretches, roles, voices.separated, settings)
    if doubt_of_overlaps([a.speech for a in voices.activities], turns):
        certainty *= DOUBTED
    live = live_part(legs.duration_ms, turns, announcements)
    own = own_sound(legs, clean(legs) if cleaned is None else cleaned)
    overlaps = find_overlaps(own, stretches, roles, certainty, settings) if voices.separated else ()
    return Conversation(
        duration_ms=legs.duration_ms,
        speakers=speakers,
        turns=turns,
        overlaps=overlaps,
        pauses=find_pauses(legs, voices, stretches, roles, live, settings),
        doubts=transcript.doubts,
        separated=voices.separated,
        separation_confidence=voices.separation_confidence,
        backchannels=tuple(as_turn(i, [s], roles) for i, s in enumerate(x for x in stretches if x.is_backchannel)),
        readings=transcript.readings,
        trials=transcript.trials,
        announcements=announcements,
    )
