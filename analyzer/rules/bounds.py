"""Numbers of a pack, with the bounds outside which they would make no sense."""

from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=1)]
AtLeastZero = Annotated[float, msgspec.Meta(ge=0)]
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
