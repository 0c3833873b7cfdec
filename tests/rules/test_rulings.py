"""What a ruling rests on: the figures below which nothing is trusted, and none that only make points."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from analyzer.rules.rulings import bases_of
from analyzer.rules.standard import Scoring
from analyzer.rules.types import Severity
from tests.rules.small import standard

CHANGED = {
    "deduction": {Severity.MAJOR: 40},
    "reweight_limit": 2.0,
    "same_words_once": False,
    "fatal_cap": 20.0,
    "min_applied": 0.3,
    "min_role_confidence": 0.7,
    "min_separation_confidence": 0.7,
    "low_word_probability": 0.5,
    "min_words_understood": 50.0,
}
TRUSTS = {"min_role_confidence", "min_separation_confidence", "low_word_probability", "min_words_understood"}


@pytest.mark.parametrize("name", [f.name for f in msgspec.structs.fields(Scoring)])
def test_rulings_are_made_anew_where_words_or_roles_are_trusted_otherwise(name: str) -> None:
    made = replace(standard({"require": {"kind": "said", "any": ["hello"]}}), sha256="before")
    scoring = msgspec.structs.replace(made.scoring, **{name: CHANGED[name]})
    changed = replace(made, scoring=scoring, sha256=f"after {name}")
    assert (bases_of(changed).rules != bases_of(made).rules) == (name in TRUSTS)
