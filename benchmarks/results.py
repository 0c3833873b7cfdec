"""Figures of a benchmark: printed as a table, written as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `goal` says in words what it should be, `holds` whether it is (None: no goal)."""

    name: str
    value: float | str
    goal: str = ""
    holds: bool | None = None


def at_most(name: str, value: float, limit: float) -> Figure:
    """A figure that should not exceed `limit`."""
    return Figure(name, round(value, 4), f"<= {limit:g}", value <= limit)


def show(figures: list[Figure]) -> None:
    """Prints name, value, goal and whether it holds."""
    width = max(len(f.name) for f in figures)
    for f in figures:
        value = f"{f.value:.3f}" if isinstance(f.value, float) else str(f.value)
        verdict = "" if f.holds is None else "holds" if f.holds else "DOES NOT HOLD"
        print(f"{f.name:<{width}}  {value:>10}  {f.goal:<12} {verdict}".rstrip())


def write(figures: list[Figure], path: Path | None) -> None:
    """Writes the list of {name, value, goal, holds}."""
    if path is not None:
        path.write_text(json.dumps([asdict(f) for f in figures], ensure_ascii=False, indent=1) + "\n", "utf-8")
