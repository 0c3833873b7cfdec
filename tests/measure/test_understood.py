"""How much of what a party says was understood."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from made_sounds import RATE, party, words

from analyzer.call.types import Role
from analyzer.measure.types import Measure, Turn
from analyzer.measure.understood import measure_understood
from analyzer.spans import Span, Timeline
from analyzer.speech import syllables
from analyzer.speech.types import Doubt, ReadSyllable, Word

WELL = "我帮您查一下这个问题好的请您稍等"


def turn(start_ms: int, said: tuple[Word, ...], index: int = 0) -> Turn:
    span = Span(start_ms, start_ms + 4000)
    return Turn(index, 0, Role.AGENT, span, span.duration_ms, "".join(w.text for w in said), said)


def measured(*turns: Turn, read: tuple[ReadSyllable, ...] = (), doubts: tuple[Doubt, ...] = ()) -> Measure:
    speech = Timeline(tuple(t.span for t in turns))
    made = party(np.zeros(RATE * 20), speech, turns)
    return measure_understood(replace(made, doubts=doubts), read)


def heard(chars: str, start_ms: int = 0) -> tuple[ReadSyllable, ...]:
    step = 4000 // len(chars)
    return tuple(
        ReadSyllable(c, Span(start_ms + step * i, start_ms + step * i + step), 0.9, ((syllables.readings(c)[0], 0),))
        for i, c in enumerate(chars)
    )


def test_speech_with_sure_words_is_understood_and_other_speech_is_not() -> None:
    sure, weak = words(WELL, Span(0, 4000)), words(WELL, Span(5000, 9000), 0.4)
    found = measured(turn(0, sure), turn(5000, weak, 1))
    assert found.value == 50
    assert found.components == {"words": 32, "trusted": 16, "speech_ms": 8000}
    assert found.evidence == (Span(5000, 9000),)  # what to listen to


def test_latin_letters_alone_are_not_understood_and_products_named_among_chinese_are() -> None:
    english = tuple(Word(w, Span(500 * i, 500 * i + 450), 0.95) for i, w in enumerate(["hello ", "how ", "are "] * 2))
    assert measured(turn(0, english), turn(5000, english, 1)).value == 0
    before, after = words("您可以在", Span(0, 1000)), words("里面下载一下", Span(1800, 4000))
    mixed = (*before, Word("App Store", Span(1000, 1800), 0.9), *after)
    share = measured(turn(0, mixed), turn(5000, words(WELL, Span(5000, 9000)), 1)).value
    assert share is not None and share > 90


def test_fluent_words_that_the_sound_denies_are_not_understood() -> None:
    said = (turn(0, words(WELL, Span(0, 4000))), turn(5000, words(WELL, Span(5000, 9000)), 1))
    assert measured(*said, read=heard(WELL) + heard(WELL, 5000)).value == 100
    assert measured(*said, read=heard(WELL) + heard("穷" * 16, 5000)).value == 50


def test_doubted_stretches_are_not_understood() -> None:
    said = (turn(0, words(WELL, Span(0, 4000))), turn(5000, words(WELL, Span(5000, 9000)), 1))
    loop = Doubt("loop", 0, Span(5000, 9000), "重复", "a loop")
    assert measured(*said, doubts=(loop,)).value == 50


def test_of_little_speech_nothing_is_said() -> None:
    found = measured(turn(0, words(WELL, Span(0, 4000))))
    assert (found.value, found.reason) == (None, "too_little_speech")
