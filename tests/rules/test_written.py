from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from analyzer.call.types import Role
from analyzer.errors import UsageError
from analyzer.rules.asked import rules_by_family
from analyzer.rules.pack import load_standard
from analyzer.rules.standard import Standard
from analyzer.rules.told import PackError
from analyzer.rules.types import Verdict
from analyzer.rules.written import (
    LEAST_LIKE,
    MOST_BYTES,
    MOST_CHARACTERS,
    judge_written,
    nearest,
    read_sentence,
    read_written,
    turns_with_hits,
)


@pytest.fixture(scope="module")
def base() -> Standard:
    return load_standard("base")


def test_a_sentence_breaks_the_rule_that_its_words_break_and_only_in_the_agents_mouth(base: Standard) -> None:
    for role, verdict in ((Role.AGENT, Verdict.FAIL), (Role.CUSTOMER, Verdict.NOT_APPLICABLE)):
        call = read_sentence("谁跟您说的这个事啊", role)
        (turn,) = turns_with_hits(base, call.conversation)
        assert turn.turn.role == role
        assert [hit.sure for hit in turn.hits if hit.family == "who_told_you"] == ([True] if role is Role.AGENT else [])
        (finding,) = judge_written(base, call, ("P4",))
        assert finding.verdict is verdict


def test_a_turn_is_read_as_it_is_spoken(base: Standard) -> None:
    (turn,) = turns_with_hits(base, read_sentence("退您20%，工号8027号。", Role.AGENT).conversation)
    assert turn.read == "退您百分之二十工号八零二七号"


def test_what_comes_near_is_no_family_that_was_found_and_the_nearest_is_first(base: Standard) -> None:
    (turn,) = turns_with_hits(base, read_sentence("我怎么知道您的卡号呢，请您告诉我", Role.AGENT).conversation)
    near = nearest(base, turn)
    assert near[0].family == "how_would_i_know"  # which a longer, harmless phrase explains
    assert near[0].score > near[0].needed
    assert [one.score for one in near] == sorted((one.score for one in near), reverse=True)
    assert not {one.family for one in near} & {hit.family for hit in turn.hits}
    (turn,) = turns_with_hits(base, read_sentence("谁告似你呀", Role.AGENT).conversation)
    near = nearest(base, turn)
    assert near[0].family == "who_told_you"
    assert any(one.score < one.needed for one in near)
    assert all(one.score >= LEAST_LIKE and one.quote in turn.read for one in near)


def test_rules_ask_for_a_family_in_a_partys_words() -> None:
    standard = load_standard("base")
    agents, customers, anybodys = (rules_by_family(standard, role) for role in (Role.AGENT, Role.CUSTOMER, None))
    assert "P4" in agents["who_told_you"] and "who_told_you" not in customers
    for family, rules in anybodys.items():
        assert set(rules) == {*agents.get(family, ()), *customers.get(family, ())}


@pytest.mark.parametrize("said", ["", " \n", "，。？", "说" * (MOST_CHARACTERS + 1)])
def test_what_is_no_sentence_is_refused(said: str) -> None:
    with pytest.raises(UsageError, match=r"usage\.sentence"):
        read_sentence(said, Role.AGENT)


def test_a_written_call_is_read_from_a_file_and_from_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "﻿客服: 您好\n用户: 你好\n".encode()
    file = tmp_path / "call.txt"
    file.write_bytes(text)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(text)))
    assert read_written(file) == read_written(Path("-"))
    assert [turn.text for turn in read_written(file).conversation.turns] == ["您好", "你好"]


def test_a_file_that_is_no_written_call_is_refused_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "call.txt"
    for content in (b"\xff\xfe\x00", b"a" * (MOST_BYTES + 1)):
        file.write_bytes(content)
        with pytest.raises(UsageError, match=r"usage\.written_call.*call\.txt"):
            read_written(file)
    with pytest.raises(UsageError, match="none"):
        read_written(tmp_path / "none")
    file.write_text("客服: 您好\n\n客户！！你好\n", encoding="utf-8")
    with pytest.raises(PackError) as refused:
        read_written(file)
    assert refused.value.line == 3 and "call.txt 第 3 行" in refused.value.said[0].zh
    file.write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(PackError, match=r"standard\.example"):
        read_written(file)
