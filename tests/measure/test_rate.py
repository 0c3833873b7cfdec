"""Rates of turns whose characters and times are known."""

from dataclasses import replace

import numpy as np
import pytest
from made_sounds import hiss, party, syllables, turn

from analyzer.measure.frames import look_at_frames
from analyzer.measure.party import Party
from analyzer.measure.rate import is_about_figures, look_at_rate, measure_rate, syllable_nuclei
from analyzer.measure.types import Measure, Turn
from analyzer.spans import Span, Timeline
from analyzer.speech.types import Doubt


def said(*turns: Turn, gaps: tuple[tuple[int, int], ...] = ()) -> Party:
    """A party whose speech is its turns without the gaps."""
    end = max(t.span.end_ms for t in turns)
    speech = Timeline(tuple(t.span for t in turns)) - Timeline.of(gaps)
    return party(hiss(end + 500, -30), speech, turns)


def rates(who: Party) -> dict[str, Measure]:
    return {m.name: m for m in measure_rate(who, look_at_rate(who, look_at_frames(who)), None)}


def test_speaking_rate_counts_pauses_and_articulation_rate_does_not() -> None:
    who = said(turn(0, 10_000, "好" * 40), gaps=((4000, 6000),))
    measured = rates(who)
    assert measured["speaking_rate"].value == 240
    assert measured["articulation_rate"].value == 300
    assert measured["pause_share"].value == pytest.approx(20.0)


def test_a_gap_under_200_ms_is_no_pause() -> None:
    assert rates(said(turn(0, 6000, "好" * 30), gaps=((3000, 3190),)))["articulation_rate"].value == 300


def test_figures_count_as_spoken_and_punctuation_does_not() -> None:
    plain = rates(said(turn(0, 6000, "您的号码是一三五六八。")))["articulation_rate"].value
    written = rates(said(turn(0, 6000, "您的号码是,13568!!")))["articulation_rate"].value
    assert plain == written == 100


def test_short_turns_do_not_count() -> None:
    measured = rates(said(turn(0, 6000, "好" * 30), turn(7000, 7300, "嗯好的", 1)))
    assert measured["articulation_rate"].value == 300
    assert measured["articulation_rate"].components["turns"] == 1


def test_turns_with_doubtful_words_do_not_count() -> None:
    who = said(turn(0, 6000, "好" * 30), turn(7000, 9000, "谢谢观看" * 10, 1))
    doubtful = Party(
        who.speaker,
        who.samples,
        who.rate_hz,
        who.speech,
        who.alone,
        who.quiet,
        who.turns,
        (Doubt("stock_line", 0, Span(7000, 9000), "", ""),),
        False,
    )
    assert rates(doubtful)["articulation_rate"].value == 300
    assert rates(who)["articulation_rate"].value != 300


def test_the_fastest_ten_seconds() -> None:
    slow, fast = turn(0, 20_000, "好" * 60), turn(21_000, 33_000, "好" * 72, 1)
    peak = rates(said(slow, fast))["rate_peak"]
    assert peak.value == pytest.approx(360, abs=8)
    assert peak.evidence[0].start_ms >= 20_000


def test_the_fastest_ten_seconds_end_with_the_recording() -> None:
    (place,) = rates(said(turn(500, 7500, "好" * 30)))["rate_peak"].evidence
    assert place.end_ms == 8000


def test_no_words_is_undefined_not_zero() -> None:
    measured = rates(said(turn(0, 6000, "")))
    assert measured["articulation_rate"].value is None
    assert measured["articulation_rate"].reason == "no_countable_turn"


def test_little_speech_is_a_doubt() -> None:
    who = party(syllables(15, 3000) + hiss(3000, -65), turns=(turn(0, 3000, "好" * 15),))
    assert rates(who)["articulation_rate"].doubt == "too_little_speech"


@pytest.mark.parametrize(("per_second", "pitch"), [(3, 120.0), (4, 180.0), (5, 240.0)])
def test_syllables_are_counted_by_sound(per_second: int, pitch: float) -> None:
    x = syllables(per_second * 10, 10_000, pitch) + hiss(10_000, -65)
    assert syllable_nuclei(look_at_frames(party(x))).size == pytest.approx(per_second * 10, abs=1)


def test_noise_has_no_syllables() -> None:
    assert syllable_nuclei(look_at_frames(party(hiss(5000, -30)))).size <= 2


def test_text_that_the_sound_cannot_hold_is_doubted() -> None:
    sound = syllables(40, 10_000) + hiss(10_000, -65)
    span = Timeline((Span(0, 10_000),))
    right = rates(party(sound, span, (turn(0, 10_000, "好" * 40),)))
    wrong = rates(party(sound, span, (turn(0, 10_000, "好" * 90),)))
    assert right["rate_agreement"].value == pytest.approx(1.0, abs=0.1)
    assert right["articulation_rate"].doubt is None
    assert wrong["articulation_rate"].doubt == "text_and_sound_disagree"


def test_words_where_the_sound_holds_no_syllable_are_doubted() -> None:
    measured = rates(said(turn(0, 10_000, "好" * 40)))
    assert measured["acoustic_rate"].value == 0
    assert (measured["rate_agreement"].value, measured["rate_agreement"].reason) == (None, "no_syllable_heard")
    for name in ("speaking_rate", "articulation_rate", "rate_peak", "pause_share"):
        assert measured[name].doubt == "text_and_sound_disagree"


@pytest.mark.parametrize("text", ["一共是一百二十八块五", "月租58元", "号码是13800138000", "每分钟两毛钱"])
def test_figures_and_fees(text: str) -> None:
    assert is_about_figures(text)


@pytest.mark.parametrize("text", ["请您稍等一下", "我帮您查一下", "第一次使用吗", "一会儿给您回电话"])
def test_no_figures(text: str) -> None:
    assert not is_about_figures(text)


def test_slowing_down_on_figures_is_seen() -> None:
    other = turn(0, 12_000, "我帮您看一下这个套餐里面都包含了哪些内容然后再为您说明" * 2)
    slow, quick = turn(13_000, 18_000, "一共一百二十八块五毛", 1), turn(13_000, 14_800, "一共一百二十八块五毛", 1)
    assert rates(said(other, slow))["figures_rate_ratio"].value == pytest.approx(0.43, abs=0.05)
    assert rates(said(other, quick))["figures_rate_ratio"].value == pytest.approx(1.2, abs=0.1)
    assert rates(said(other))["figures_rate_ratio"].reason == "no_figures"
    assert (
        rates(said(replace(other, span=Span(0, 4000)), slow))["figures_rate_ratio"].reason == "too_little_other_speech"
    )


def test_rates_are_whole_figures() -> None:
    measured = rates(said(turn(0, 7001, "好" * 33)))
    assert all(m.value is None or m.value == round(m.value, 2) for m in measured.values())
    assert np.isfinite([m.value for m in measured.values() if m.value is not None]).all()
