"""Drawn calls come out as planned, the same for the same seed."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from analyzer.call.types import Role
from analyzer.measure.types import PauseKind
from analyzer.speech.mandarin import spoken_chars
from analyzer.testing import Clip, ClipBank, Conditions, compose
from analyzer.testing.draw import Plan, draw_call, with_tokens
from analyzer.testing.scripted import scripted_transcript, true_speakers, true_voices

BANK = ClipBank.from_folder(Path(__file__).parents[2] / "fixtures" / "utterances")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_drawn_call_holds_what_was_planned(seed: int) -> None:
    plan = Plan(turns=3, backchannels=2, interruptions=2, terminals=1, together=1, silences=1, holds=1)
    script = draw_call("x", BANK, seed, plan)
    assert script == draw_call("x", BANK, seed, plan)
    truth = compose(script, BANK, seed).truth
    steps = Counter(type(s).__name__ for s in script.steps)
    assert (steps["Backchannel"], steps["Interrupt"], steps["StartTogether"], steps["Hold"]) == (2, 2, 1, 1)
    pauses = Counter(p.kind for p in truth.pauses)
    assert pauses[PauseKind.HOLD] == pauses[PauseKind.DEAD_AIR] == 1


def test_other_seeds_draw_other_calls() -> None:
    assert draw_call("x", BANK, 1) != draw_call("x", BANK, 2)


def test_truth_in_the_products_types() -> None:
    truth = compose(draw_call("x", BANK, 5, conditions=Conditions(swapped=True)), BANK, 5).truth
    voices, speakers = true_voices(truth), true_speakers(truth)
    assert [s.role for s in speakers] == [Role.CUSTOMER, Role.AGENT] and [s.index for s in speakers] == [0, 1]
    assert voices.activities[0].speech == truth.speech(Role.CUSTOMER)
    transcript = scripted_transcript(truth)
    for index, party in enumerate((Role.CUSTOMER, Role.AGENT)):
        said = "".join(spoken_chars(u.text) for u in truth.utterances if u.party is party)
        assert "".join(u.text for u in transcript.utterances if u.speaker == index) == said
    for utterance in transcript.utterances:
        assert all(word.span in utterance.span for word in utterance.words)
        assert voices.activities[utterance.speaker].speech.covered_ms(utterance.span) == utterance.span.duration_ms


def test_a_voice_without_tokens_gets_some() -> None:
    voice = BANK.voices()[0]
    read = ClipBank(Clip(c.text, "reader", c.samples, c.rate_hz) for c in BANK.of_voice(voice)[8:12])
    made = [c for c in with_tokens(read) if c.text.startswith("嗯")]
    assert len(made) == 2
    from analyzer.testing.placing import ready

    assert all(200 <= ready(c, 8000, (300, 3400)).length_ms <= 600 for c in made)
    assert len({c.text for c in with_tokens(read, count=4)}) == len(read) + 4


def test_turns_come_as_soon_as_the_plan_says() -> None:
    plan = Plan(turns=8, backchannels=0, interruptions=0, terminals=0, together=0, silences=0, holds=0, gap_ms=(0, 160))
    said = compose(draw_call("x", BANK, 4, plan), BANK, 4).truth.utterances
    assert all(0 <= b.span.start_ms - a.span.end_ms < 160 for a, b in pairwise(said))
