"""The call's two voices put together as in calls: numbers that say which voice a sample is of."""

from dataclasses import replace

import numpy as np

from analyzer.call.types import Samples
from analyzer.speech.mono.put_together import TogetherSettings, put_together
from analyzer.speech.mono.segment import FIRST, FRAME, RATE_HZ

SETTINGS = TogetherSettings(seconds=60.0)


def pieces(level: float, *seconds: float) -> list[Samples]:
    return [np.full(int(s * RATE_HZ), level, dtype=np.float32) for s in seconds]


def seconds_at_once(labels: np.ndarray) -> np.ndarray:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (labels == 2).astype(int), [0]])))
    return np.diff(edges)[::2] * FRAME / RATE_HZ


ONE, OTHER = pieces(1.0, 0.3, 2.0, 0.8, 4.0), pieces(10.0, 0.2, 1.5, 3.0)


def test_every_frame_is_what_it_is_said_to_be() -> None:
    mix, labels = put_together(ONE, OTHER, SETTINGS)
    assert mix.size == 60 * RATE_HZ and labels.size == (mix.size - FIRST) // FRAME
    middle = mix[np.arange(labels.size) * FRAME + FIRST]
    assert np.array_equal(middle, np.array([1.0, 10.0, 11.0, 0.0])[labels])  # nobody is -1: the last
    assert np.all(np.isin(mix, (0.0, 1.0, 10.0, 11.0)))  # nobody speaks over himself


def test_voices_meet_as_in_calls() -> None:
    _, labels = put_together(ONE, OTHER, SETTINGS)
    for kind in (0, 1, 2):
        assert 0.15 < (labels == kind).mean() < 0.6
    assert 0.0 < (labels == -1).mean() < 0.2
    lengths = seconds_at_once(labels)
    assert lengths.min() < 0.35 and 0.7 < lengths.max() < SETTINGS.turn[1]


def test_the_same_pieces_are_put_together_the_same() -> None:
    once, again = (put_together(ONE, OTHER, SETTINGS) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))


def test_only_last_words_are_shared_when_nothing_else_is_asked_for() -> None:
    settings = replace(SETTINGS, shares=(1.0, 0.0, 0.0))
    lengths = seconds_at_once(put_together(ONE, OTHER, settings)[1])
    assert lengths.size > 15 and lengths.max() <= 0.52


def test_a_voice_of_one_short_piece_is_heard_again_and_again() -> None:
    _, labels = put_together(ONE, pieces(10.0, 0.2), SETTINGS)
    assert (labels == 1).mean() > 0.1
