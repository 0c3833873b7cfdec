"""What is public of the composer says what each of its arguments is, and of no other."""

import re

import pytest

from analyzer import testing
from analyzer.testing import CallTruth, Clip, ComposedCall, Conditions, Ending, Script


@pytest.mark.parametrize(
    "described", [CallTruth, Clip, ComposedCall, Conditions, Ending, Script], ids=lambda t: t.__name__
)
def test_every_field_is_described(described: type) -> None:
    told = re.search(r"Args:\n(.*?)(\n\n|\Z)", described.__doc__ or "", re.S)
    assert told
    names = re.findall(r"^ {8}(\w+): ", told[1], re.M)
    fields = getattr(described, "__struct_fields__", None) or tuple(described.__dataclass_fields__)
    assert tuple(names) == tuple(fields)


def test_what_can_be_imported_says_what_it_is() -> None:
    assert [name for name in testing.__all__ if not getattr(testing, name).__doc__] == []
