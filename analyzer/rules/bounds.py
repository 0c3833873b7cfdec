"""Values of a pack, with the bounds outside which they would make no sense."""

from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=1)]
Natural = Annotated[int, msgspec.Meta(ge=0)]
DAY_S = 24 * 60 * 60
Seconds = Annotated[float, msgspec.Meta(ge=0, le=DAY_S)]
SomeSeconds = Annotated[float, msgspec.Meta(gt=0, le=DAY_S)]
AtLeastZero = Annotated[float, msgspec.Meta(ge=0)]
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
Words = Annotated[str, msgspec.Meta(min_length=1)]
