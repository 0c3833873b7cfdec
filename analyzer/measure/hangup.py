"""Who ended the call first: the switch's word, else what the recording holds, else *unknown*.

Definition: metadata decides. Else strong evidence names a party: a busy or congestion tone after the last speech on
one leg alone, or one leg falling digitally silent for good while the other's line noise runs on. Both are heard on
the leg of the party that went: the recorder sits with the one who stayed, the exchange plays its tone where the
other's voice was. Weak evidence (hook click, speech cut off mid-word, order of the goodbyes) only moves the
confidence of a party that strong evidence has named. Strong evidence that disagrees names nobody.

Source: GB/T 3380-1982 for the tones; the ladder of evidence is ours: no validated method was found, and every product
looked at takes the field of the switch.

Departures: on one shared channel a tone or a silent line has no place. There a party is named where the other one
speaks on after it, or where the noise that is gone has an owner (`onechannel`), as surely as the voices are told apart.
A recorder at the agent's side would have stopped with the agent: a tone alone hints at the customer and names nobody.
"""

from __future__ import annotations

from analyzer.call.types import CallMetadata, Layout, Legs, Role
from analyzer.measure.farewell import Farewell, find_farewells
from analyzer.measure.going import NAMES_A_PARTY, going_ms, wait_before
from analyzer.measure.lastsound import cut_off, hook_clicks, legs_gone_dead, sides_of, tones_at_end
from analyzer.measure.onechannel import heard_on_one_channel
from analyzer.measure.types import Conversation, Hangup, HangupEvidence
from analyzer.spans import Span
from analyzer.speech.types import VoiceMap

PARTIES = ("agent", "customer", "system")
AGREES, DISAGREES = 0.02, 0.05  # what weak evidence does to the confidence
LEAST_CONFIDENCE = 0.5
MOST, MOST_ON_ONE_CHANNEL = 0.99, 0.75  # voices told apart by sound accuse nobody


def judge_hangup(legs: Legs, voices: VoiceMap, conversation: Conversation, metadata: CallMetadata) -> Hangup:
    """Party, method, confidence and all the evidence.

    Args:
        legs: the recording's legs.
        voices: who speaks when, and the tones of each leg.
        conversation: turns and speakers.
        metadata: what the switch says.
    """
    farewell = find_farewells(conversation)
    evidence = _from_audio(legs, voices, conversation, farewell)
    strong = [e for e in evidence if e.weight >= NAMES_A_PARTY]
    released = None if metadata.released_by is None else str(metadata.released_by)
    if released in PARTIES:
        end = conversation.live.end_ms
        field = metadata.released_by_field or "released_by"
        stated = f"{field} = {released}"
        told = HangupEvidence("cdr_field", released, 1.0, Span(end, end), stated, stated)
        party, method, confidence, reason = released, "metadata", 1.0, ""
        evidence = (told, *evidence)
    else:
        party, confidence, reason = _weigh(evidence, strong, conversation, legs)
        method = "none" if party == "unknown" else "audio"
    gone_ms = going_ms(evidence, party, conversation.live.end_ms)
    delay = wait_before(gone_ms, farewell.turns, conversation.turns)
    return Hangup(party, method, confidence, evidence, farewell.agent_ms, farewell.customer_ms, delay, reason)


def _from_audio(
    legs: Legs, voices: VoiceMap, conversation: Conversation, farewell: Farewell
) -> tuple[HangupEvidence, ...]:
    sides = sides_of(legs, conversation)
    found = [
        *tones_at_end(sides, voices, conversation, legs.rate_hz),
        *legs_gone_dead(sides, conversation),
        *cut_off(sides, conversation),
        *hook_clicks(sides, voices, conversation),
        *heard_on_one_channel(legs, voices, conversation),
        *farewell.evidence(conversation),
    ]
    return tuple(sorted(found, key=lambda e: (-e.weight, e.name, e.span, e.points_to)))


def _weigh(
    evidence: tuple[HangupEvidence, ...], strong: list[HangupEvidence], conversation: Conversation, legs: Legs
) -> tuple[str, float, str]:
    """Party, confidence and the reason when it is nobody."""
    if not strong:
        why = "weak_evidence_alone" if evidence else "no_evidence"
        return "unknown", 0.0, "one_channel" if legs.layout is not Layout.STEREO else why
    parties = {e.points_to for e in strong}
    if len(parties) > 1:
        return "unknown", 0.0, "evidence_disagrees"
    party = parties.pop()
    if party not in PARTIES:
        return "unknown", 0.0, "no_roles"
    confidence = _role_confidence(conversation)
    missing = 1.0
    for e in strong:
        missing *= 1 - e.weight
    confidence *= 1 - missing
    for e in evidence:
        if e.weight < NAMES_A_PARTY and e.points_to in PARTIES:
            confidence += AGREES if e.points_to == party else -DISAGREES
    if confidence < LEAST_CONFIDENCE:
        return "unknown", 0.0, "roles_uncertain"
    most = MOST if legs.layout is Layout.STEREO else MOST_ON_ONE_CHANNEL
    return party, round(min(most, confidence), 2), ""


def _role_confidence(conversation: Conversation) -> float:
    """How sure it is who is who: the party named is only as sure as the roles and, on one channel, the voices are."""
    sure = [s.role_confidence for s in conversation.speakers if s.role is not Role.UNKNOWN]
    return min(sure, default=0.0) * conversation.separation_confidence
