"""A small fixed part of the accuracy benchmark, and its references against signals of known level and pitch."""

from dataclasses import replace
from pathlib import Path

import accuracy
import numpy as np
import pytest
import truth_calls
from truth_reference import active_level, pitch_track
from truth_scores import Scores, Tally, score_hangup

from analyzer.call.legs import look_at_legs
from analyzer.call.types import CallMetadata
from analyzer.measure.conversation import hear_conversation
from analyzer.measure.hangup import judge_hangup
from analyzer.speech.activity import find_speech
from analyzer.testing import Clip, compose
from analyzer.testing.scripted import scripted_transcript, true_speakers, true_voices

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def cast() -> truth_calls.Cast:
    return truth_calls.synthesised(ROOT / "fixtures" / "utterances")


@pytest.mark.parametrize("name", ["A-law", "bleed -20 dB, 60 ms"])
def test_a_call_is_heard_as_it_is(cast: truth_calls.Cast, name: str) -> None:
    (case,) = truth_calls.conversations(cast, 2, 1, frozenset({name}))
    scores = accuracy.run(case, None)
    assert scores.activity.f1 >= 0.98
    assert scores.overlap.f1 >= 0.93
    assert np.median(scores.boundaries) <= 40
    assert scores.pauses["dead_air"].f1 == scores.pauses["hold"].f1 == 1
    assert np.median(scores.level_errors) <= 0.3
    assert scores.backchannels and not scores.backchannels_accused
    assert scores.events["interruption"].f1 >= 0.6  # three in a call: one may be missed


def test_no_ending_is_named_wrongly(cast: truth_calls.Cast) -> None:
    scores = Scores()
    for case in truth_calls.endings(cast, 2, 9):
        scores.add(accuracy.run(case, None))
    assert scores.hangups["wrong"] == 0
    assert scores.hangups["right"] >= 0.9 * scores.hangups["decidable"] > 0


def test_no_ending_on_one_channel_is_named_wrongly_where_the_voices_are_known(cast: truth_calls.Cast) -> None:
    scores = Scores()
    for case in truth_calls.mono_endings(cast, 2, 20):
        call = compose(case.script, case.cast.bank, case.seed)
        legs = look_at_legs(call.audio())
        (heard,) = find_speech(legs).activities
        voices = true_voices(call.truth)
        spoken = tuple(replace(a, tones=heard.tones, music=heard.music) for a in voices.activities)
        voices = replace(voices, activities=spoken)
        conversation = hear_conversation(legs, voices, scripted_transcript(call.truth), true_speakers(call.truth))
        score_hangup(scores, call.truth, judge_hangup(legs, voices, conversation, CallMetadata()))
    assert scores.hangups["wrong"] == 0
    assert scores.hangups["right"] >= 0.8 * scores.hangups["decidable"] > 3


def test_p56_of_a_steady_tone_is_its_rms_and_silence_does_not_count() -> None:
    at = np.arange(8000 * 10) / 8000
    tone = 0.1 * np.sqrt(2) * np.sin(2 * np.pi * 500 * at)
    assert active_level(tone, 8000) == pytest.approx(-20, abs=0.1)
    half = tone * (at % 4 < 2)
    # the hangover of 200 ms makes it a little lower than the sounding half alone
    assert -20.6 < (active_level(half, 8000) or 0) < -20.1
    assert active_level(np.zeros(8000), 8000) is None


def test_pitch_reference_finds_a_known_pitch() -> None:
    at = np.arange(16000 * 2) / 16000
    for hz in (95.0, 180.0, 310.0):
        voice = sum(np.sin(2 * np.pi * hz * k * at) / k for k in range(1, 12)) * 0.1
        _, found = pitch_track(Clip("x", "x", np.asarray(voice, np.float32), 16000))
        assert len(found) > 150
        assert np.median(found) == pytest.approx(hz, rel=0.005)


def test_rates_come_from_summed_counts() -> None:
    whole = Tally(9, 1, 0)
    whole.add(Tally(0, 0, 10))
    assert (whole.precision, whole.recall) == (0.9, pytest.approx(9 / 19))
    assert whole.f1 == pytest.approx(2 * 9 / (18 + 1 + 10))
