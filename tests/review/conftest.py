from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from analyzer.testing.browser import open_browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    yield from open_browser()
