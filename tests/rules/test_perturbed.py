"""The first draw of `benchmarks/perturb.py`: verdicts survive a recogniser's errors."""

from pathlib import Path

import pytest
from perturb import perturbed

from analyzer.rules.evaluate import judge
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.testing import corrupt


@pytest.mark.parametrize(("rate", "most"), [(0.10, 0.02), (0.25, 0.05)])
def test_verdicts_seldom_flip(rate: float, most: float) -> None:
    if not (Path(corrupt.__file__).parent / "confusions.json").exists():
        pytest.skip("the recogniser's errors have not been measured: run benchmarks/confusions.py")
    standard = load_standard("base")
    flips = total = 0
    for rule in standard.rules:
        for expected, texts in (("pass", rule.examples.passing), ("fail", rule.examples.failing)):
            for text in texts:
                made = perturbed(parse_call(text), rate, seed=0)
                finding = judge(
                    standard, made.conversation, made.measures, made.hangup, made.metadata, only=(rule.id,)
                ).findings[0]
                flips += {expected, str(finding.verdict)} == {"pass", "fail"}
                total += 1
    assert total >= 700
    assert flips <= most * total
