"""Which words of one hearing a stretch of another stands for."""

import pytest

from analyzer.spans import Span
from analyzer.speech.counterpart import counterpart
from analyzer.speech.types import Word


def words(text: str, start_ms: int = 1000) -> list[Word]:
    """200 ms a character; a space is a silence."""
    return [Word(c, Span(start_ms + 200 * i, start_ms + 200 * i + 200), 0.5) for i, c in enumerate(text) if c != " "]


@pytest.mark.parametrize(
    ("first", "again", "phrase", "stands_for"),
    [
        ("那个水老苦您的对吧", "那个谁告诉您的对吧", "谁告诉您的", "水老苦您的"),
        ("那个水老苦您的对吧", "那个谁告诉您的对吧", "告诉", "老苦"),
        ("他在那里水老苦您的", "她在那里谁告诉您的", "谁告诉您的", "水老苦您的"),  # 他 and 她 sound the same
        ("好的以后见", "好的  您好见", "您好", "以后"),
        ("很高区委员会服务", "很高兴为您服务", "很高兴为您服务", "很高区委员会服务"),
        ("好的     对吧", "好的谁告诉您对吧", "谁告诉您", ""),
    ],
)
def test_between_what_both_heard_order_decides(first: str, again: str, phrase: str, stands_for: str) -> None:
    ours, theirs = words(first), words(again)
    at = "".join(w.text for w in theirs).index(phrase)
    start, end = counterpart(ours, theirs, at, at + len(phrase))
    assert "".join(w.text for w in ours[start:end]) == stands_for


def test_late_times_do_not_move_what_both_heard() -> None:
    ours, theirs = words("那个水老苦您的对吧"), words("那个谁告诉您的对吧", start_ms=1350)
    assert counterpart(ours, theirs, 2, 7) == (2, 7)


def test_where_nothing_agrees_time_decides() -> None:
    ours, theirs = words("甲乙丙丁"), words("子丑寅卯")
    assert counterpart(ours, theirs, 1, 3) == (1, 3)


def test_words_far_away_are_not_looked_at() -> None:
    ours = [*words("您好", 1000), *words("以后", 20_000)]
    assert counterpart(ours, words("您好", 20_000), 0, 2) == (2, 4)


def test_a_first_hearing_without_words_has_none() -> None:
    assert counterpart([], words("您好"), 0, 2) == (0, 0)
