"""Which voice is the agent: what came with the recording says so, else what is said, else nobody knows.

Accusing the wrong party is worse than no verdict, so a role is only given when what both sides say fits together. What
came with the recording decides even against the words, but then it is doubted: left and right may be mixed up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from analyzer.call.types import CallMetadata, Layout, Role
from analyzer.speech.mandarin import char_count
from analyzer.speech.role_cues import AGENT_CUES, CUSTOMER_CUES
from analyzer.speech.sound import WALL, PhraseSounds, SoundText
from analyzer.speech.types import Speaker, Transcript, Utterance, VoiceMap, Word


@dataclass(frozen=True, slots=True)
class RoleSettings:
    """How sure the words must be.

    Args:
        floor: score by sound from which a cue counts.
        enough: log-odds of the better assignment from which roles are given.
        alone: the same where only one voice says anything.
        first_speaker: log-odds for whoever speaks first (the agent answers; the called customer, on outbound calls).
        polite: log-odds for 您 against 你 over a whole call.
    """

    floor: float = 0.88
    enough: float = 2.5
    alone: float = 4.0
    first_speaker: float = 0.5
    polite: float = 1.5


_Decided = tuple[Role, str, float, str, tuple[str, ...]]  # role, source, confidence, reason, cues


@dataclass(frozen=True, slots=True)
class _Impression:
    """What one voice's words say of its role; positive points to the agent."""

    log_odds: float
    cues: tuple[str, ...]
    chars: int


def assign_roles(
    voices: VoiceMap,
    transcript: Transcript,
    metadata: CallMetadata,
    organisation: str,
    settings: RoleSettings = RoleSettings(),
) -> tuple[Speaker, ...]:
    """Every speaker of the call with a role, where it comes from and how sure it is.

    Args:
        voices: who speaks; one mixed voice gets no role.
        transcript: what each says.
        metadata: `roles` by channel decides on stereo; it is doubted where the words clearly say the reverse.
        organisation: its name, said by agents who answer; empty when unknown.
        settings: how sure the words must be.

    Definition: cues of both sides are found by sound; each different cue counts once, a repeated one half more. The
        log-odds that the first voice is the agent and the other the customer, against the reverse, is the difference
        of their sums. Below `enough` both stay unknown.
    """
    indices = [a.speaker for a in voices.activities]
    channels = {i: i if voices.layout is Layout.STEREO else 0 for i in indices}
    if not voices.separated:
        return tuple(Speaker(i, channels[i], role_reason="voices_not_separated") for i in indices)
    said = {i: [u for u in transcript.utterances if u.speaker == i] for i in indices}
    impressions = {i: _listen(said[i], organisation, settings) for i in indices}
    first = min((u.span.start_ms, u.speaker) for u in transcript.utterances)[1] if transcript.utterances else None
    by_words = _decide(impressions, first, metadata.direction, settings)
    named = _from_metadata(indices, voices.layout, metadata)
    if named is None:
        return tuple(Speaker(i, channels[i], *by_words[i]) for i in indices)
    return tuple(_named(i, channels[i], named[i], by_words[i]) for i in indices)


def _named(index: int, channel: int, role: Role, by_words: _Decided) -> Speaker:
    """A speaker whose role the metadata give, doubted where the words give another."""
    if role is Role.UNKNOWN:
        return Speaker(index, channel, role_reason="role_not_in_metadata")
    if by_words[0] in (role, Role.UNKNOWN):
        return Speaker(index, channel, role, "metadata", 1.0, "role_in_metadata")
    return Speaker(index, channel, role, "metadata", 1.0, "role_in_metadata", by_words[4], "words_contradict")


def _from_metadata(indices: Sequence[int], layout: Layout, metadata: CallMetadata) -> dict[int, Role] | None:
    if metadata.roles is None or layout is not Layout.STEREO:
        return None
    given = {i: metadata.roles[i] if i < len(metadata.roles) else Role.UNKNOWN for i in indices}
    known = [r for r in given.values() if r is not Role.UNKNOWN]
    if not known:
        return None
    if len(indices) == 2 and len(known) == 1:  # two parties: one named, the other follows
        given = {i: known[0].other if r is Role.UNKNOWN else r for i, r in given.items()}
    return given


@lru_cache(maxsize=8)
def _index(organisation: str, floor: float) -> tuple[PhraseSounds, tuple[tuple[str, float], ...]]:
    cues = [(p, w) for p, w in AGENT_CUES] + [(p, -w) for p, w in CUSTOMER_CUES]
    if char_count(organisation) >= 2:
        cues.append((organisation, 1.0))
    return PhraseSounds([p for p, _ in cues], [floor] * len(cues)), tuple(cues)


def _listen(utterances: Sequence[Utterance], organisation: str, settings: RoleSettings) -> _Impression:
    pieces: list[Sequence[Word] | str] = []
    for utterance in utterances:
        pieces += [utterance.words, WALL]
    text = SoundText.of(pieces)
    sounds, cues = _index(organisation, settings.floor)
    scores: dict[int, list[float]] = {}
    taken = [0] * len(text.keys)
    matches = sorted(sounds.search(text), key=lambda m: (-abs(cues[m.form][1]), m.first, m.form))
    for match in matches:
        if any(taken[match.first : match.last + 1]):
            continue  # a place counts for the heaviest cue there
        taken[match.first : match.last + 1] = [1] * (match.last + 1 - match.first)
        scores.setdefault(match.form, []).append(match.score)
    total = sum(cues[form][1] * (1.5 if len(of) > 1 else 1.0) * max(of) for form, of in scores.items())
    polite, plain = (sum(c == wanted for c in text.chars) for wanted in "您你")
    plain -= sum(a == "你" and b == "好" for a, b in zip(text.chars, text.chars[1:], strict=False))
    chars = sum(1 for w in text.words if w >= 0)
    if polite + plain >= 3:
        total += settings.polite * (polite - plain) / (polite + plain)
    telling = [form for form in scores if (cues[form][1] > 0) == (total > 0)]
    heard = sorted(telling, key=lambda form: (-abs(cues[form][1]), form))
    return _Impression(total, tuple(cues[form][0] for form in heard[:4]), chars)


def _decide(
    impressions: dict[int, _Impression], first: int | None, direction: str | None, settings: RoleSettings
) -> dict[int, _Decided]:
    unknown: _Decided = (Role.UNKNOWN, "none", 0.0, "words_do_not_tell", ())
    speaking = sorted((i for i, x in impressions.items() if x.chars), key=lambda i: (-impressions[i].log_odds, i))
    out = dict.fromkeys(impressions, unknown)
    if not speaking:
        return out
    agent = speaking[0]
    if len(speaking) == 1:
        evidence = impressions[agent].log_odds
        if abs(evidence) >= settings.alone:
            role = Role.AGENT if evidence > 0 else Role.CUSTOMER
            out[agent] = (role, "speech", _sure(abs(evidence)), *_why(impressions[agent]))
        return out
    customer = speaking[-1]
    evidence = impressions[agent].log_odds - impressions[customer].log_odds
    if first in (agent, customer):
        outbound = direction == "outbound"
        evidence += settings.first_speaker * (1 if (first == agent) != outbound else -1)
    runner_up = speaking[1]
    apart = impressions[agent].log_odds - impressions[runner_up].log_odds
    if evidence < settings.enough or (len(speaking) > 2 and apart < settings.enough):
        return out
    out[agent] = (Role.AGENT, "speech", _sure(evidence), *_why(impressions[agent]))
    for other in speaking[1:]:
        if len(speaking) == 2 or impressions[other].log_odds < 0:
            out[other] = (Role.CUSTOMER, "speech", _sure(evidence), *_why(impressions[other]))
    return out


def _sure(log_odds: float) -> float:
    return min(0.99, round(1 / (1 + math.exp(-log_odds * 0.8)), 3))


def _why(impression: _Impression) -> tuple[str, tuple[str, ...]]:
    return ("said" if impression.cues else "by_the_other_party"), impression.cues
