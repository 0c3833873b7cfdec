"""What of a family's forms was found."""

from analyzer.rules.checks.found import Found
from analyzer.rules.checks.rawhits import RawHit
from analyzer.spans import Span


def hit(start: int, text: str) -> RawHit:
    return RawHit(0, start, start + len(text), Span(start, start + len(text)), 1.0, True, text)


def test_forms_come_in_the_order_they_are_written_in_whatever_they_begin_with() -> None:
    hits = {text: [hit(at, text)] for text, at in (("没办法", 9), ("您", 0), ("投诉", 3), ("不知道", 5))}
    forms = ("不知道", "您…去", "您…投诉", "没人管", "没办法", "您…不知道")
    found = [(form, found.quote) for form, found in Found(hits).forms(forms, 8)]
    assert found == [("不知道", "不知道"), ("您…投诉", "您…投诉"), ("没办法", "没办法"), ("您…不知道", "您…不知道")]
    assert list(Found({}).forms(forms, 8)) == []
