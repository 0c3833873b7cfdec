"""What is said: every speaker's speech through the recogniser, led back to the call's own time.

    speech timeline ─► stretches ─► windows ─► words in the window ─► words in the call ─► utterances, doubts

Speech activity decides when somebody speaks; the recogniser only what is said. A word always lies inside its
speaker's speech. Speech that came back without text, and windows whose text is too dense, are heard once more in
smaller windows: Whisper stops early at gaps, and repeats itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from analyzer.call.types import Leg, Legs, Sound
from analyzer.spans import Span, Timeline
from analyzer.speech.doubts import DoubtSettings, find_doubts, loops, spoken_only, without_words, wordless
from analyzer.speech.mandarin import simplify
from analyzer.speech.packing import PackingSettings, Window, pack, sound_of, stretches_of
from analyzer.speech.recognizer import HeardWindow, SpeechRecognizer
from analyzer.speech.types import (
    Doubt,
    ReadSyllable,
    SoundReading,
    SpeechActivity,
    Transcript,
    Utterance,
    VoiceMap,
    Word,
    in_order,
)

LEAST_WORD_MS = 20
SHORTEST_PART_MS = 1_500
AT_ONCE = 16  # windows whose sound is in memory


@dataclass(frozen=True, slots=True)
class TranscribeSettings:
    """How speech becomes a transcript.

    Args:
        packing: how it is laid out for the recogniser.
        doubts: from where words are doubted.
        utterance_gap_ms: a pause of this length ends an utterance.
        lost_ms: this much speech without a word is heard again.
        again_ms: greatest length of a window heard again.
        widest_ms: context given on both sides of speech heard again.
        rest_ms: more silence after speech heard again: Whisper stops and repeats itself where its input ends soon.
    """

    packing: PackingSettings = field(default_factory=PackingSettings)
    doubts: DoubtSettings = field(default_factory=DoubtSettings)
    utterance_gap_ms: int = 500
    lost_ms: int = 1_200
    again_ms: int = 12_000
    widest_ms: int = 200
    rest_ms: int = 6_000


def transcribe(
    legs: Legs, voices: VoiceMap, recognizer: SpeechRecognizer, settings: TranscribeSettings | None = None
) -> Transcript:
    """The transcript of a call.

    Args:
        legs: the channels.
        voices: who speaks when.
        recognizer: turns a window of sound into words.
        settings: packing, doubts and second hearings.
    """
    settings = settings or TranscribeSettings()
    hearings = _hearings(legs, voices, settings)
    sounds: tuple[SoundReading, ...] = ()  # of the first step, which hears all speech
    for step in (_Hearing.first, _Hearing.in_parts, _Hearing.lost):
        asked = [(hearing, window) for hearing in hearings for window in step(hearing)]
        for (hearing, window), heard in zip(asked, _heard(asked, recognizer), strict=True):
            hearing.take(window, heard)
        sounds = sounds or _sounds(voices, hearings)
    utterances: list[Utterance] = []
    doubts: list[Doubt] = []
    for activity, hearing in zip(voices.activities, hearings, strict=True):
        words = hearing.words()
        own = _utterances(activity, words, settings.utterance_gap_ms)
        utterances += own
        for utterance in own:
            doubts += find_doubts(utterance, activity.speech, settings.doubts)
        doubts += wordless(activity.speaker, activity.speech, words, settings.doubts)
    return Transcript(
        utterances=tuple(sorted(utterances, key=lambda u: (u.span, u.speaker))),
        doubts=tuple(sorted(doubts, key=lambda d: (d.span, d.speaker, d.code, d.why))),
        recognizer=recognizer.identity,
        sounds=sounds,
    )


def read_syllables(
    legs: Legs, voices: VoiceMap, recognizer: SpeechRecognizer, settings: TranscribeSettings | None = None
) -> tuple[SoundReading, ...]:
    """`Transcript.sounds` of a call that was transcribed before: they are not kept with it, and quickly read anew.

    Args:
        legs: as for `transcribe`, like all others.
        voices: who speaks when.
        recognizer: reads a window of sound.
        settings: its packing.
    """
    hearings = _hearings(legs, voices, settings or TranscribeSettings())
    for hearing in hearings:
        for window in hearing.first():
            read = recognizer.read(sound_of(window, hearing.leg, hearing.rate_hz))
            hearing.take(window, HeardWindow((), syllables=read))
    return _sounds(voices, hearings)


def _hearings(legs: Legs, voices: VoiceMap, settings: TranscribeSettings) -> list[_Hearing]:
    return [
        _Hearing(leg_of(legs, activity.speaker).samples, legs.rate_hz, activity, settings)
        for activity in voices.activities
    ]


def _sounds(voices: VoiceMap, hearings: Sequence[_Hearing]) -> tuple[SoundReading, ...]:
    """What was read off the sound of the last step's windows."""
    return tuple(SoundReading(a.speaker, h.syllables()) for a, h in zip(voices.activities, hearings, strict=True))


def _heard(asked: Sequence[tuple[_Hearing, Window]], recognizer: SpeechRecognizer) -> list[HeardWindow]:
    """Every window's text; windows of like length go to the recogniser together, a few at a time."""
    out = [HeardWindow(())] * len(asked)
    order = sorted(range(len(asked)), key=lambda i: -asked[i][1].duration_ms)
    for first in range(0, len(order), AT_ONCE):
        places = order[first : first + AT_ONCE]
        sounds = [sound_of(window, hearing.leg, hearing.rate_hz) for hearing, window in (asked[i] for i in places)]
        for at, heard in zip(places, recognizer.recognize_many(sounds), strict=True):
            out[at] = heard
    return out


def leg_of(legs: Legs, speaker: int) -> Leg:
    """The speaker's channel: on stereo speakers are numbered by it, else everybody is on the first."""
    return next((leg for leg in legs.legs if leg.channel == speaker), legs.legs[0])


class _Hearing:
    """One speaker's speech on its way to words, in three steps: each says what is to be heard."""

    def __init__(self, leg: Sound, rate_hz: int, activity: SpeechActivity, settings: TranscribeSettings) -> None:
        self.leg, self.rate_hz, self.settings = leg, rate_hz, settings
        self.speech = activity.speech.crop(Span(0, len(leg) * 1000 // rate_hz))
        self._taken: list[tuple[Window, HeardWindow]] = []
        self._words: list[Word] = []
        self._lost = Timeline()

    def words(self) -> list[Word]:
        """All words in the call's time, in order; of the last step only what was lost before."""
        plausible = [(w, h) for w, h in self._taken if not self._is_implausible(w, h)]
        found = [word for w, h in plausible for word in placed(w, h, self.speech) if self._lost.covered_ms(word.span)]
        return in_order(self._words + found)

    def syllables(self) -> tuple[ReadSyllable, ...]:
        """What was read off the sound of the last step's windows, in the call's time."""
        return tuple(s for window, heard in self._taken for s in _read(window, heard))

    def take(self, window: Window, heard: HeardWindow) -> None:
        """What came back for a window of the last step."""
        self._taken.append((window, heard))

    def first(self) -> list[Window]:
        """All speech."""
        return self._windows(self.speech, self.settings.packing)

    def in_parts(self) -> list[Window]:
        """Windows with implausible text, smaller; what is still implausible stays, and will be doubted."""
        parts: list[Window] = []
        for window, heard in self._taken:
            if self._is_implausible(window, heard):
                parts += self._smaller(window)
            else:
                self._words += placed(window, heard, self.speech)
        self._taken = []
        return parts

    def lost(self) -> list[Window]:
        """Speech that came back without text once more, by itself."""
        self._words += [w for window, heard in self._taken for w in placed(window, heard, self.speech)]
        self._taken = []
        self._lost = Timeline(tuple(without_words(self.speech, self._words, self.settings.lost_ms)))
        again = replace(self.settings.packing, window_ms=self.settings.again_ms)
        speech = Timeline(tuple(s.widen(self.settings.widest_ms) for s in self._lost)) & self.speech
        return self._rested(self._windows(speech, again))

    def _windows(self, speech: Timeline, packing: PackingSettings) -> list[Window]:
        return pack(stretches_of(speech, self.leg, self.rate_hz, packing), packing)

    def _smaller(self, window: Window) -> list[Window]:
        length = min(self.settings.again_ms, max(SHORTEST_PART_MS, window.duration_ms * 6 // 10))
        parts = self._windows(self.speech & window.heard, replace(self.settings.packing, window_ms=length))
        return self._rested(parts if len(parts) > 1 else [window])

    def _rested(self, windows: list[Window]) -> list[Window]:
        return [replace(w, duration_ms=w.duration_ms + self.settings.rest_ms) for w in windows]

    def _is_implausible(self, window: Window, heard: HeardWindow) -> bool:
        """Cut at the greatest length, denser than anybody speaks, or going round in a loop."""
        text = spoken_only(heard.text)
        seconds = (self.speech & window.heard).duration_ms / 1000
        doubts = self.settings.doubts
        if heard.was_cut or len(text) > 4 + doubts.loop_cps * seconds:
            return True
        return any(x.times >= doubts.loop_times or x.last - x.first >= doubts.loop_chars for x in loops(text))


def placed(window: Window, heard: HeardWindow, speech: Timeline) -> list[Word]:
    """Words of a window in simplified script and in the call's time, each inside its speaker's speech.

    Args:
        window: which pieces of the call it holds.
        heard: in the window's time.
        speech: of the speaker, over the whole call.
    """
    speech = speech & window.heard
    texts = _split(simplify(heard.text), [len(w.text) for w in heard.words])
    out = []
    for word, text in zip(heard.words, texts, strict=True):
        piece = min(window.pieces, key=lambda p: _away(word.end_ms - 1 - p.at_ms, p.span.duration_ms))
        start, end = (
            piece.span.start_ms + round(min(max(t - piece.at_ms, 0), piece.span.duration_ms))
            for t in (word.start_ms, word.end_ms)
        )
        if span := _inside(Span(start, max(start, end)), speech):
            out.append(Word(text, span, round(word.probability, 4)))
    return out


def _read(window: Window, heard: HeardWindow) -> list[ReadSyllable]:
    """Syllables read in a window, in the call's time."""
    times = [(window.call_ms(s.span.start_ms), window.call_ms(s.span.end_ms)) for s in heard.syllables]
    return [
        msgspec.structs.replace(s, span=Span(start, end))
        for s, (start, end) in zip(heard.syllables, times, strict=True)
    ]


def _split(text: str, lengths: list[int]) -> list[str]:
    out, at = [], 0
    for length in lengths:
        out.append(text[at : at + length])
        at += length
    return out


def _away(into_ms: float, duration_ms: int) -> float:
    return max(-into_ms, into_ms - duration_ms, 0.0)


def _inside(span: Span, speech: Timeline) -> Span | None:
    """The span moved into the stretch of speech that holds most of it, or else the nearest; None without speech."""
    if not speech:
        return None

    def fit(stretch: Span) -> tuple[int, int]:
        both = stretch & span
        away = max(stretch.start_ms - span.end_ms, span.start_ms - stretch.end_ms, 0)
        return (-(both.duration_ms if both else 0), away)

    home = min(speech, key=fit)
    start = min(max(span.start_ms, home.start_ms), max(home.end_ms - LEAST_WORD_MS, home.start_ms))
    end = min(max(span.end_ms, start + LEAST_WORD_MS), home.end_ms)
    return Span(start, end)


def _utterances(activity: SpeechActivity, words: list[Word], gap_ms: int) -> list[Utterance]:
    """Stretches of speech up to a pause of `gap_ms`, with the words that begin in them; wordless ones are left out."""
    out = []
    for span, own in with_words(activity.speech.close_gaps(gap_ms), words):
        if own:
            text = "".join(w.text for w in own).strip()
            out.append(Utterance(activity.speaker, span, text, own))
    return out


def with_words(stretches: Timeline, words: Sequence[Word]) -> Iterator[tuple[Span, tuple[Word, ...]]]:
    """Every stretch with the words that begin before its end and behind the one before.

    Args:
        stretches: of a speaker's speech.
        words: of the same, in order of time.
    """
    at = 0
    for span in stretches:
        first = at
        while at < len(words) and words[at].span.start_ms < span.end_ms:
            at += 1
        yield span, tuple(words[first:at])
