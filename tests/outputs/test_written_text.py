from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.call.types import Role
from analyzer.cli.main import cli
from analyzer.errors import UsageError
from analyzer.outputs.labels import Language
from analyzer.outputs.written_text import call_text, sentence_text
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.standard import Standard
from analyzer.rules.types import Verdict
from analyzer.rules.written import judge_written, read_sentence

CALL = """
客服: 您好，某某公司，请问有什么可以帮您？
用户: 我的宽带坏了，20块钱白交了
客服: 关我屁事
end agent
"""


@pytest.fixture(scope="module")
def base() -> Standard:
    return load_standard("base")


def of_sentence(
    base: Standard, said: str, role: Role = Role.AGENT, rules: Sequence[str] = (), language: Language = "zh"
) -> str:
    return "\n".join(sentence_text(base, read_sentence(said, role), rules, language))


def test_a_sentence_is_shown_with_what_was_found_and_the_rules_that_its_words_break(base: Standard) -> None:
    text = of_sentence(base, "谁跟您说的这个事啊")
    assert "找到  who_told_you (谁告诉您的): “谁跟您说的”" in text and "← P4" in text
    assert "✗ P4" in text and "✗ S1" not in text  # one sentence lacks a greeting, and shows nothing by that
    assert "−" not in text  # the points grow with the rules that don't apply, which here are nearly all
    assert "✗" not in of_sentence(base, "谁跟您说的这个事啊", Role.CUSTOMER)
    assert "found  who_told_you" in of_sentence(base, "谁跟您说的这个事啊", language="en")


def test_a_near_miss_accuses_nobody_and_says_why_the_phrase_does_not_count(base: Standard) -> None:
    text = of_sentence(base, "我怎么知道您的卡号呢，请您告诉我")
    assert "✗" not in text and "没有规则因这句话判为不符合或待确认" in text
    assert "相近  how_would_i_know (" in text and "): 我怎么知道 ↔ 我怎么知道" in text


def test_a_rule_that_is_asked_for_is_shown_whatever_it_says(base: Standard) -> None:
    assert "✓ P4" in of_sentence(base, "好的", rules=("P4",))
    assert "– V12" in of_sentence(base, "好的", rules=("V12",))
    with pytest.raises(UsageError, match=r"usage\.rule"):
        of_sentence(base, "好的", rules=("P444",))


def test_nothing_that_is_written_steers_the_terminal(base: Standard) -> None:
    text = of_sentence(base, "谁跟您说的\x1b[31m这个事啊")
    assert "\x1b" not in text


def test_a_call_is_shown_turn_by_turn_with_every_rule_that_fails_or_is_unsure(base: Standard) -> None:
    call = parse_call(CALL)
    lines = list(call_text(base, call))
    findings = judge_written(base, call)
    for finding in findings:
        shown = any(line[2:].startswith(f"{finding.rule} {finding.name}") for line in lines)
        assert shown == (finding.verdict in (Verdict.FAIL, Verdict.UNSURE)), finding.rule
    assert "    读作  我的宽带坏了二十块钱白交了" in lines
    assert sum(int(part.split()[-1]) for part in lines[-1].split(" · ")) == len(base.rules)
    only = list(call_text(base, call, ("T2", "P4")))
    assert [line[:4] for line in only if line[:1] in ("✗", "?", "✓", "–")] == ["✗ T2", "✓ P4"]


def test_a_whole_call_says_what_its_failures_cost(base: Standard) -> None:
    assert any(line.startswith("✗") and "−" in line for line in call_text(base, parse_call(CALL)))


def test_the_command_judges_a_sentence_or_a_file_and_refuses_what_is_neither(tmp_path: Path) -> None:
    def run(*args: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["standard", "judge", *args], standalone_mode=False)
        return (result.return_value if result.exception is None else -1), result.output

    file = tmp_path / "call.txt"
    file.write_text(CALL, encoding="utf-8")
    code, text = run("--call", str(file), "--rule", "T2")
    assert code == 0 and "✗ T2" in text
    code, text = run("谁跟您说的", "--by", "customer", "--lang", "en")
    assert code == 0 and "customer  谁跟您说的" in text
    assert run()[0] == run("谁跟您说的", "--call", str(file))[0] == -1
    file.write_text("客服！", encoding="utf-8")
    code, text = run("--call", str(file))
    assert code == 2 and "call.txt 第 1 行" in text
