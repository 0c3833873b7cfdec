import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.spans import Span, Timeline
from analyzer.speech.packing import PackingSettings, Window, pack, sound_of, stretches_of

SETTINGS = PackingSettings(window_ms=10_000, joint_ms=250, pad_ms=100, least_ms=1_000)


def silence(ms: int, rate_hz: int = 8000) -> np.ndarray:
    return np.zeros(ms * rate_hz // 1000, np.float32)


def layout(windows: list[Window]) -> list[list[tuple[int, int, int]]]:
    return [[(p.at_ms, p.span.start_ms, p.span.end_ms) for p in w.pieces] for w in windows]


def test_stretches_stand_one_after_the_other_with_a_joint_between():
    #            1000--3000       6000----10000  20000-24000
    windows = pack([Span(1000, 3000), Span(6000, 10_000), Span(20_000, 24_000)], SETTINGS)
    assert layout(windows) == [[(0, 1000, 3000), (2250, 6000, 10_000)], [(0, 20_000, 24_000)]]
    assert [w.duration_ms for w in windows] == [6250, 4000]


def test_windows_are_as_few_as_can_be_and_about_equally_long():
    spans = [Span(2000 * i, 2000 * i + 1000) for i in range(18)]  # 8 and 8 and 2 when filled one after the other
    windows = pack(spans, SETTINGS)
    assert [len(w.pieces) for w in windows] == [6, 6, 6]
    assert [p.span for w in windows for p in w.pieces] == spans


def test_a_time_in_the_window_leads_back_to_the_call():
    (window,) = pack([Span(1000, 3000), Span(6000, 10_000)], SETTINGS)
    assert [window.call_ms(t) for t in (0, 500, 2000, 2100, 2200, 2250, 6250, 9000)] == [
        1000, 1500, 3000, 3000, 6000, 6000, 10_000, 10_000,
    ]  # fmt: skip


def test_speech_gets_its_pads_and_near_neighbours_keep_their_own_gap():
    speech = Timeline.of([(1000, 2000), (2400, 3500), (6000, 7000)])
    assert stretches_of(speech, silence(8000), 8000, SETTINGS) == [Span(900, 3600), Span(5900, 7100)]


def test_pads_stay_inside_the_recording():
    assert stretches_of(Timeline.of([(0, 2000)]), silence(2050), 8000, SETTINGS) == [Span(0, 2050)]


def test_a_lone_short_word_gets_more_sound_around_it():
    assert stretches_of(Timeline.of([(5000, 5300)]), silence(9000), 8000, SETTINGS) == [Span(4650, 5650)]


def test_a_stretch_longer_than_a_window_is_cut_where_it_is_weakest():
    rng = np.random.default_rng(1)
    leg = rng.normal(0, 0.1, 8 * 14_000).astype(np.float32)
    leg[8 * 7000 : 8 * 7120] = 0
    first, second = stretches_of(Timeline.of([(0, 14_000)]), leg, 8000, SETTINGS)
    assert first.end_ms == second.start_ms
    assert 7000 <= first.end_ms <= 7120


@pytest.mark.parametrize("rate", [8000, 11025, 22050])
def test_the_weakest_place_is_found_at_any_rate(rate):
    leg = np.random.default_rng(1).normal(0, 0.1, rate * 50).astype(np.float32)
    leg[38 * rate : 38 * rate + rate // 10] = 0
    settings = PackingSettings(window_ms=40_000, joint_ms=250, pad_ms=100, least_ms=1_000)
    first, _ = stretches_of(Timeline.of([(0, 50_000)]), leg, rate, settings)
    assert abs(first.end_ms - 38_050) <= 10


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(1, 300)), max_size=20))
def test_windows_hold_every_stretch_once_and_none_is_too_long(gaps_and_lengths):
    at, pairs = 0, []
    for gap, length in gaps_and_lengths:
        at += gap * 10
        pairs.append((at, at + length * 100))
        at += length * 100
    speech = Timeline.of(pairs)
    leg = silence(at + 500, 100)
    windows = pack(stretches_of(speech, leg, 100, SETTINGS), SETTINGS)
    held = [p.span for w in windows for p in w.pieces]
    assert Timeline(tuple(held)).covered_ms(Span(0, at + 500)) == sum(s.duration_ms for s in held)
    assert (speech - Timeline(tuple(held))).duration_ms == 0
    assert all(w.duration_ms <= SETTINGS.window_ms for w in windows)
    for window in windows:
        for piece in window.pieces:
            assert window.call_ms(piece.at_ms + 10) in piece.span


@pytest.mark.parametrize("rate_hz", [8000, 11_025, 16_000, 44_100, 48_000])
def test_the_sound_of_a_window_is_the_call_s_at_16_khz(rate_hz):
    seconds = np.arange(4 * rate_hz) / rate_hz
    leg = np.sin(2 * np.pi * (100 + 40 * seconds) * seconds).astype(np.float32)
    (window,) = pack([Span(500, 1500), Span(2500, 3700)], SETTINGS)
    sound = sound_of(window, leg, rate_hz)
    assert sound.shape == (16 * window.duration_ms,)
    for piece in window.pieces:
        first = piece.at_ms * 16
        there = np.arange(piece.span.duration_ms * 16) / 16_000 + piece.span.start_ms / 1000
        expected = np.sin(2 * np.pi * (100 + 40 * there) * there)
        difference = sound[first : first + len(expected)] - expected
        assert np.abs(difference).max() < 0.07  # half a source sample
    assert not sound[1000 * 16 : 1250 * 16].any()


def test_a_piece_at_the_very_end_of_the_recording():
    (window,) = pack([Span(900, 1000)], SETTINGS)
    assert sound_of(window, np.ones(8000, np.float32), 8000).shape == (1600,)
    assert sound_of(window, np.ones(7990, np.float32), 8000)[-1] == 0
