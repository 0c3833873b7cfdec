"""What of an ending can be known on one channel, by ear or by instrument, and what by nobody."""

from typing import Any

import pytest
from burst_calls import BYE, LONG, SHORT, A, C, bank, script

from analyzer.call.types import Layout
from analyzer.spans import Span
from analyzer.testing import Conditions, Ending, compose
from analyzer.testing.script import Hold, Say

MONO = Conditions(layout=Layout.MONO)
LEAVE = (Say(who=A, text=LONG), Say(who=C, text=BYE), Say(who=A, text=BYE))


def decided(*steps: Say | Hold, line: Conditions = MONO, **ending: Any) -> tuple[str, ...]:
    made = compose(script(*(steps or LEAVE), ending=Ending(**ending), conditions=line), bank(), 1)
    return made.truth.ending.decided_by


@pytest.mark.parametrize("party", ["agent", "customer"])
@pytest.mark.parametrize(
    "evidence", [(), ("hook_click",), ("busy_tone",), ("congestion_tone",), ("leg_went_dead",), ("cut_off",)]
)
def test_what_sounds_the_same_whoever_went_decides_nothing(party: str, evidence: tuple[str, ...]) -> None:
    assert decided(party=party, evidence=evidence) == ()


@pytest.mark.parametrize("evidence", ["busy_tone", "leg_went_dead"])
def test_the_one_who_speaks_on_did_not_go(evidence: str) -> None:
    on = (*LEAVE, Say(who=C, text=SHORT, gap_ms=1500))
    assert decided(*on, party="agent", evidence=(evidence,), after_ms=300, from_own_last=True) == ("spoke_on",)
    # the agent's last words are over before anything is heard of the customer's going
    assert decided(*on, party="customer", evidence=(evidence,), after_ms=300) == ()


def test_a_click_before_the_last_words_decides_nothing() -> None:
    on = (*LEAVE, Say(who=C, text=SHORT, gap_ms=1500))
    assert decided(*on, party="agent", evidence=("hook_click",), after_ms=300, from_own_last=True) == ()


def test_a_silent_line_without_a_goodbye_is_perhaps_a_muted_one() -> None:
    on = (Say(who=A, text=LONG), Say(who=C, text=SHORT, gap_ms=1500))
    gone = decided(*on, party="agent", evidence=("leg_went_dead",), after_ms=300, from_own_last=True)
    assert gone == decided(*on, party="customer", other_muted=True, after_ms=300) == ()


def test_lines_of_different_bands_are_told_apart() -> None:
    line = Conditions(layout=Layout.MONO, customer_band_hz=(300, 3400), band_hz=(80, 3400))
    assert decided(line=line, party="customer", evidence=("leg_went_dead",)) == ("line_by_band",)
    assert decided(line=line, party="customer", evidence=("busy_tone",)) == ()
    silent = Conditions(layout=Layout.MONO, customer_band_hz=(300, 3400), band_hz=(80, 3400), snr_db=None)
    assert decided(line=silent, party="customer", evidence=("leg_went_dead",)) == ()


@pytest.mark.parametrize(("agent_noise_db", "told"), [(0.0, ("line_by_hold",)), (-3.0, ())])
def test_a_hold_before_tells_two_noises_apart_that_differ(agent_noise_db: float, told: tuple[str, ...]) -> None:
    held = (Say(who=A, text=LONG), Hold(duration_ms=4000, sound="dead", announced=True), *LEAVE)
    line = Conditions(layout=Layout.MONO, agent_noise_db=agent_noise_db)  # at -3 both are alike
    assert decided(*held, line=line, party="customer", evidence=("leg_went_dead",)) == told


def test_noise_that_hides_the_other_line_is_not_missed() -> None:
    line = Conditions(layout=Layout.MONO, customer_band_hz=(300, 3400), band_hz=(80, 3400), agent_noise_db=9.0)
    assert decided(line=line, party="customer", evidence=("leg_went_dead",)) == ()
    assert decided(line=line, party="agent", evidence=("leg_went_dead",)) == ("line_by_band",)


def test_a_muted_leg_is_silent_to_the_end_while_its_party_stays() -> None:
    on = (Say(who=A, text=LONG), Say(who=C, text=SHORT, gap_ms=1500))
    call = compose(script(*on, ending=Ending(party="customer", other_muted=True, after_ms=300)), bank(), 1)
    agent = call.truth.speech(A).spans[-1]
    (sound,) = call.truth.sounds
    assert (sound.kind, sound.leg) == ("digital_silence", A)
    assert sound.span == Span(agent.end_ms + 300, call.truth.duration_ms)
    assert not call.samples[0][sound.span.start_ms * 8 :].any()
