"""Which words the sound confirms."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.spans import Span
from analyzer.speech import syllables
from analyzer.speech.confirmed import confirmed
from analyzer.speech.types import ReadSyllable, Word


def words(*texts: str) -> list[Word]:
    return [Word(text, Span(300 * i, 300 * i + 250), 0.9) for i, text in enumerate(texts)]


def read(chars: str, late_ms: int = 0, less: int = 0) -> list[ReadSyllable]:
    return [
        ReadSyllable(c, Span(at, at + 200), 0.9, ((syllables.readings(c)[0], less),))
        for c, at in zip(chars, range(late_ms, late_ms + 300 * len(chars), 300), strict=True)
    ]


def said(text: Sequence[str], sounds: list[ReadSyllable]) -> list[bool]:
    return confirmed(words(*text), sounds)


def test_a_word_is_confirmed_by_its_own_sound_or_one_much_like_it() -> None:
    assert said("退款", read("退款")) == [True, True]
    assert said("退款", read("腿宽")) == [True, True]  # written with other characters
    assert said("知道", read("资到")) == [True, True]
    assert said("退款", read("他吃")) == [False, False]


def test_a_words_time_is_not_exact_but_not_anywhere() -> None:
    assert said("退", read("退", late_ms=300)) == [True]
    assert said("退", read("退", late_ms=900)) == [False]


def test_an_unlikely_reading_confirms_nothing() -> None:
    assert said("退", read("退", less=300)) == [True]
    assert said("退", read("退", less=500)) == [False]


def test_foreign_words_are_no_mandarin_and_figures_are() -> None:
    assert said(("退", "hello"), read("退哈")) == [True, False]
    assert said(("3", "8"), read("三八")) == [True, True]
    assert said(("hello", "退"), []) == [False, True]  # where nothing reads the sound


def test_nothing_said() -> None:
    assert confirmed([], read("退")) == []
