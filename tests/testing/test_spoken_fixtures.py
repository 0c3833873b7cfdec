"""The sentences spoken for benchmarks/prohibited.py are those that the text tests judge, and none is missing."""

import spoken_calls
from test_prohibited import NEAR_MISSES, PROHIBITED, PROVOKING

from analyzer.call.types import Role
from analyzer.speech.mandarin import spoken_key

CASES = list(spoken_calls.cases(spoken_calls.clips()))


def test_every_phrase_is_spoken_in_three_voices() -> None:
    spoken = [(c.rule, spoken_key(c.text)) for c in CASES if c.rule]
    wanted = [*PROHIBITED.items(), *(("H5", text) for text in PROVOKING)]
    assert sorted(spoken) == sorted((rule, spoken_key(text)) for rule, text in wanted for _ in spoken_calls.PAIRS)


def test_every_near_miss_is_spoken_in_two_voices() -> None:
    spoken = [("用户" if c.who is Role.CUSTOMER else "客服", spoken_key(c.text)) for c in CASES if not c.rule]
    wanted = [(who, spoken_key(text)) for who, _, text in (line.partition(": ") for line in NEAR_MISSES)]
    assert sorted(spoken) == sorted(2 * wanted)
