"""Why a recording has no scorecard is said in Chinese, whatever the code; a defect has its words."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import analyzer
from analyzer.outputs.labels import label
from analyzer.outputs.present import problem
from analyzer.outputs.problems import COMMANDS, PROBLEMS, explain, meaning
from analyzer.rules.types import Failed, Refused

PACKAGE = Path(analyzer.__file__).parent
OF_A_RECORDING = re.compile(r"(audio|metadata|machine|internal|archive)\.[a-z_]+")
OF_A_RUN = {"archive.cache"}  # these stop the run before any recording


def _strings() -> set[str]:
    trees = [ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py") if path.name != "problems.py"]
    return {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)
            and isinstance(node.value, str)}  # fmt: skip


def _defects() -> set[str]:
    """First arguments of `Defect(…)` and of the chunk reader's `note(…)`."""
    found = set()
    for path in (PACKAGE / "call").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if name in ("Defect", "note"):
                    found.add(node.args[0].value)
    return found


def test_every_code_that_can_end_a_recording_is_explained():
    codes = {text for text in _strings() if OF_A_RECORDING.fullmatch(text)} - OF_A_RUN
    assert len(codes) > 25
    assert codes == set(PROBLEMS)


def test_every_defect_has_words():
    defects = _defects()
    assert len(defects) > 20
    assert [code for code in sorted(defects) if label("defect", code) == code.replace("_", " ")] == []


def test_what_a_command_refuses_is_explained_by_codes_there_are():
    assert set(COMMANDS) <= _strings()


def test_who_begins_a_pack_or_a_review_is_refused_in_chinese():
    assert {"usage.folder_not_empty", "usage.pack_name", "usage.review_token"} <= set(COMMANDS)


def test_what_keeps_a_result_from_being_written_is_said_in_chinese():
    assert {text for text in _strings() if re.fullmatch(r"output\.[a-z_]+", text)} <= set(COMMANDS)


@pytest.mark.parametrize("code", [*PROBLEMS, *COMMANDS])
def test_the_explanation_is_chinese_and_says_what_to_do(code):
    what, todo = (PROBLEMS | COMMANDS)[code]
    assert re.search("[一-鿿]", what)
    assert re.search("[一-鿿]", todo)
    assert not re.search("[,;:!?。]", what + todo)  # Chinese punctuation, and the sentence's end is added once


def test_a_refusal_in_both_languages():
    refused = Refused("a.wav", "audio.empty", "the file has 0 bytes", "Fetch the recording again")
    assert problem(refused) == "a.wav：拒绝分析（audio.empty）：文件是空的。请重新取一次录音。（the file has 0 bytes）"
    assert problem(refused, "en") == "a.wav: refused (audio.empty): the file has 0 bytes. Fetch the recording again"


def test_a_code_nobody_explained_is_said_as_it_is():
    assert problem(Failed("a.wav", "model.unusable", "no engine", "Give another")).endswith("：no engine. Give another")
    assert meaning("model.unusable") == ""
    assert explain("audio.empty", "", "x") == "文件是空的。请重新取一次录音。"
