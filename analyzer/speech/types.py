"""Who speaks when, and what is said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from analyzer.call.types import Layout, Role
from analyzer.spans import Share, Span, Timeline, Whole


@dataclass(frozen=True, slots=True)
class Speaker:
    """One voice of the call: a leg of a stereo recording, or a separated voice of a mono one.

    `index` numbers speakers from 0; on stereo it is the channel. `role_reason` is a code, `role_cues` are the words
    that tell the role. `role_doubt` is "words_contradict" where metadata decided and the words clearly say the
    reverse; `role_cues` are then what speaks against it.
    """

    index: Whole
    channel: Whole
    role: Role = Role.UNKNOWN
    role_source: str = "none"  # "metadata" | "speech" | "none"
    role_confidence: Share = 0.0
    role_reason: str = ""
    role_cues: tuple[str, ...] = ()
    role_doubt: str = ""


@dataclass(frozen=True, slots=True)
class SpeechActivity:
    """Where one speaker speaks. All timing in the product rests on this, never on the recogniser."""

    speaker: Whole
    speech: Timeline
    tones: Timeline = field(default_factory=Timeline)  # call-progress tones on this leg
    music: Timeline = field(default_factory=Timeline)  # and other sound of the line that is nobody's speech


@dataclass(frozen=True, slots=True)
class VoiceMap:
    """Who speaks when, over the whole call.

    On a mono call without separation there is one activity whose speaker is everybody: `separated` is False and
    nothing that needs roles may be said.
    """

    layout: Layout
    separated: bool
    separation_confidence: float  # 1.0 on stereo
    activities: tuple[SpeechActivity, ...]


class Word(msgspec.Struct, frozen=True, gc=False):  # a kept call has thousands
    """A recognised character or Latin word. Its span is good for finding a turn, never for measuring."""

    text: str
    span: Span
    probability: float


def in_order(words: Iterable[Word]) -> list[Word]:
    """Words in order of time."""
    return sorted(words, key=lambda w: (w.span, w.text))


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one speaker says without a long break: one stretch of speech activity with its words."""

    speaker: Whole
    span: Span
    text: str
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a machine said on a speaker's leg: a menu, a queue's message, a number read, a survey. Nobody's speech."""

    speaker: Whole
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """A stretch whose words are not to be trusted."""

    # "loop" | "stock_line" | "text_without_speech" | "speech_without_text" | "low_probability"
    code: str
    speaker: Whole
    span: Span
    why: str  # Chinese
    why_en: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a second hearing made of a speaker's doubted speech: never the transcript's words.

    Args:
        speaker: who spoke.
        heard: the speech that was heard again.
        words: in order of time.
    """

    speaker: Whole
    heard: Timeline
    words: tuple[Word, ...]


class ReadSyllable(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A syllable read off the sound itself (`speech/reader.py`), never shown as words.

    Args:
        text: a character that sounds like the likeliest.
        span: where it was read.
        strength: probability that there is one.
        likely: what it may be, the likeliest first: `Syllable.index`, and how much less likely than the first, in
            hundredths of a nat.
    """

    text: str
    span: Span
    strength: float
    likely: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class SoundReading:
    """All of a speaker's speech read as syllables, in order of time."""

    speaker: Whole
    syllables: tuple[ReadSyllable, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """A phrase put in the place of the words that were recognised, and both texts scored on the same sound.

    Args:
        phrase: as the standard writes it.
        speaker: who spoke there.
        span: of the words it replaced.
        score: how alike phrase and words sound, 0 to 1 (`speech/sound.py`).
        ratio: natural log of how much better the phrase and one word after it fit the sound than the words recognised.
        worst: natural log of the probability of the phrase's token that fits worst.
        again: what a second hearing, or the syllables read off the sound, have there that resembles it; empty where the
            words recognised do.
        read: how alike the phrase and the syllables read off the sound there are; 0 where none are read at all.
        sounding: only the syllables read off the sound resemble it.
        respelled: the words sound like it, but are written with other characters.
    """

    phrase: str
    speaker: Whole
    span: Span
    score: float
    ratio: float
    worst: float
    again: str = ""
    read: float = 0.0
    sounding: bool = False
    respelled: bool = False


@dataclass(frozen=True, slots=True)
class Recognizer:
    """Which engine and model wrote the words."""

    name: str
    model_sha256: str
    engine: str  # "faster-whisper 1.2.1 / ctranslate2 4.x / 18990 of 51865 tokens …"
    settings: str  # fingerprint of the decoding options


@dataclass(frozen=True, slots=True)
class Transcript:
    """Every speaker's utterances in order of start, simplified script, and what is doubtful in them."""

    utterances: tuple[Utterance, ...]
    doubts: tuple[Doubt, ...]
    recognizer: Recognizer | None
    readings: tuple[Reading, ...] = ()
    sounds: tuple[SoundReading, ...] = ()  # all speech, read off the sound; not kept with the call
    trials: tuple[Trial, ...] = ()
