"""What a reader is told of a figure that is weak or missing."""

from tests.rules.small import find


def test_why_a_figure_decides_nothing_is_said_in_words() -> None:
    band = {"kind": "measure", "name": "active_level", "min": -30, "max": -12}
    weak = find("客服: 您好\nmeasure agent.active_level = -40 doubt=clipped", require=band)
    assert (weak.verdict, weak.reason, weak.reason_en) == (
        "unsure",
        "测量不可靠（有削波）；请判断算不算不符合：违反了",
        "the figure is weak (clipped)",
    )
    none = find("客服: 您好\nmeasure agent.active_level = none", require=band)
    assert (none.verdict, none.reason) == ("not_applicable", "有效语音电平无法得出")
    assert find("客服: 您好", require=band).reason == "没有测得有效语音电平"
