"""Mandarin text: one script, and characters as they are spoken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise

import msgspec
import opencc

from analyzer.speech.numbers import figures

LATIN = "x"  # stands for one syllable of a foreign word in spoken text

_WIDE = {0xFF10 + i: 0x30 + i for i in range(10)} | {0xFF21 + i: 0x41 + i for i in range(26)}
_WIDE |= {0xFF41 + i: 0x61 + i for i in range(26)} | {0xFF0E: 0x2E}
_FOLDS = str.maketrans({"妳": "你", "祇": "只", "衹": "只", "喒": "咱", "欸": "诶"})
# 著 is 着 except in the words where it is a work or means eminent
_ZHU = re.compile(r"(?<![名显原专土巨论编译昭])著(?![名作称述者])")
_PAIRS = (("甚么", "什么"), ("帐户", "账户"), ("帐号", "账号"), ("帐单", "账单"))

_MARKS = ",。?!、;:"  # silent
_HAN = re.compile(r"[〇㐀-䶿一-鿿]")
_HAN_AND_MARKS = re.compile(f"[㐀-䶿一-鿿{_MARKS}]*")
_HAN_OR_WORD = re.compile(_HAN.pattern + r"+|[A-Za-z]+(?:['’][A-Za-z]+)?")
_VOWELS = re.compile(r"[aeiouy]+", re.IGNORECASE)
# 幺 is one on the telephone, 两 is two before a measure: both are the same figure
_KEY = str.maketrans({"幺": "一", "两": "二", "〇": "零"})


@lru_cache(maxsize=1)
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@lru_cache(maxsize=1)
def _altered() -> frozenset[str]:
    """Characters that simplified script may write otherwise, alone or in some word; a text without them stays."""
    found = {chr(c) for c in (*_WIDE, *_FOLDS)} | {word[0] for word, _ in _PAIRS} | {"著"}
    tables = [table for _, _, table in _converter().dict_cache.values()]
    for old, new in sorted(chain(*(table.items() for table in tables)), key=lambda entry: len(entry[0])):
        if found.isdisjoint(old):
            found.update(set(old) - set(new.split(" ")[0]))
    return frozenset(found)


def simplify(text: str) -> str:
    """The text in simplified script with ordinary-width letters and digits; the length never changes.

    Args:
        text: any text; what is not Chinese stays as it is.
    """
    if _altered().isdisjoint(text):  # the usual case, fast
        return text
    plain = text.translate(_WIDE)
    if not _HAN.search(plain):
        return plain
    out: str = _converter().convert(plain)
    if len(out) != len(plain):  # a dictionary entry of unequal length would shift every word
        out = "".join(c if len(c := _converter().convert(p)) == 1 else p for p in plain)
    out = _ZHU.sub("着", out.translate(_FOLDS))
    for written, usual in _PAIRS:
        out = out.replace(written, usual)
    return out


class Spoken(msgspec.Struct, frozen=True, gc=False):  # a standard's phrases and a call's figures make thousands
    """One syllable of speech and where it is written: `text[start:end]`.

    `char` is a Han character, or `LATIN` with the syllable's letters in `latin`.
    """

    char: str
    start: int
    end: int
    latin: str = ""


def latin_syllables(word: str) -> tuple[str, ...]:
    """A foreign word cut into about as many pieces as it has syllables: APP is 3 (spelled), hello is 2."""
    if len(word) <= 4 and (word.isupper() or len(word) == 1):
        return tuple(word.lower())
    lower = word.lower()
    core = lower[:-1] if len(lower) > 3 and lower.endswith("e") and lower[-2] not in "aeiouy" else lower
    starts = [m.start() for m in _VOWELS.finditer(core)]
    if len(starts) < 2:
        return (lower,)
    cuts = [0, *(max(s - 1, 1) for s in starts[1:]), len(lower)]
    return tuple(lower[a:b] for a, b in pairwise(cuts))


@lru_cache(maxsize=49152)  # more than a standard has phrases
def spoken(text: str) -> tuple[Spoken, ...]:
    """Every spoken syllable of `text` in order, each with where it is written.

    Args:
        text: simplified or not; figures are expanded, punctuation is silent.
    """
    plain = simplify(text)
    said: list[Spoken] = []
    at = 0
    for start, end, words in figures(plain):
        said.extend(_words(plain, at, start))
        said.extend(Spoken(c, start, end) for c in words)
        at = end
    said.extend(_words(plain, at, len(plain)))
    return tuple(_two_before_measure(plain, said))


def is_spoken(text: str) -> bool:
    """True when a text holds a syllable."""
    return _HAN_OR_WORD.search(text) is not None or bool(spoken(text))  # figures, and what is not simplified yet


def spoken_in(pieces: Sequence[str]) -> tuple[list[str], list[int]]:
    """Every spoken syllable of text that is written in pieces: its characters, and the piece it begins in.

    Args:
        pieces: in order; a figure or a foreign word may go on from one to the next.
    """
    text = "".join(pieces)
    if _HAN_AND_MARKS.fullmatch(text) and _altered().isdisjoint(text):  # as it is written: the usual case, fast
        said = [char for char in text if char not in _MARKS]
        return said, [i for i, piece in enumerate(pieces) for char in piece if char not in _MARKS]
    owner = [i for i, piece in enumerate(pieces) for _ in piece]
    syllables = spoken(text)
    return [s.latin or s.char for s in syllables], [owner[s.start] for s in syllables]


def _words(text: str, start: int, end: int) -> Iterator[Spoken]:
    for found in _HAN_OR_WORD.finditer(text, start, end):
        written, (begin, stop) = found.group(), found.span()
        if _HAN.match(written):
            yield from [Spoken("零" if c == "〇" else c, i, i + 1) for i, c in enumerate(written, begin)]
        else:
            yield from [Spoken(LATIN, begin, stop, piece) for piece in latin_syllables(written)]


def _two_before_measure(text: str, said: list[Spoken]) -> list[Spoken]:
    for i, s in enumerate(said):
        if (
            s.char == "二"
            and text[s.start : s.end] == "2"
            and text[s.end : s.end + 1] in tuple("个块次天位遍条张台部种件家倍")
        ):
            said[i] = Spoken("两", s.start, s.end)
    return said


def spoken_chars(text: str) -> str:
    """The characters as spoken: figures expanded, punctuation dropped, `x` for each syllable of a foreign word.

    Args:
        text: as written, any script.
    """
    return "".join(s.char for s in spoken(text))


def spoken_text(text: str) -> str:
    """As `spoken_chars`, foreign words in small letters: what patterns on a turn's words are laid over."""
    return "".join(spoken_in([text])[0])


def spoken_key(text: str) -> str:
    """As `spoken_chars`, with spellings of one figure made equal: 幺 is 一, 两 is 二."""
    return spoken_chars(text).translate(_KEY)


def char_count(text: str) -> int:
    """How many syllables are spoken: Han characters, figures as spoken, foreign words by estimate."""
    return len(spoken(text))
