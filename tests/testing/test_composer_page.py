"""The example in the composer's page runs as printed."""

import re
from pathlib import Path

import pytest

from analyzer.testing import CallTruth

ROOT = Path(__file__).parents[2]


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "composer.md").read_text("utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.S)
    assert code
    text = code[1].replace('Path("out")', f"Path({str(tmp_path)!r})")
    monkeypatch.chdir(ROOT)
    exec(compile(text, "composer.md", "exec"), {})
    truth = CallTruth.load(tmp_path / "example.truth.json")
    assert [o.kind.value for o in truth.overlaps] == ["interruption", "backchannel"]
    assert (tmp_path / "example.wav").exists()
