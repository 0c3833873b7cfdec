"""Whose each frame is: the whole of a stretch against a few frames."""

import numpy as np

from analyzer.speech.mono.owner import owners

FRAMES = 90


def each(voice_1: np.ndarray, by: float = 1.0) -> np.ndarray:
    """Log odds of a voice that surely speaks where it does."""
    return np.where(np.stack([~voice_1, voice_1]), by, -by)


def at(first: int, last: int) -> np.ndarray:
    frames = np.arange(FRAMES)
    return (frames >= first) & (frames < last)


def test_few_frames_change_nothing_and_many_do() -> None:
    speech = at(0, FRAMES)
    assert not owners(each(at(40, 43)), speech, 8.0).any()  # 3 frames of 2 against two changes of 8
    assert np.array_equal(owners(each(at(40, 60)), speech, 8.0), at(40, 60))
    assert np.array_equal(owners(each(at(40, 43), 10.0), speech, 8.0), at(40, 43))  # few, but beyond doubt


def test_each_stretch_between_silences_is_judged_by_itself() -> None:
    speech = ~at(30, 33) & ~at(36, 40)
    found = owners(each(at(33, 36)), speech, 8.0)
    assert np.array_equal(found & speech, at(33, 36))  # as short, but between silences


def test_what_is_heard_in_silence_does_not_count() -> None:
    speech = at(0, 30) | at(60, FRAMES)
    loud = each(at(30, 60), 50.0)
    assert not (owners(loud, speech, 8.0) & speech).any()


def test_the_voices_are_alike_to_it() -> None:
    rng = np.random.default_rng(1)
    heard = rng.normal(size=(2, FRAMES)).cumsum(axis=1)
    speech = rng.random(FRAMES) > 0.1
    assert np.array_equal(owners(heard, speech, 2.0)[speech], ~owners(heard[::-1], speech, 2.0)[speech])
    assert owners(heard, np.zeros(FRAMES, bool), 2.0).shape == (FRAMES,)
