"""What a text must hold for a frame to fit it."""

import pytest

from analyzer.rules.checks.frameneeds import FrameNeeds


@pytest.mark.parametrize(
    ("pattern", "may_fit"),
    [
        ("没空", ["我没空", "空没没空"]),
        ("没.{0,3}空", ["我没空", "空没没空", "没有空", "空没"]),
        ("(没|有)空", ["我没空", "空没没空", "没有空"]),
        ("没(有|什么)?空", ["我没空", "空没没空", "没有空"]),
        ("^(嗯|空)$", ["我没空", "空没没空", "没有空", "空没", "嗯"]),
        ("(没|)空", ["我没空", "空没没空", "没有空", "空没"]),
        ("没+空", ["我没空", "空没没空"]),
        ("没[^有]", ["我没空", "空没没空", "没有空", "空没"]),
        (r"\d", ["我没空", "空没没空", "没有空", "空没", "嗯", ""]),
        ("甲|乙丙", []),
    ],
)
def test_texts_that_lack_what_a_pattern_needs_are_left_out(pattern: str, may_fit: list[str]) -> None:
    texts = ["我没空", "空没没空", "没有空", "空没", "嗯", ""]
    found = FrameNeeds([pattern, "别的"]).may_fit(texts)
    assert [text for at, text in enumerate(texts) if found[pattern] >> at & 1] == may_fit
    assert found["别的"] == 0


def test_texts_are_told_apart_however_many_there_are() -> None:
    texts = ["没空" if at % 7 == 3 else "有空" for at in range(200)]
    assert FrameNeeds(["没空"]).may_fit(texts) == {"没空": sum(1 << at for at in range(3, 200, 7))}
    assert FrameNeeds(["没空"]).may_fit([]) == {"没空": 0}
    assert FrameNeeds([]).may_fit(texts) == {}
    assert FrameNeeds([r"\d"]).may_fit(texts) == {r"\d": (1 << 200) - 1}
