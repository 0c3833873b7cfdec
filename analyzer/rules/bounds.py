"""Values of a pack, with the bounds outside which they would make no sense."""

from collections.abc import Iterator
from typing import Annotated, TypeVar

import msgspec

from analyzer.rules.problem import Problem, problem


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, cache_hash=True):
    """What a pack writes: an unknown field is a mistake. Kept by its value, so its hash is worked out once."""


Count = Annotated[int, msgspec.Meta(ge=1)]
Natural = Annotated[int, msgspec.Meta(ge=0)]
DAY_S = 24 * 60 * 60
Seconds = Annotated[float, msgspec.Meta(ge=0, le=DAY_S)]
SomeSeconds = Annotated[float, msgspec.Meta(gt=0, le=DAY_S)]
AtLeastZero = Annotated[float, msgspec.Meta(ge=0, le=1_000_000)]
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
# A comma of the other width parts no list: it makes one phrase of two, as does what ends a
# sentence. Possessive, so that no blanks are tried twice.
_ONE = r"^[，、；。！？,!?\s]*+[^，、；。！？,!?]*+[，、；。！？,!?\s]*$"
Phrase = Annotated[str, msgspec.Meta(pattern=_ONE)]
Words = Annotated[str, msgspec.Meta(min_length=1, pattern=_ONE)]
_T = TypeVar("_T")
Some = Annotated[tuple[_T, ...], msgspec.Meta(min_length=1)]


def crossed(low: str, least: float | None, high: str, most: float | None) -> Iterator[Problem]:
    """That a lower limit lies above an upper one, as `problems` says it; None is no limit."""
    if least is not None and most is not None and least > most:
        yield problem("lies_above", low=low, high=high)
