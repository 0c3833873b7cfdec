"""Who went, on one channel with both parties: whoever is still heard afterwards did not.

A tone, or one line's noise gone for good, says that somebody went. Who it was is known where the other one speaks on,
or where the noise that is gone has an owner: by the bands that the parties' voices show their lines to carry, or by
its level, when the agent's line was silent in a hold before. Everything here rests on the voices told apart and on
their roles.
"""

from __future__ import annotations

from analyzer.call.types import PARTIES, Layout, Legs, Role
from analyzer.measure.farewell import took_leave
from analyzer.measure.linenoise import line_noise, noise_fell
from analyzer.measure.lineowner import owner_by_band, owner_by_hold
from analyzer.measure.types import PARTY_NAMES, Conversation, HangupEvidence
from analyzer.spans import Span, Timeline
from analyzer.speech.tones import Cadence, ToneRun
from analyzer.speech.types import VoiceMap
from analyzer.speech.undertone import tone_kept_up

_TONE, _LINE = 0.9, 0.8  # what a tone and a line's noise gone are worth
_SPOKE_MS = 500
_ALONE_MS = 300  # of these heard as one voice alone
_OTHERS_SHARE = 0.1  # so much of the speech afterwards may be given to the other voice by mistake
_NEVER = Timeline()


def heard_on_one_channel(legs: Legs, voices: VoiceMap, conversation: Conversation) -> list[HangupEvidence]:
    """Evidence that names a party; nothing where voices or roles are unknown, or on two legs.

    Args:
        legs: the recording's legs.
        voices: who speaks when, and tones.
        conversation: turns, holds and roles.
    """
    roles = {s.index: s.role for s in conversation.speakers}
    if legs.layout is Layout.STEREO or not voices.separated or set(roles.values()) != set(PARTIES):
        return []
    speech = {roles[a.speaker]: a.speech for a in voices.activities if a.speaker in roles}
    if speech.keys() != set(PARTIES):
        return []
    end = legs.duration_ms
    found: list[HangupEvidence] = []
    tone = _tone_at_end(legs, voices, conversation)
    if tone is not None:
        busy = tone.cadence is Cadence.BUSY
        cue = ("忙音", "the busy tone") if busy else ("拥塞音", "the congestion tone")
        # under one voice a tone is easily taken for the other voice
        taken = (speech[Role.AGENT] & speech[Role.CUSTOMER]).crop(tone.span)
        found += _spoke_on(speech, Span(tone.span.start_ms, end), cue, _TONE, taken)
    noise = line_noise(legs, voices)
    holds = [p for p in conversation.pauses if p.is_wait]
    fall = noise_fell(noise, end if tone is None else tone.span.start_ms, Timeline(tuple(h.span for h in holds)))
    if fall is None or not took_leave(conversation, fall.span.start_ms):
        return found
    found += _spoke_on(speech, Span(fall.span.start_ms, end), ("一方线路声消失", "a line fell silent"), _LINE)
    for role, by in (
        (owner_by_band(noise, fall, speech), ("频带", "band")),
        (owner_by_hold(noise, fall, holds, conversation), ("等待时的底噪", "noise during a hold")),
    ):
        if role is not None:
            name, name_en = PARTY_NAMES[role]
            detail = f"末尾消失的线路声按{by[0]}属于{name}"
            detail_en = f"by its {by[1]} the line that is gone at the end was the {name_en}'s"
            found.append(HangupEvidence("line_gone", str(role), _LINE, fall.span, detail, detail_en))
    return found


def _tone_at_end(legs: Legs, voices: VoiceMap, conversation: Conversation) -> ToneRun | None:
    """The busy or congestion tone after somebody has spoken, under a voice too."""
    first = min((t.span.start_ms for t in conversation.turns), default=0)
    tones = Timeline(tuple(t for a in voices.activities for t in a.tones if t.start_ms >= first))
    return tone_kept_up(legs.legs[0].samples, legs.rate_hz, tones)


def _spoke_on(
    speech: dict[Role, Timeline], after: Span, cue: tuple[str, str], weight: float, either: Timeline = _NEVER
) -> list[HangupEvidence]:
    """One party alone speaks after the cue: the other went.

    Args:
        speech: of both parties.
        after: from the cue to the end.
        cue: what it is, in Chinese and English.
        weight: of the evidence.
        either: where one voice may have been heard as both.
    """
    heard = {role: said.covered_ms(after) for role, said in speech.items()}
    alone = {role: (said - either).covered_ms(after) for role, said in speech.items()}
    speaker = max(alone, key=lambda role: (alone[role], role))
    went = speaker.other
    if heard[speaker] < _SPOKE_MS or alone[speaker] < _ALONE_MS or alone[went] > _OTHERS_SHARE * heard[speaker]:
        return []
    until = speech[speaker].crop(after).spans[-1].end_ms
    (stayed, stayed_en), (gone, gone_en) = PARTY_NAMES[speaker], PARTY_NAMES[went]
    detail = f"{cue[0]}之后{stayed}还在说话：先走的是{gone}"
    detail_en = f"after {cue[1]} the {stayed_en} speaks on: the {gone_en} went first"
    return [HangupEvidence("spoke_on", str(went), weight, Span(after.start_ms, until), detail, detail_en)]
