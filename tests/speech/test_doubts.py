from typing import Any

import pytest

from analyzer.spans import Span, Timeline
from analyzer.speech.doubts import find_doubts, loops, without_words, wordless
from analyzer.speech.stock_lines import ALONE, ANYWHERE
from analyzer.speech.types import Utterance, Word


def say(text: str, seconds: float, probability: float = 0.9, start_ms: int = 0) -> Utterance:
    """The text spread evenly over so many seconds."""
    step = seconds * 1000 / len(text)
    words = tuple(
        Word(c, Span(start_ms + int(i * step), start_ms + int((i + 1) * step)), probability) for i, c in enumerate(text)
    )
    return Utterance(0, Span(start_ms, start_ms + int(seconds * 1000)), text, words)


def codes(utterance: Utterance) -> list[str]:
    return [d.code for d in find_doubts(utterance, Timeline((utterance.span,)))]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("好的" * 40, 6.0),
        ("对" * 30, 2.5),
        ("请您稍等" * 12, 14.0),
        ("我们会尽快为您处理" * 5, 4.0),
        ("谢谢你" * 60, 28.0),
    ],
)
def test_loops_are_doubted(text, seconds):
    assert "loop" in codes(say(text, seconds))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("您的号码是一三五六八一三五六八一三五六八对吗", 7.0),
        ("11111111111", 3.0),
        ("零零零零零零零零零零", 3.0),
        ("请您稍等请您稍等请您稍等", 4.0),
        ("对对对对对", 1.2),
        ("好的好的好的", 1.4),
        ("喂喂喂喂", 1.6),
        ("您好这里是客户服务中心很高兴为您服务", 4.0),
        ("不是不是不是不是我说的不是这个", 3.0),
    ],
)
def test_ordinary_repetition_is_not_doubted(text, seconds):
    assert codes(say(text, seconds)) == []


def test_a_loop_says_what_and_where():
    utterance = say("我知道了" + "好的" * 20, 6.0)
    (doubt,) = find_doubts(utterance, Timeline((utterance.span,)))
    assert (doubt.code, doubt.span) == ("loop", Span(utterance.words[4].span.start_ms, 6000))
    assert "“好的”重复 20 次" in doubt.why and "“好的” 20 times" in doubt.why_en


def test_the_unit_of_a_loop_is_the_shortest():
    assert [(x.unit, x.times) for x in loops("谢谢谢谢谢谢谢谢")] == [("谢", 8)]
    assert [(x.unit, x.times) for x in loops("甲" + "请稍等" * 5 + "乙")] == [("请稍等", 5)]
    assert loops("") == []


@pytest.mark.parametrize("line", ANYWHERE)
def test_every_stock_line_is_doubted_within_other_words(line):
    assert "stock_line" in codes(say("嗯" + line + "吧", 4.0))


@pytest.mark.parametrize("line", ALONE)
def test_short_stock_lines_are_doubted_alone(line):
    assert "stock_line" in codes(say(line, 2.0))
    assert codes(say("那个" + line + "是吗", 3.0)) == []


def test_stock_lines_are_found_across_punctuation():
    assert "stock_line" in codes(say("请不吝点赞 订阅 转发。", 3.0))


def test_more_text_than_speech():
    utterance = say("我们一起来看看这个问题应该怎么样去处理", 1.5)
    assert codes(utterance) == ["text_without_speech"]


def test_low_probability():
    assert codes(say("你好请讲", 1.5, probability=0.2)) == ["low_probability"]


def test_speech_without_text():
    #  speech  0----3000   5000-------------9000
    #  words     1-2                     8-9
    speech = Timeline.of([(0, 3000), (5000, 9000)])
    words = [Word("好", Span(1000, 2000), 0.9), Word("的", Span(8000, 9000), 0.9)]
    (doubt,) = wordless(1, speech, words)
    assert (doubt.code, doubt.speaker) == ("speech_without_text", 1)
    assert doubt.span == Span(2400, 7600)
    assert wordless(1, Timeline(), []) == []
    assert [d.span for d in wordless(1, speech, [])] == [Span(0, 9000)]


def test_speech_split_by_short_pauses_counts_together():
    speech = Timeline.of([(0, 900), (1000, 1900), (2000, 2900)])
    assert without_words(speech, [], 2000) == [Span(0, 2900)]
    assert without_words(speech, [Word("嗯", Span(1400, 1500), 0.9)], 800) == [Span(0, 900), Span(2000, 2900)]


def test_long_figures_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Counting(str):
        looks = 0

        def startswith(self, *args: Any) -> bool:
            Counting.looks += 1
            return super().startswith(*args)

    for figures in ("".join(map(str, range(1_300))), "12" * 2_000):
        Counting.looks = 0
        loops(Counting(figures))
        assert Counting.looks <= 40 * len(figures)


def test_no_number_has_a_figure_a_dozen_times_and_a_loop_has():
    assert loops("13888888888") == loops("8" * 11) == loops("一二" * 11) == []
    assert [(x.unit, x.times) for x in loops("1374005224" + "5" * 43 + "有两个")] == [("5", 43)]
    assert [(x.unit, x.times) for x in loops("零一" * 12)] == [("零一", 12)]
    assert [loop.unit for loop in loops("1" * 11 + "好的" * 6 + "1" * 11)] == ["好的"]
    assert [loop.unit for loop in loops("1号" * 5)] == ["1号"]
