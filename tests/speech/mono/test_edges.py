"""Where an overlap begins and ends, and who speaks by what is heard around, of voices whose answers are known."""

from dataclasses import replace

import numpy as np
import pytest

from analyzer.speech.mono.at_once import AtOnceSettings, decide, find, odds, place
from analyzer.speech.mono.edges import REACH, candidates, evidence, exact
from analyzer.speech.mono.fitted import fitted
from analyzer.speech.mono.heard import FoundOverlap, Heard
from analyzer.speech.mono.in_context import CUES, PLACES, cues, surroundings, voice_odds

FRAMES = 400
FIRST, LAST = 150, 200  # voice 1 comes in at the one and voice 0 stops at the other


def call(first: int = FIRST, last: int = LAST, sure: float = 0.7) -> Heard:
    """Voice 0 until `last`, voice 1 from `first`, silence at either end."""
    at = np.arange(FRAMES)
    speech = (at >= 20) & (at < FRAMES - 20)
    spoken = np.stack([speech & (at < last), speech & (at >= first)])
    both = spoken.all(axis=0)
    sounds = np.stack([spoken[0] & ~both, spoken[1] & ~both, both], axis=1)
    own = np.where(sounds, sure, -sure)
    second = spoken[1] & (at >= (first + last) // 2)
    voices = np.where(spoken, 0.9, 0.05)
    spectra = np.zeros((FRAMES * 2, 40), dtype=np.float32)
    return Heard(speech, second, np.where(both, 0.85, 0.05), voices, own, (own, own, own), own[:, 2], spectra)


@pytest.mark.parametrize("found", [(FIRST - 10, LAST + 10), (FIRST + 10, LAST - 10)])
def test_edges_are_found_where_the_voices_meet(found: tuple[int, int]) -> None:
    heard = call()
    both = np.asarray(odds(heard.both, heard.mean, AtOnceSettings(), heard.taught))
    overlap = FoundOverlap(*found, False, True)
    first, last = exact(overlap, heard, both, voice_odds(heard, fitted()), fitted())
    assert abs(first - FIRST) <= 3
    assert abs(last - LAST) <= 3


def test_an_edge_at_a_silence_stays_there_and_none_passes_one() -> None:
    heard = call()
    both = odds(heard.both, heard.mean, AtOnceSettings(), heard.taught)
    assert candidates(FoundOverlap(150, 200, None, True), False, heard, both).size == 0
    near = candidates(FoundOverlap(30, 60, False, True), False, heard, both)
    assert near[0] == 20  # the first frame of speech
    assert candidates(FoundOverlap(150, 200, False, True), True, heard, both)[-1] == 200 + REACH


def test_evidence_counts_from_the_edge_as_found() -> None:
    heard = call()
    both, each = odds(heard.both, heard.mean, AtOnceSettings(), heard.taught), voice_odds(heard, fitted())
    found = FoundOverlap(150, 200, False, True)
    for at_end, at in ((False, 150), (True, 200)):
        rows = evidence(found, at_end, np.array([at - 4, at, at + 4]), heard, both, each)
        assert not rows[1, :19].any()
        assert rows[2 if at_end else 0, 0] == pytest.approx(
            both[at : at + 4].sum() / 5 if at_end else both[146:150].sum() / 5
        )


def test_who_speaks_is_heard_whichever_voice_is_which() -> None:
    heard = call()
    turned = replace(
        heard,
        second=~heard.second,
        voices=heard.voices[::-1],
        own=heard.own[:, [1, 0, 2]],
        together=tuple(h[:, [1, 0, 2]] for h in heard.together),
    )
    assert np.allclose(voice_odds(heard, fitted()), voice_odds(turned, fitted())[::-1])


def test_what_is_weighed_is_what_was_fitted_to() -> None:
    heard = call()
    weights = np.asarray(fitted().around)
    assert weights.shape == (len(PLACES), CUES)
    rows = surroundings(cues(heard, 0))
    assert np.allclose(rows @ weights.ravel() + fitted().constant, voice_odds(heard, fitted())[0], atol=1e-3)


def test_both_are_heard_where_both_speak_and_nobody_else_is_moved() -> None:
    heard = call()
    at_once, second = decide(heard, AtOnceSettings(), fitted())
    found = np.flatnonzero(at_once)
    assert abs(found[0] - FIRST) <= 3
    assert abs(found[-1] + 1 - LAST) <= 3
    assert not second[20:FIRST].any()
    assert second[LAST + 3 : -20].all()


def test_without_the_voices_put_together_the_odds_decide_alone() -> None:
    heard = replace(call(), together=None, taught=None)
    plain = odds(heard.both, heard.own, AtOnceSettings())
    assert len(find(plain, heard.speech, heard.second, AtOnceSettings())) == 1
    for ours, theirs in zip(
        decide(heard, AtOnceSettings(), fitted()),
        place(plain, heard.speech, heard.second, AtOnceSettings()),
        strict=True,
    ):
        assert np.array_equal(ours, theirs)
