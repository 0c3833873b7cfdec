"""Transcription with a recogniser that hears tones: every 200 ms of a tone of a known pitch is one known character."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from analyzer.call.types import Layout, Leg, Legs, Samples
from analyzer.spans import Span, Timeline
from analyzer.speech.packing import PackingSettings
from analyzer.speech.recognizer import HeardWindow, HeardWord, ScoredToken
from analyzer.speech.transcribe import TranscribeSettings, read_syllables, transcribe
from analyzer.speech.types import ReadSyllable, Recognizer, SpeechActivity, VoiceMap

RATE = 8000
STEP_MS = 200
SCRIPT = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"


def tone(char: str) -> Samples:
    """200 ms that the recogniser below hears as `char`."""
    pitch = 300 + 100 * SCRIPT.index(char)
    return np.sin(2 * np.pi * pitch * np.arange(RATE * STEP_MS // 1000) / RATE).astype(np.float32)


def leg(parts: Sequence[tuple[int, str]], duration_ms: int) -> tuple[Samples, Timeline]:
    """A channel on which each text is said from its start, and where."""
    samples = np.zeros(duration_ms * RATE // 1000, np.float32)
    for start_ms, text in parts:
        sound = np.concatenate([tone(c) for c in text])
        samples[start_ms * RATE // 1000 :][: len(sound)] = sound
    return samples, Timeline.of([(s, s + STEP_MS * len(t)) for s, t in parts])


class Tones:
    """Hears the tones; `spoil` may change what comes out of a window."""

    identity = Recognizer("tones", "0" * 64, "test", "0")

    def __init__(self, spoil: Callable[[int, HeardWindow], HeardWindow] | None = None) -> None:
        self.spoil, self.lengths = spoil, []

    def recognize(self, sound: Samples) -> HeardWindow:
        size = 16 * STEP_MS // 2
        out: list[HeardWord] = []
        for at in range(0, len(sound) - size + 1, size):
            spectrum = np.abs(np.fft.rfft(sound[at : at + size] * np.hanning(size)))
            if spectrum.max() < 20:
                continue
            index = round((np.argmax(spectrum) * 16_000 / size - 300) / 100)
            ms = at // 16
            if out and out[-1].text == SCRIPT[index] and ms - out[-1].end_ms < STEP_MS // 2:
                out[-1] = HeardWord(SCRIPT[index], out[-1].start_ms, ms + STEP_MS // 2, 0.9)
            else:
                out.append(HeardWord(SCRIPT[index], ms, ms + STEP_MS // 2, 0.9))
        self.lengths.append(len(sound) // 16)
        heard = HeardWindow(tuple(out))
        return self.spoil(len(self.lengths) - 1, heard) if self.spoil else heard

    def recognize_many(self, sounds: Sequence[Samples]) -> tuple[HeardWindow, ...]:
        return tuple(self.recognize(sound) for sound in sounds)

    def read(self, sound: Samples) -> tuple[ReadSyllable, ...]:
        return self.recognize(sound).syllables

    def score(self, sound: Samples, texts: Sequence[str]) -> tuple[tuple[ScoredToken, ...], ...]:
        raise NotImplementedError


def call(*channels: tuple[Samples, Timeline]) -> tuple[Legs, VoiceMap]:
    layout = Layout.STEREO if len(channels) == 2 else Layout.MONO
    legs = tuple(Leg(i, samples, False) for i, (samples, _) in enumerate(channels))
    voices = tuple(SpeechActivity(i, speech) for i, (_, speech) in enumerate(channels))
    duration_ms = len(channels[0][0]) * 1000 // RATE
    return Legs(layout, legs, (), RATE, duration_ms, ()), VoiceMap(layout, layout is Layout.STEREO, 1.0, voices)


def test_words_come_back_to_their_own_time_on_both_legs():
    agent = leg([(1000, "甲乙丙丁"), (8000, "戊己庚辛")], 20_000)
    customer = leg([(4000, "壬癸子丑"), (12_000, "寅卯辰巳")], 20_000)
    transcript = transcribe(*call(agent, customer), Tones())
    assert [(u.speaker, u.span, u.text) for u in transcript.utterances] == [
        (0, Span(1000, 1800), "甲乙丙丁"),
        (1, Span(4000, 4800), "壬癸子丑"),
        (0, Span(8000, 8800), "戊己庚辛"),
        (1, Span(12_000, 12_800), "寅卯辰巳"),
    ]
    assert transcript.doubts == ()
    assert transcript.recognizer == Tones.identity
    for utterance in transcript.utterances:
        for place, word in enumerate(utterance.words):
            assert word.span in utterance.span
            assert abs(word.span.start_ms - utterance.span.start_ms - place * STEP_MS) <= 100


def test_near_stretches_make_one_utterance_and_far_ones_two():
    samples = leg([(1000, "甲乙"), (1800, "丙丁"), (4000, "戊己")], 6000)
    texts = [u.text for u in transcribe(*call(samples), Tones()).utterances]
    assert texts == ["甲乙丙丁", "戊己"]


def test_many_short_stretches_share_a_window():
    tones = Tones()
    samples = leg([(3000 * i, SCRIPT[i] * 2) for i in range(20)], 61_000)
    transcript = transcribe(*call(samples), tones)
    assert "".join(u.text for u in transcript.utterances) == SCRIPT
    assert len(tones.lengths) == 1


def test_speech_that_came_back_without_text_is_heard_again():
    def stops_early(window: int, heard: HeardWindow) -> HeardWindow:
        return HeardWindow(heard.words[:5]) if window == 0 else heard

    samples = leg([(1000, "甲乙丙丁戊"), (4000, "己庚辛壬癸子丑寅"), (9000, "卯辰")], 12_000)
    whole = transcribe(*call(samples), Tones())
    guarded = transcribe(*call(samples), Tones(stops_early))
    assert [u.text for u in guarded.utterances] == ["甲乙丙丁戊", "己庚辛壬癸子丑寅", "卯辰"]
    assert [u.text for u in guarded.utterances] == [u.text for u in whole.utterances]


def test_what_stays_without_text_is_doubted():
    samples = leg([(1000, SCRIPT)], 6000)
    transcript = transcribe(*call(samples), Tones(lambda _, heard: HeardWindow(())))
    assert transcript.utterances == ()
    assert [(d.code, d.span) for d in transcript.doubts] == [("speech_without_text", Span(1000, 5000))]


def looping(heard: HeardWindow) -> HeardWindow:
    last = heard.words[-1]
    return HeardWindow(heard.words + tuple(HeardWord("好的", last.end_ms, last.end_ms, 0.99) for _ in range(60)))


def test_a_window_that_loops_is_heard_again_in_parts():
    samples = leg([(1000, "甲乙丙丁"), (5000, "戊己庚辛")], 9000)
    tones = Tones(lambda window, heard: looping(heard) if window == 0 else heard)
    transcript = transcribe(*call(samples), tones)
    assert [u.text for u in transcript.utterances] == ["甲乙丙丁", "戊己庚辛"]
    assert transcript.doubts == ()
    assert len(tones.lengths) == 3


def test_a_sentence_thrice_in_place_of_all_others_is_a_loop_however_slow():
    def goes_round(window: int, heard: HeardWindow) -> HeardWindow:
        if window:
            return heard
        words = (HeardWord(SCRIPT[i % 8], w.start_ms, w.end_ms, 0.9) for i, w in enumerate(heard.words))
        return HeardWindow(tuple(words))

    samples = leg([(1000, SCRIPT), (7000, SCRIPT[8:])], 12_000)
    transcript = transcribe(*call(samples), Tones(goes_round))
    assert "".join(u.text for u in transcript.utterances) == SCRIPT + SCRIPT[8:]


def test_a_window_that_cannot_be_divided_is_heard_again_with_more_silence_after_it():
    tones = Tones(lambda window, heard: looping(heard) if window == 0 else heard)
    transcript = transcribe(*call(leg([(1000, "甲乙丙丁")], 3000)), tones)
    assert [u.text for u in transcript.utterances] == ["甲乙丙丁"]
    assert tones.lengths[1] - tones.lengths[0] == TranscribeSettings().rest_ms


def test_a_loop_that_stays_is_kept_and_doubted():
    samples = leg([(1000, "甲乙丙丁"), (5000, "戊己庚辛")], 9000)
    transcript = transcribe(*call(samples), Tones(lambda _, heard: looping(heard)))
    assert "".join(u.text for u in transcript.utterances).count("好的") == 120
    assert {d.code for d in transcript.doubts} == {"loop", "text_without_speech"}
    assert [d.span for d in transcript.doubts if d.code == "text_without_speech"] == [
        Span(1000, 1800),
        Span(5000, 5800),
    ]


def test_words_are_simplified_and_keep_their_punctuation():
    def traditional(_: int, heard: HeardWindow) -> HeardWindow:
        first, second = heard.words
        return HeardWindow(
            (
                HeardWord("請問,", first.start_ms, first.end_ms, 0.9),
                HeardWord("著急", second.start_ms, second.end_ms, 0.9),
            )
        )

    transcript = transcribe(*call(leg([(1000, "甲乙")], 3000)), Tones(traditional))
    assert [w.text for u in transcript.utterances for w in u.words] == ["请问,", "着急"]


def test_nobody_speaks():
    transcript = transcribe(*call((np.zeros(8000, np.float32), Timeline())), Tones())
    assert (transcript.utterances, transcript.doubts) == ((), ())


def test_speech_beyond_the_end_of_the_samples_is_left_out():
    samples, _ = leg([(1000, "甲乙")], 1500)
    transcript = transcribe(*call((samples, Timeline.of([(1000, 9000)]))), Tones())
    assert [u.text for u in transcript.utterances] == ["甲乙"]


def test_a_recogniser_s_wild_times_end_inside_speech():
    def wild(_: int, heard: HeardWindow) -> HeardWindow:
        return HeardWindow(tuple(HeardWord(w.text, 29_000, 31_000, 0.9) for w in heard.words))

    samples = leg([(1000, "甲乙"), (4000, "丙丁")], 6000)
    speech = Timeline.of([(1000, 1400), (4000, 4400)])
    transcript = transcribe(*call(samples), Tones(wild))
    for utterance in transcript.utterances:
        for word in utterance.words:
            assert word.span
            assert any(word.span in s for s in speech)


@pytest.mark.parametrize("window_ms", [3_000, 7_000, 28_000])
def test_a_long_monologue_is_cut_into_windows_without_losing_a_word(window_ms):
    text = (SCRIPT * 8)[:150]
    samples = leg([(500, text)], 32_000)
    settings = TranscribeSettings(packing=PackingSettings(window_ms=window_ms))
    tones = Tones()
    transcript = transcribe(*call(samples), tones, settings)
    heard = "".join(u.text for u in transcript.utterances)
    assert max(tones.lengths) <= window_ms
    assert abs(len(heard) - len(text)) <= len(tones.lengths)


def test_syllables_read_off_the_sound_lie_in_the_calls_time():
    def read(_: int, heard: HeardWindow) -> HeardWindow:
        spans = [(w.text, Span(w.start_ms, w.end_ms)) for w in heard.words]
        return replace(heard, syllables=tuple(ReadSyllable(text, span, 1.0, ()) for text, span in spans))

    samples = leg([(2000, "甲乙丙"), (9000, "丁戊己")], 14_000)
    (sounds,) = transcribe(*call(samples), Tones(read)).sounds
    assert read_syllables(*call(samples), Tones(read)) == (sounds,)
    assert sounds.speaker == 0
    assert "".join(s.text for s in sounds.syllables) == "甲乙丙丁戊己"
    for syllable, start in zip(sounds.syllables, (2000, 2200, 2400, 9000, 9200, 9400), strict=True):
        assert abs(syllable.span.start_ms - start) <= 100
