import pytest

from analyzer.outputs.spreadsheet import inert


@pytest.mark.parametrize("text", ["=1+1", "+8613800000000", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_is_run(text: str) -> None:
    assert inert(text) == "'" + text


@pytest.mark.parametrize("text", ["", "客服 = 张三", "8027", " 1-2", "'=1"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert inert(text) == text
