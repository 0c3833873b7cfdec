"""A composed call's truth in the product's own types: perfect ears, to test what comes after them."""

from __future__ import annotations

from analyzer.call.types import PARTIES, Layout, Role
from analyzer.spans import Span, Timeline
from analyzer.speech.mandarin import spoken_chars
from analyzer.speech.types import Speaker, SpeechActivity, Transcript, Utterance, VoiceMap, Word
from analyzer.testing.truth import CallTruth, TrueUtterance

_TONES = ("ringback", "busy_tone", "congestion_tone")


def speaker_index(truth: CallTruth, party: Role) -> int:
    """The party's channel on stereo; agent 0 and customer 1 where they are mixed."""
    return (truth.channels or PARTIES).index(party)


def true_speakers(truth: CallTruth, known: bool = True) -> tuple[Speaker, ...]:
    """Both parties with their roles, or as unknown ones."""
    stereo = truth.conditions.layout is Layout.STEREO
    made = []
    for party in truth.channels or PARTIES:
        index = speaker_index(truth, party)
        role = party if known else Role.UNKNOWN
        source, confidence = ("metadata", 1.0) if known else ("none", 0.0)
        made.append(Speaker(index, index if stereo else 0, role, source, confidence, "composed"))
    return tuple(made)


def true_voices(truth: CallTruth) -> VoiceMap:
    """Who really speaks when, with the tones and the music that were mixed in."""
    activities = []
    for party in truth.channels or PARTIES:
        mine = [s for s in truth.sounds if s.leg is party]
        activities.append(
            SpeechActivity(
                speaker=speaker_index(truth, party),
                speech=truth.speech(party),
                tones=Timeline(tuple(s.span for s in mine if s.kind in _TONES)),
                music=Timeline(tuple(s.span for s in mine if s.kind == "music")),
            )
        )
    return VoiceMap(truth.conditions.layout, True, 1.0, tuple(activities))


def scripted_transcript(truth: CallTruth) -> Transcript:
    """The words that were really said, one utterance an inter-pausal unit, characters evenly spread over speech."""
    made: list[Utterance] = []
    for said in truth.utterances:
        made.extend(_units(said, speaker_index(truth, said.party)))
    ordered = sorted(made, key=lambda u: (u.span, u.speaker))
    return Transcript(tuple(ordered), (), None)


def _units(said: TrueUtterance, speaker: int) -> list[Utterance]:
    chars = spoken_chars(said.text)
    total = sum(s.duration_ms for s in said.speech)
    units, done = [], 0
    before = 0
    for span in said.speech:
        before += span.duration_ms
        until = round(len(chars) * before / total) if total else len(chars)
        part = chars[done:until]
        done = until
        words = tuple(
            Word(
                char,
                Span(
                    span.start_ms + span.duration_ms * i // len(part),
                    span.start_ms + span.duration_ms * (i + 1) // len(part),
                ),
                1.0,
            )
            for i, char in enumerate(part)
        )
        units.append(Utterance(speaker, span, part, words))
    return units
