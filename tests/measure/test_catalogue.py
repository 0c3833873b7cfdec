"""Every measure has its page, and every page is linked."""

from pathlib import Path

import pytest

from analyzer.measure.catalogue import CATALOGUE

PAGES = Path(__file__).parents[2] / "docs" / "measures"


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_a_measure_is_explained_on_its_page(name: str) -> None:
    assert f"`{name}`" in (PAGES / f"{CATALOGUE[name].page}.md").read_text(encoding="utf-8")


def test_every_page_is_linked() -> None:
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    assert all(f"({p.name})" in index for p in PAGES.glob("*.md") if p.name != "README.md")


def test_labels_are_chinese_and_names_are_unique() -> None:
    assert all(any("一" <= c <= "鿿" for c in kind.zh) for kind in CATALOGUE.values())
    assert len({kind.zh for kind in CATALOGUE.values()}) == len(CATALOGUE)
