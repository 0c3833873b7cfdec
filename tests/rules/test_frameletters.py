"""Frames over letters of their own fit where they fit over characters."""

import re

import pytest

from analyzer.rules.checks import frameletters
from analyzer.rules.checks.frameletters import fits_in
from analyzer.rules.pack import load_standard
from analyzer.speech.mandarin import spoken_text


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        ("(吗|呢)$", "可以吗可以吗"),
        ("[^您你]{2,3}?好", "我们您好我们都好"),
        ("(?:再|回)见.*", "那就再见了拜拜"),
        ("^好+的?|的", "好好的好的"),
        ("a[b-d]|x", "axac"),  # a range: over characters
        ("(?i)APP", "手机app"),
        ("\\pN|[[:alpha:]]", "一a"),
        (r"\.|好", "好"),
        ("好{|]", "好好"),
        (".", "一𠮷二"),
    ],
)
def test_fits_as_over_characters(pattern: str, line: str) -> None:
    assert list(fits_in(pattern, line)) == list(frameletters._fits_characters(pattern, line))


def test_a_character_for_each_letter_and_one_more() -> None:
    for count in (254, 255):  # 好 is one of them
        named = "".join(map(chr, range(0x4E00, 0x4E00 + count - 1)))
        pattern = f"[{named}]{{2}}好|{named[-1]}$"
        line = f"一二好，{named[:3]}好{named[-2:]}"
        assert (frameletters._lettered(pattern) is None) == (count > 254)
        assert list(fits_in(pattern, line)) == [m.span() for m in re.finditer(pattern, line)]


def test_every_pattern_of_the_standard_fits_the_same_places() -> None:
    standard = load_standard("base")
    said = [spoken_text(text) for family in standard.families.values() for text in (*family.forms, *family.near_misses)]
    texts = list(dict.fromkeys(text for text in said if text))[::23]
    lettered = fits = 0
    for pattern in standard.patterns[::3]:
        lettered += frameletters._lettered(pattern) is not None
        for text in texts:
            over_characters = list(frameletters._fits_characters(pattern, text))
            fits += len(over_characters)
            assert list(fits_in(pattern, text)) == over_characters, (pattern, text)
    assert lettered > 500
    assert fits > 100
