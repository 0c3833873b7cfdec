"""A call whose agent was not understood, from the sound to what people see: no score, and why, before all else."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from rich.console import Console

from analyzer.call.types import CallMetadata, Role, Samples
from analyzer.outputs.call_page import page_data
from analyzer.outputs.encode import decode_scorecard, encode_scorecard
from analyzer.outputs.labels import Language
from analyzer.outputs.notices import Weight, notice_codes, notices
from analyzer.outputs.summary import print_summary
from analyzer.pipeline import Analyzer, judge_call
from analyzer.rules.pack import load_standard
from analyzer.rules.types import Scorecard, Verdict
from analyzer.spans import Span
from analyzer.speech import syllables
from analyzer.speech.recognizer import HeardWindow, HeardWord, ScoredToken
from analyzer.speech.types import ReadSyllable, Recognizer

CALL = Path(__file__).parents[2] / "fixtures" / "audio" / "d0-well-handled.wav"
ROLES = CallMetadata(roles=(Role.AGENT, Role.CUSTOMER))
FLUENT = "谢谢大家收看本期节目我们下次再会"


class Fluent:
    """Writes fluent Chinese of whatever it hears, and surely.

    Args:
        read: what another ear reads off the sound.
    """

    identity = Recognizer("fluent", "", "", "")

    def __init__(self, read: str) -> None:
        self.syllables = read

    def recognize(self, sound: Samples) -> HeardWindow:
        times = list(enumerate(range(0, len(sound) // 16 - 250, 250)))
        words = tuple(HeardWord(FLUENT[i % len(FLUENT)], at, at + 240, 0.9) for i, at in times)
        read = [(self.syllables[i % len(self.syllables)], Span(at, at + 240)) for i, at in times]
        return HeardWindow(
            words, syllables=tuple(ReadSyllable(c, s, 0.9, ((syllables.readings(c)[0], 0),)) for c, s in read)
        )

    def recognize_many(self, sounds: Sequence[Samples]) -> tuple[HeardWindow, ...]:
        return tuple(self.recognize(s) for s in sounds)

    def read(self, sound: Samples) -> tuple[ReadSyllable, ...]:
        return self.recognize(sound).syllables

    def score(self, sound: Samples, texts: Sequence[str]) -> tuple[tuple[ScoredToken, ...], ...]:
        return tuple(() for _ in texts)


def scored(read: str) -> Scorecard:
    return judge_call(Analyzer(Fluent(read)).hear(CALL, ROLES), load_standard("base"))


@pytest.fixture(scope="module")
def card() -> Scorecard:
    return scored("穷怂")


def on_the_terminal(card: Scorecard, language: Language = "zh") -> str:
    out = io.StringIO()
    print_summary(card, Console(file=out, width=400, color_system=None), language)
    return out.getvalue()


def test_fluent_words_that_nobody_said_get_no_score(card: Scorecard) -> None:
    assert (card.score.total, card.score.reason) == (None, "words_not_understood")
    assert all(section.score is None for section in card.score.sections)
    forbids_words = {"P1", "P7", "T7", "T8", "T9", "H5", "H12"}
    assert {f.verdict for f in card.findings if f.rule in forbids_words} == {Verdict.NOT_APPLICABLE}
    assert not [f.rule for f in card.findings if f.verdict is Verdict.FAIL and f.rule[0] in "PSCWH"]
    assert decode_scorecard(encode_scorecard(card)) == card


def test_the_same_words_with_the_sound_on_their_side_get_one() -> None:
    understood = scored(FLUENT)
    assert understood.score.total is not None
    assert next(f for f in understood.findings if f.rule == "P7").verdict is Verdict.PASS
    assert "words_not_understood" not in notice_codes(understood)


def test_that_is_said_before_all_else(card: Scorecard) -> None:
    first = notices(card)[0]
    assert (first.code, first.weight) == ("words_not_understood", Weight.ALARM)
    assert "坐席的话大多没有听懂" in first.text and "0%" in first.text and "不给得分" in first.text
    assert "no score" in notices(card, "en")[0].text
    lines = on_the_terminal(card).splitlines()
    assert "没有得分: 坐席的话大多没有听懂" in lines[1] and first.text in lines[2]
    data = page_data(card, None, "zh", {})
    assert data["notices"][0] == (True, first.text)
    assert notice_codes(card)[-1] == "words_not_understood"


def test_an_agent_who_is_not_heard_gets_no_score(tmp_path: Path) -> None:
    sound, rate = soundfile.read(CALL, dtype="float32")
    path = tmp_path / "customer alone.wav"
    soundfile.write(path, sound * np.float32((0.0, 1.0)), rate, subtype="PCM_16")
    card = judge_call(Analyzer(Fluent("穷怂")).hear(path, ROLES), load_standard("base"))
    assert (card.score.total, card.score.reason) == (None, "agent_not_heard")
    assert (notices(card)[0].code, notices(card)[0].weight) == ("agent_not_heard", Weight.ALARM)
    assert not [f.rule for f in card.findings if f.verdict is Verdict.PASS and f.rule[0] in "PH"]
    assert "没有得分: 录音里没有听到坐席说话" in on_the_terminal(card)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("roles", [None, ROLES])
def test_where_nobody_speaks_that_is_said_first_and_nothing_is_judged(
    channels: int, roles: CallMetadata | None, tmp_path: Path
) -> None:
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros((8000 * 60, channels), np.float32), 8000, subtype="PCM_16")
    card = judge_call(Analyzer(Fluent("穷怂")).hear(path, roles), load_standard("base"))
    assert (card.score.total, card.score.reason) == (None, "nobody_speaks")
    first = notices(card)[0]
    assert (first.code, first.weight) == ("nobody_speaks", Weight.ALARM) and first.text.startswith("整段录音没有人说话")
    assert notices(card, "en")[0].text.startswith("Nobody speaks in this recording")
    assert "roles_unknown" not in notice_codes(card)  # it goes without saying
    assert {f.verdict for f in card.findings} == {Verdict.NOT_APPLICABLE}
    assert "没有得分: 整段录音没有人说话" in on_the_terminal(card)


def test_contradicted_roles_come_first(card: Scorecard) -> None:
    heard = Analyzer(Fluent("穷怂")).hear(CALL, ROLES)
    speakers = tuple(replace(s, role_doubt="words_contradict") for s in heard.conversation.speakers)
    conversation = replace(heard.conversation, speakers=speakers)
    assert judge_call(replace(heard, conversation=conversation), load_standard("base")).score.reason == (
        "roles_contradicted"
    )
