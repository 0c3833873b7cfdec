"""The short fixture calls: each shows one thing, and only that one."""

import pytest

from analyzer.call.types import Role
from analyzer.measure.types import OverlapKind, OverlapOutcome
from analyzer.rules.types import Scorecard, Verdict

from .conftest import Score, truth_of

pytestmark = pytest.mark.e2e

DECIDABLE = ("ending-agent-dead", "ending-busy-tone", "ending-congestion", "ending-customer-dead")
UNDECIDABLE = ("ending-cut-off", "ending-hook-click", "ending-none")


def verdict(card: Scorecard, rule: str) -> Verdict:
    return next(f.verdict for f in card.findings if f.rule == rule)


def value(card: Scorecard, name: str, role: Role | None = Role.AGENT) -> float:
    found = next(m for m in card.measures if m.name == name and m.role == role)
    assert found.value is not None, (name, found.reason)
    return found.value


@pytest.mark.parametrize("name", DECIDABLE)
def test_who_hung_up_is_heard_where_the_sound_says_so(scored: Score, name: str) -> None:
    hangup = scored(name).hangup
    assert hangup.party == truth_of(name)["ending"]["party"]
    assert hangup.method == "audio" and hangup.evidence


@pytest.mark.parametrize("name", UNDECIDABLE)
def test_nobody_is_named_where_the_sound_can_only_hint(scored: Score, name: str) -> None:
    card = scored(name)
    if card.call.metadata.released_by is not None:  # the call record decides, and is named as the method
        assert (card.hangup.party, card.hangup.method) == (card.call.metadata.released_by, "metadata")
    else:
        assert card.hangup.party == "unknown"
        assert verdict(card, "T2") is Verdict.NOT_APPLICABLE


def test_hanging_up_right_after_ones_own_goodbye_is_a_violation(scored: Score) -> None:
    assert verdict(scored("ending-agent-dead"), "T2") in (Verdict.FAIL, Verdict.UNSURE)
    assert verdict(scored("ending-customer-dead"), "T2") is Verdict.PASS


def test_an_interruption_is_one_and_a_backchannel_is_none(scored: Score) -> None:
    cut_in = [o for o in scored("interruption").overlaps if o.kind is OverlapKind.INTERRUPTION]
    truth = truth_of("interruption")["overlaps"][0]["span"]
    assert [(o.by_role, o.outcome) for o in cut_in] == [(Role.AGENT, OverlapOutcome.SUCCESSFUL)]
    assert abs(cut_in[0].span.start_ms - truth["start_ms"]) <= 150
    assert verdict(scored("interruption"), "T1") is Verdict.FAIL
    nodding = scored("backchannel")
    assert not [o for o in nodding.overlaps if o.kind is OverlapKind.INTERRUPTION]
    assert verdict(nodding, "T1") is Verdict.PASS


def test_a_silent_hold_is_told_from_an_announced_one(scored: Score) -> None:
    # on some processors the words before the silence are doubted, and might have asked to wait
    assert verdict(scored("hold-silent"), "S6") in (Verdict.FAIL, Verdict.UNSURE)
    assert verdict(scored("hold-silent"), "C4") is Verdict.FAIL
    assert verdict(scored("hold-announced"), "S6") is Verdict.PASS
    assert verdict(scored("hold-announced"), "C4") is not Verdict.FAIL


def test_shouting_is_heard_and_calm_speech_is_not(scored: Score) -> None:
    assert value(scored("shouting-agent"), "shouting_time") > 0
    assert value(scored("backchannel"), "shouting_time") == 0
    assert verdict(scored("backchannel"), "V6") is Verdict.PASS


def test_a_mumbling_agent_is_softer_than_the_others(scored: Score) -> None:
    mumbled, plain = scored("mumbling-agent"), scored("backchannel")
    assert value(mumbled, "active_level") < value(plain, "active_level") - 6
    assert verdict(mumbled, "V2") in (Verdict.FAIL, Verdict.UNSURE)


def test_a_mono_call_keeps_what_needs_no_roles_and_accuses_nobody(scored: Score) -> None:
    card = scored("mono")
    assert all(s.role is Role.UNKNOWN for s in card.speakers)
    assert card.turns and any(t.text for t in card.turns)
    assert value(card, "silence_share", None) > 0
    assert value(card, "articulation_rate", Role.UNKNOWN) > 0
    assert not [f.rule for f in card.findings if f.verdict is Verdict.FAIL and f.rule[0] in "PTHSCW"]
