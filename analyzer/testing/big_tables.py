"""The exported tables of an archive that never was, made by the million rows: for the team's page at full size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from analyzer.outputs.export import arrow_schema
from analyzer.outputs.tables import CALLS, FINDINGS


def make_tables(out: Path, calls: int = 100_000, rules: int = 90, agents: int = 300, days: int = 90) -> None:
    """Writes `calls.parquet` and `findings.parquet` with every documented column; `rules` findings a call.

    One agent speaks far faster than the rest and one rule fails three times as often, so that they can be found.
    """
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    dice = np.random.default_rng(1)
    agent = dice.integers(0, agents, calls)
    day = np.datetime64("2026-01-01") + dice.integers(0, days, calls)
    score = np.clip(dice.normal(78 + 10 * np.sin(agent), 12), 0, 100).round(1)
    columns: dict[str, Any] = {
        "call": [f"2026/{d}/call-{i:06d}" for i, d in enumerate(day)],
        "agent_id": [f"A{a:03d}" for a in agent],
        "team": [f"{'一二三四五六'[a % 6]}组" for a in agent],
        "day": [str(d) for d in day],
        "duration_ms": dice.integers(20_000, 900_000, calls),
        "score": np.where(dice.random(calls) < 0.01, np.nan, score),
        "fatal": np.where(dice.random(calls) < 0.02, "P7", ""),
        "agent_articulation_rate": dice.normal(240, 25, calls) + 120 * (agent == 7),
        "agent_active_level": dice.normal(-24, 4, calls),
        "dead_air_longest": dice.exponential(4000, calls).round(),
    }
    out.mkdir(parents=True, exist_ok=True)
    verdicts = np.array(["pass", "fail", "unsure", "not_applicable"])
    weights = np.array([0.955, 0.03, 0.015])
    failed = np.zeros(calls, np.int64)
    unsure = np.zeros(calls, np.int64)
    schema = arrow_schema(FINDINGS)
    with parquet.ParquetWriter(out / "findings.parquet", schema, compression="zstd") as writer:
        for start in range(0, calls, 5000):
            some = min(5000, calls - start)
            drawn = dice.choice(3, (some, rules), p=weights)
            drawn[:, 4] = np.where(dice.random(some) < 0.09, 1, drawn[:, 4])
            failed[start : start + some], unsure[start : start + some] = (drawn == 1).sum(1), (drawn == 2).sum(1)
            rule = np.tile(np.arange(rules), some)
            ids = arrow.array([f"R{r}" for r in range(rules)])
            known = {
                "call": arrow.array(columns["call"][start : start + some]).take(np.repeat(np.arange(some), rules)),
                "rule": ids.take(rule),
                "name": arrow.array([f"规则{r}" for r in range(rules)]).take(rule),
                "name_en": arrow.array([f"rule {r}" for r in range(rules)]).take(rule),
                "section": arrow.array([f"s{r % 5}" for r in range(rules)]).take(rule),
                "severity": arrow.array(["minor"] * (some * rules)),
                "verdict": arrow.array(verdicts).take(drawn.ravel()),
                "scored": arrow.array(np.ones(some * rules, bool)),
            }
            nothing = {f.name: arrow.nulls(some * rules, f.type) for f in schema if f.name not in known}
            writer.write_table(arrow.table({**known, **nothing}).select(schema.names).cast(schema))
    columns |= {"failed": failed, "unsure": unsure}
    schema = arrow_schema(CALLS)
    full = {f.name: columns.get(f.name, arrow.nulls(calls, f.type)) for f in schema}
    parquet.write_table(arrow.table(full, schema=schema), out / "calls.parquet", compression="zstd")
