import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import analyzer.measure
from analyzer.outputs.labels import label, profile_name, when


def reasons() -> Iterator[str]:
    """Every reason and doubt that a measure can give, as they stand in the code."""
    names = ("reason", "why", "doubt")
    for path in Path(analyzer.measure.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            given: list[ast.expr] = []
            if isinstance(node, ast.Call):
                given = [k.value for k in node.keywords if k.arg in names]
            elif isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id in names for t in node.targets):
                given = [node.value]
            for value in given:
                texts = [c.value for c in ast.walk(value) if isinstance(c, ast.Constant) and isinstance(c.value, str)]
                yield from (text for text in texts if text.isidentifier())


@pytest.mark.parametrize(
    ("iso", "said"),
    [
        ("2026-11-27T13:00:00", "2026-11-27 13:00"),
        ("2026-11-27T13:00:09.500000", "2026-11-27 13:00:09"),
        ("2026-03-02T09:30:00+08:00", "2026-03-02 09:30 +08:00"),
        ("2026-11-27", "2026-11-27"),
        ("周五", "周五"),
    ],
)
def test_a_time_is_said_as_people_write_it(iso: str, said: str) -> None:
    assert when(iso) == said


def test_every_reason_of_a_measure_is_said_in_both_languages() -> None:
    found = sorted(set(reasons()))
    assert "no_turn" in found and "weak_by_nature" in found and len(found) > 20
    without = [code for code in found if not any("一" <= char <= "鿿" for char in label("why", code, "zh"))]
    assert without == []
    assert [code for code in found if "_" in label("why", code, "en")] == []


def test_a_ratio_of_one_partys_rates_lacks_that_partys_speech() -> None:
    assert label("why", "too_little_other_speech", "zh") == "数字费用之外说得太少"
    assert label("why", "too_little_other_speech", "en") == "too little speech besides figures and fees"


def test_a_profile_that_only_its_pack_names_is_said_as_it_is_typed() -> None:
    assert (profile_name("default"), profile_name("default", "en")) == ("默认", "default")
    assert profile_name("night_shift") == "night_shift"
