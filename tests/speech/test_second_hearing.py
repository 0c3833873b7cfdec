"""Which speech is heard a second time, and where its words belong."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analyzer.call.types import Layout, Leg, Legs, Role, Samples
from analyzer.spans import Span, Timeline
from analyzer.speech.recognizer import HeardWindow, HeardWord, ScoredToken
from analyzer.speech.second_hearing import SecondHearingSettings, hear_again
from analyzer.speech.types import Reading, ReadSyllable, Recognizer, Speaker, SpeechActivity, VoiceMap, Word

RATE = 8000
PACE = 0.8
SETTINGS = SecondHearingSettings(doubted=0.8, pace=PACE)


class Slow:
    """Hears 您好 in every window's first 512 ms of the sound as it is; keeps how long windows were."""

    identity = Recognizer("slow", "0" * 64, "test", "0")

    def __init__(self) -> None:
        self.lengths: list[int] = []

    def recognize(self, sound: Samples) -> HeardWindow:
        self.lengths.append(len(sound) // 16)
        half = round(256 / PACE)
        return HeardWindow((HeardWord("您", 0, half, 0.9), HeardWord("好", half, 2 * half, 0.9)))

    def recognize_many(self, sounds: Sequence[Samples]) -> tuple[HeardWindow, ...]:
        return tuple(self.recognize(sound) for sound in sounds)

    def read(self, sound: Samples) -> tuple[ReadSyllable, ...]:
        return ()

    def score(self, sound: Samples, texts: Sequence[str]) -> tuple[tuple[ScoredToken, ...], ...]:
        raise AssertionError("nothing is scored in a second hearing")


def heard_again(
    recognizer: Slow,
    speech: Sequence[tuple[int, int, float]],
    role: Role = Role.AGENT,
    words: bool = True,
    settings: SecondHearingSettings = SETTINGS,
) -> tuple[Reading, ...]:
    """What is heard again of one speaker: stretches, each with a word of that probability."""
    legs = Legs(Layout.STEREO, (Leg(0, np.full(RATE * 40, 0.1, np.float32), False),), (), RATE, 40_000, ())
    timeline = Timeline.of([(start, end) for start, end, _ in speech])
    voices = VoiceMap(Layout.STEREO, True, 1.0, (SpeechActivity(0, timeline),))
    said = [Word("喂", Span(start, end), sure) for start, end, sure in speech] if words else []
    return hear_again(legs, voices, {0: said}, [Speaker(0, 0, role)], recognizer, settings)


def test_only_doubted_speech_is_heard_again_slower_and_in_the_calls_time():
    recognizer = Slow()
    (reading,) = heard_again(recognizer, [(1000, 3000, 0.95), (10_000, 12_000, 0.5), (20_000, 22_000, 0.95)])
    assert recognizer.lengths == [round(2_300 / PACE)]  # with 150 ms on both sides
    assert reading.heard == Timeline.of([(10_000, 12_000)])
    assert [(w.text, w.span) for w in reading.words] == [
        ("您", Span(10_000, 10_106)),  # the window begins 150 ms before the speech
        ("好", Span(10_106, 10_362)),
    ]


def test_speech_without_words_is_doubted():
    assert heard_again(Slow(), [(1000, 3000, 0.0)], words=False)


def test_only_the_agent_is_heard_again():
    assert heard_again(Slow(), [(1000, 3000, 0.3)], Role.AGENT)
    assert not heard_again(Slow(), [(1000, 3000, 0.3)], Role.CUSTOMER)
    assert not heard_again(Slow(), [(1000, 3000, 0.3)], Role.UNKNOWN)


def test_the_most_doubted_come_first_and_not_more_than_a_share_of_the_speech():
    stretches = [(3000 * i, 3000 * i + 2400, 0.3 + 0.03 * i) for i in range(13)]
    (reading,) = heard_again(Slow(), stretches)
    most = max(SETTINGS.packing.window_ms, SETTINGS.share * sum(end - start for start, end, _ in stretches))
    assert reading.heard == Timeline.of([(start, end) for start, end, _ in stretches[: len(reading.heard)]])
    assert len(reading.heard) == most // 2700


def test_nothing_doubted_nothing_heard():
    recognizer = Slow()
    assert heard_again(recognizer, [(1000, 3000, 0.9)]) == ()
    assert recognizer.lengths == []


def test_windows_are_short():
    recognizer = Slow()
    stretches = [(3000 * i, 3000 * i + 2000, 0.3) for i in range(12)]
    heard_again(recognizer, stretches, settings=replace(SETTINGS, share=1.0))
    assert len(recognizer.lengths) > 2
    assert max(recognizer.lengths) <= SETTINGS.packing.window_ms / PACE
