"""An organisation that no standard names: what stands between hello and offer is its name."""

from dataclasses import replace

import msgspec
import pytest

from analyzer.rules.evaluate import judge
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("您好长风客运很高兴为您服务请讲", "pass"),
        ("您好小像是幼儿园请问有什么可以帮您", "pass"),
        ("你好朗声助听器我是小庄", "pass"),
        ("您好先生您请讲", "unsure"),
        ("您好不好意思让您久等了请讲", "unsure"),
        ("您好工号八八六为您服务", "unsure"),
        ("您好乐意为您效劳", "unsure"),
    ],
)
@pytest.mark.parametrize("probability", [0.95, 0.5])
def test_it_is_found_however_badly_it_was_recognised(said: str, expected: str, probability: float) -> None:
    """Names are not in the recogniser's dictionary."""
    call = parse_call(f"客服: {said}\n用户: 我要退货\n客服: 好的")
    first, *others = call.conversation.turns
    each = [probability if 2 <= at < 6 else 0.95 for at in range(len(first.words))]
    words = tuple(msgspec.structs.replace(w, probability=p) for w, p in zip(first.words, each, strict=True))
    conversation = replace(call.conversation, turns=(replace(first, words=words), *others))
    judged = judge(
        load_standard("base"), conversation, call.measures, call.hangup, call.metadata, only=("S1_name",)
    )  # fmt: skip
    assert [f.verdict for f in judged.findings] == [expected]
