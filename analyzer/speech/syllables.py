"""Mandarin syllables as (initial, final), how alike two of them sound, and the readings of characters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from pypinyin import Style, pinyin

from analyzer.speech.confusable import (
    CODA_PAIRS,
    FINALS,
    INITIAL_PAIRS,
    INITIALS,
    MEDIAL_PAIRS,
    NUCLEUS_PAIRS,
    TWO_WAYS,
)

Costs = npt.NDArray[np.float32]

_FINAL_NAMES = tuple(FINALS)
_INITIAL_AT = {name: i for i, name in enumerate(INITIALS)}
_FINAL_AT = {name: i for i, name in enumerate(_FINAL_NAMES)}
COUNT = len(INITIALS) * len(FINALS)

_CURLED = frozenset(("zh", "ch", "sh", "r", "z", "c", "s"))
_ZERO = {  # spelled with y or w where there is no initial
    "yi": "i",
    "ya": "ia",
    "ye": "ie",
    "yao": "iao",
    "you": "iou",
    "yan": "ian",
    "yin": "in",
    "yang": "iang",
    "ying": "ing",
    "yong": "iong",
    "yo": "o",
    "yai": "ai",
    "yu": "ü",
    "yue": "üe",
    "yuan": "üan",
    "yun": "ün",
    "wu": "u",
    "wa": "ua",
    "wo": "uo",
    "wai": "uai",
    "wei": "uei",
    "wan": "uan",
    "wen": "uen",
    "wang": "uang",
    "weng": "ueng",
    "wong": "ong",
}
_SHORT = {"iu": "iou", "ui": "uei", "un": "uen", "ue": "üe", "v": "ü", "ve": "üe", "van": "üan", "vn": "ün"}


@dataclass(frozen=True, slots=True)
class Syllable:
    """A toneless syllable. `index` numbers all combinations of initial and final."""

    initial: str
    final: str

    @property
    def index(self) -> int:
        """Row and column in `costs()`."""
        return _INITIAL_AT[self.initial] * len(FINALS) + _FINAL_AT[self.final]


@lru_cache(maxsize=4096)
def parse(spelled: str) -> Syllable | None:
    """A pinyin syllable without tone mark (ü or v) as initial and final; None when it is not one."""
    if spelled in _ZERO:
        return Syllable("", _ZERO[spelled])
    initial = next((i for i in ("zh", "ch", "sh") if spelled.startswith(i)), "")
    if not initial and spelled[:1] in _INITIAL_AT and spelled not in FINALS:
        initial = spelled[:1]
    final = _SHORT.get(spelled[len(initial) :], spelled[len(initial) :])
    if final == "i" and initial in _CURLED:
        final = "-i"
    if initial in ("j", "q", "x"):
        final = {"u": "ü", "uan": "üan", "uen": "ün"}.get(final, final)
    return Syllable(initial, final) if final in _FINAL_AT else None


def _component(names: tuple[str, ...], pairs: dict[tuple[str, str], float]) -> Costs:
    table = np.ones((len(names), len(names)), np.float32)
    np.fill_diagonal(table, 0)
    at = {name: i for i, name in enumerate(names)}
    for (a, b), cost in pairs.items():
        table[at[a], at[b]] = table[at[b], at[a]] = cost
    return table


def _final_costs() -> Costs:
    parts = [FINALS[name] for name in _FINAL_NAMES]
    total = np.zeros((len(parts), len(parts)), np.float32)
    for place, pairs in enumerate((MEDIAL_PAIRS, NUCLEUS_PAIRS, CODA_PAIRS)):
        names = tuple(sorted({p[place] for p in parts}))
        of = [names.index(p[place]) for p in parts]
        total += _component(names, pairs)[np.ix_(of, of)]
    return np.minimum(total, 1)


@lru_cache(maxsize=1)
def costs() -> Costs:
    """How unlike every two syllables sound, 0 to 1, shape (COUNT, COUNT).

    Definition: the mean of the initial's and the final's cost; a final is compared by medial, nucleus and coda.
    """
    initial = _component(INITIALS, INITIAL_PAIRS)
    final = _final_costs()
    table = (initial[:, None, :, None] + final[None, :, None, :]) / 2
    return np.ascontiguousarray(table.reshape(COUNT, COUNT), dtype=np.float32)


def cost(a: str, b: str) -> float:
    """How unlike two pinyin syllables sound, 0 to 1; 1 when one is not a syllable."""
    first, second = parse(a), parse(b)
    return 1.0 if first is None or second is None else float(costs()[first.index, second.index])


@lru_cache(maxsize=32768)
def readings(char: str) -> tuple[int, ...]:
    """The readings of one character in use as syllable indices, the usual one first; empty when it has none."""
    spelled = pinyin(char, style=Style.NORMAL, heteronym=True, errors="ignore")
    found: list[int] = []
    for one in spelled[0] if spelled else ():
        syllable = parse(one)
        if syllable is not None and syllable.index not in found:
            found.append(syllable.index)
    return tuple(found[: 2 if char in TWO_WAYS else 1])


_BLURRED_INITIALS = {"zh": "z", "ch": "c", "sh": "s", "l": "n"}
_BLURRED_FINALS = {"ing": "in", "eng": "en"}


def blurred(char: str) -> int | None:
    """One index for all characters whose usual readings accents confuse most (zh/z, n/l, in/ing, en/eng)."""
    usual = readings(char)[:1]
    if not usual:
        return None
    initial, final = divmod(usual[0], len(FINALS))
    said, rhyme = INITIALS[initial], _FINAL_NAMES[final]
    return Syllable(_BLURRED_INITIALS.get(said, said), _BLURRED_FINALS.get(rhyme, rhyme)).index
