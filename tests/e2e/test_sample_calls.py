"""The documents' three sample calls, from the file to the findings, with the real recogniser."""

import json
from difflib import SequenceMatcher
from pathlib import Path

import jsonschema
import pytest

from analyzer.call.types import Role
from analyzer.outputs.encode import encode_scorecard, schema
from analyzer.pipeline import Analyzer, HearingSettings, analyze_call
from analyzer.rules.standard import Standard
from analyzer.rules.types import Finding, Scorecard, Scored, Verdict
from analyzer.speech.mandarin import spoken_chars
from analyzer.speech.recognizer import WhisperRecognizer

from .conftest import AUDIO, Score, truth_of
from .recorded import Answers, Recording, Replaying

pytestmark = pytest.mark.e2e

SAMPLES = ("d0-well-handled", "d0-badly-handled", "d2-kept-waiting")
EVERY = tuple(sorted(p.name.removesuffix(".truth.json") for p in AUDIO.glob("*.truth.json")))
GOLDEN = Path(__file__).parents[1] / "golden"


def finding(card: Scorecard, rule: str) -> Finding:
    return next(f for f in card.findings if f.rule == rule)


def failed(card: Scorecard) -> set[str]:
    return {f.rule for f in card.findings if f.verdict is Verdict.FAIL}


def utterance(name: str, part: str) -> dict:
    return next(u for u in truth_of(name)["utterances"] if part in u["text"])


def quoted_at(card: Scorecard, rule: str, name: str, said: str) -> None:
    """The rule fails, with evidence inside the utterance where the thing was said, quoting mostly its words."""
    found = finding(card, rule)
    assert found.verdict is Verdict.FAIL, (rule, found.verdict, found.reason)
    truth = utterance(name, said)["span"]
    hits = [e for e in found.evidence if truth["start_ms"] - 100 <= e.span.start_ms < truth["end_ms"]]
    assert hits, (rule, found.evidence)
    assert all(e.span.end_ms <= truth["end_ms"] + 100 for e in hits)
    best = max(SequenceMatcher(None, said, e.quote).ratio() for e in hits)
    assert best >= 0.5, [e.quote for e in hits]


def test_the_well_handled_call_scores_far_above_the_badly_handled_one(scored: Score) -> None:
    well, badly = scored("d0-well-handled").score.total, scored("d0-badly-handled").score.total
    assert well is not None and badly is not None
    assert well >= badly + 25


def test_the_badly_handled_call_is_told_what_went_wrong_where(scored: Score) -> None:
    name, card = "d0-badly-handled", scored("d0-badly-handled")
    quoted_at(card, "C2", name, "我们是不会乱扣钱的")
    quoted_at(card, "C9", name, "您可以到我们的营业厅打印清单")
    empathy = finding(card, "W6")
    assert empathy.verdict is Verdict.FAIL
    upset = utterance(name, "来回路费")["span"]
    assert any(e.span.end_ms > upset["start_ms"] for e in empathy.evidence)


def test_the_well_handled_call_breaks_no_prohibition(scored: Score) -> None:
    card = scored("d0-well-handled")
    assert not {f.rule for f in card.findings if f.verdict is Verdict.FAIL and f.rule.startswith("P")}
    assert not failed(card) & {"C2", "C9", "W6", "H5", "T1", "T2", "T6", "T7", "T8", "T10"}


def test_the_caller_who_was_kept_waiting(scored: Score) -> None:
    name, card = "d2-kept-waiting", scored("d2-kept-waiting")
    quoted_at(card, "E2", name, "今天电话特别多")
    quoted_at(card, "E2", name, "那是我们领导的事")
    assert finding(card, "E1").verdict is Verdict.FAIL
    assert finding(card, "E6").verdict is Verdict.PASS
    assert finding(card, "P1").verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("d0-well-handled", {"C8": "pass", "W7": "pass", "E3": "pass", "H2": "not_applicable", "T6": "pass"}),
        ("d0-badly-handled", {"C8": "not_applicable", "W7": "not_applicable", "E1": "fail", "W6": "fail",
                              "E3": "unsure", "H2": "unsure", "V12": "unsure"}),
        ("d2-kept-waiting", {"C8": "unsure", "E1": "fail", "W6": "fail", "E3": "unsure", "E4": "unsure",
                             "H2": "unsure"}),
        ("shouting-agent", {"E1": "fail", "W6": "fail", "H2": "unsure", "C2": "unsure", "T6": "unsure",
                            "T12": "unsure", "T7": "fail", "V6": "fail", "V9": "pass"}),
        ("interruption", {"C8": "not_applicable", "T1": "fail"}),
    ],
)  # fmt: skip
def test_what_each_sample_is_told(scored: Score, name: str, expected: dict[str, str]) -> None:
    assert {f.rule: str(f.verdict) for f in scored(name).findings if f.rule in expected} == expected


def test_evidence_stands_once_in_order_and_where_it_belongs(scored: Score) -> None:
    for name in EVERY:
        for f in (*scored(name).findings, *scored(name).observations):
            places = [(e.span, e.quote or e.what) for e in f.evidence]
            assert len(places) == len(set(places)), (name, f)
            assert [s.start_ms for s, _ in places] == sorted(s.start_ms for s, _ in places), (name, f)
    complaint = utterance("d2-kept-waiting", "少等会儿")["span"]
    for rule in ("E1", "W6"):
        assert all(e.span.start_ms >= complaint["start_ms"] for e in finding(scored("d2-kept-waiting"), rule).evidence)
    last = finding(scored("d0-badly-handled"), "V12")
    assert "很短" not in last.reason
    read_back = finding(scored("d0-well-handled"), "W14")
    assert not [e.quote for e in read_back.evidence if e.quote.startswith(("是这样", "也就是"))]


def test_a_recording_cut_short_accuses_nobody_of_what_came_after(
    the_analyzer: Analyzer, standard: Standard, tmp_path: Path
) -> None:
    sound = (AUDIO / "d0-well-handled.wav").read_bytes()
    cut = tmp_path / "cut.wav"
    cut.write_bytes(sound[: len(sound) // 3])
    outcome = analyze_call(cut, the_analyzer, standard)
    assert isinstance(outcome, Scored)
    assert not failed(outcome.scorecard)
    for rule in ("C8", "W7"):
        assert finding(outcome.scorecard, rule).verdict is Verdict.UNSURE


@pytest.mark.parametrize("name", SAMPLES)
def test_roles_words_and_times_are_those_of_the_script(scored: Score, name: str) -> None:
    card, truth = scored(name), truth_of(name)
    assert {s.index: s.role for s in card.speakers} == {0: Role.AGENT, 1: Role.CUSTOMER}
    wrong = said = 0
    edges = []
    for u in truth["utterances"]:
        text = spoken_chars(u["text"])
        at = u["span"]
        turns = [
            t
            for t in card.turns
            if t.role == u["party"] and t.span.start_ms < at["end_ms"] and at["start_ms"] < t.span.end_ms
        ]
        heard = spoken_chars("".join(t.text for t in turns))
        same = sum(b.size for b in SequenceMatcher(None, text, heard, autojunk=False).get_matching_blocks())
        wrong, said = wrong + max(len(text), len(heard)) - same, said + len(text)
        if len(turns) == 1:
            edges += [abs(turns[0].span.start_ms - at["start_ms"]), abs(turns[0].span.end_ms - at["end_ms"])]
    assert wrong / said <= 0.15
    edges.sort()
    assert edges[len(edges) // 2] <= 40
    assert edges[int(len(edges) * 0.95)] <= 200


@pytest.mark.parametrize("name", EVERY)
def test_every_scorecard_keeps_the_schema(scored: Score, name: str) -> None:
    data = json.loads(encode_scorecard(scored(name)))
    jsonschema.Draft202012Validator(schema()).validate(data)
    assert data["provenance"]["recognizer"]["model_sha256"].startswith("905e5bf8336b")
    ids = [f["rule"] for f in data["findings"]]
    assert len(ids) == len(set(ids))
    for f in data["findings"]:
        assert f["verdict"] != "fail" or f["evidence"], f"{f['rule']} accuses without evidence"
        assert all(e["span"]["end_ms"] <= card_end(data) for e in f["evidence"])
    for m in data["measures"]:
        assert (m["value"] is None) == (m["reason"] is not None), m["name"]


def card_end(data: dict) -> int:
    return data["call"]["facts"]["duration_ms"]


def summary(card: Scorecard) -> dict:
    """What must not change unnoticed: verdicts, turns, the ending and the figures people are judged by."""
    kept = ("articulation_rate", "active_level", "pitch_median", "talk_share", "interruptions", "dead_air_total")
    return {
        "total": card.score.total,
        "verdicts": {f.rule: str(f.verdict) for f in card.findings},
        "turns": [[str(t.role), t.span.start_ms, t.span.end_ms, t.text] for t in card.turns],
        "hangup": [card.hangup.party, card.hangup.method],
        "measures": {f"{m.role or 'call'}.{m.name}": m.value for m in card.measures if m.name in kept},
    }


@pytest.mark.parametrize("name", SAMPLES)
def test_golden(recognizer: WhisperRecognizer, standard: Standard, name: str, request: pytest.FixtureRequest) -> None:
    """With the recogniser's recorded answers the scorecard is the recorded one. --write-golden records both anew."""
    path, words = GOLDEN / f"{name}.json", GOLDEN / f"{name}.words.json"
    settings = HearingSettings(organisation=standard.organisation)
    if request.config.getoption("--write-golden"):
        recording = Recording(recognizer)
        outcome = analyze_call(AUDIO / f"{name}.wav", Analyzer(recording, settings), standard)
        assert isinstance(outcome, Scored)
        words.write_bytes(recording.answers.write())
        path.write_text(json.dumps(summary(outcome.scorecard), ensure_ascii=False, indent=1) + "\n", "utf-8")
    replaying = Replaying(Answers.read(words.read_bytes()))
    outcome = analyze_call(AUDIO / f"{name}.wav", Analyzer(replaying, settings), standard)
    assert isinstance(outcome, Scored) and replaying.is_done(), outcome
    now, then = summary(outcome.scorecard), json.loads(path.read_text("utf-8"))
    assert now["verdicts"] == then["verdicts"]
    assert now["total"] == then["total"]
    assert now["hangup"] == then["hangup"]
    assert [t[0] for t in now["turns"]] == [t[0] for t in then["turns"]]
    for mine, theirs in zip(now["turns"], then["turns"], strict=True):
        assert mine[1:3] == pytest.approx(theirs[1:3], abs=20)
        assert mine[3] == theirs[3]
    assert now["measures"].keys() == then["measures"].keys()
    for key, value in now["measures"].items():
        assert value == (
            None if then["measures"][key] is None else pytest.approx(then["measures"][key], rel=0.03, abs=0.3)
        )


@pytest.mark.parametrize("name", SAMPLES)
def test_another_processor_accuses_of_the_same(scored: Score, name: str) -> None:
    """Words differ a little from processor to processor; what somebody is told may not."""
    now, then = summary(scored(name)), json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    accused = {rule for rule, verdict in then["verdicts"].items() if verdict == "fail"}
    assert {rule for rule, verdict in now["verdicts"].items() if verdict == "fail"} == accused
    assert now["verdicts"].keys() == then["verdicts"].keys()
    assert now["total"] == pytest.approx(then["total"], abs=0.5)
    assert now["hangup"] == then["hangup"]
    assert [t[0] for t in now["turns"]] == [t[0] for t in then["turns"]]
    for mine, theirs in zip(now["turns"], then["turns"], strict=True):
        assert mine[1:3] == pytest.approx(theirs[1:3], abs=20)
        assert SequenceMatcher(None, spoken_chars(mine[3]), spoken_chars(theirs[3])).ratio() >= 0.9  # 7951 is 七九五一
