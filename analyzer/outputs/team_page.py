"""The team's page: a whole result folder by agent, team and period, from the exported tables.

The page holds one compact row a call, in typed columns, and counts in the browser: so every number can be filtered and
opened to the calls behind it. No scorecard is read; memory grows with calls, not with findings.
"""

from __future__ import annotations

import base64
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from analyzer.errors import UsageError
from analyzer.measure.catalogue import CATALOGUE
from analyzer.outputs.labels import Language, label, profile_name, unit_name
from analyzer.outputs.page_mark import TEAM_HEAD
from analyzer.outputs.page_shell import page
from analyzer.outputs.page_words import page_labels
from analyzer.outputs.redact import redact_identifier

MEASURES = (
    "agent_articulation_rate", "agent_active_level", "agent_pitch_span", "agent_interruptions", "dead_air_longest",
    "hold_longest", "agent_response_delay", "agent_talk_share",
)  # fmt: skip
_NONE = 65535
Stamp = tuple[str | None, str | None, str | None, float | None]
_STAMP = ("standard", "standard_sha256", "profile", "score")
_COLUMNS = (
    "call",
    "agent_id",
    "team",
    "day",
    "duration_ms",
    "recording_sha256",
    "fatal",
    "failed",
    "unsure",
    *_STAMP,
    *MEASURES,
)


def render_team_page(
    tables: Path,
    *,
    language: Language = "zh",
    links: str | None = "",
    outdated: Mapping[str, bool] | None = None,
    gone: int = 0,
) -> bytes:
    """The page as UTF-8 bytes; the same tables give the same bytes.

    Args:
        tables: folder with `calls.parquet` and `findings.parquet` from `export`.
        language: "zh" or "en".
        links: where the calls' pages stand, relative to this page ("" beside it, by the calls' own places); None when
            there are none.
        outdated: the places of the calls that have a page, and whether that is of another scorecard; None: all have one
            of theirs.
        gone: how many of the calls have no recording any more.

    Raises:
        UsageError: the tables are missing, of an older version, hold no call, or pyarrow is not installed.
    """
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise UsageError(
            "usage.extra_missing", "the team's page needs pyarrow", "pip install 'analyzer[export]'"
        ) from None
    for name in ("calls", "findings"):
        if not (tables / f"{name}.parquet").is_file():
            raise UsageError("usage.no_tables", f"{name}.parquet is missing", "Run `analyzer export --format parquet`")
    calls = parquet.read_table(tables / "calls.parquet", columns=_columns(tables))
    if not calls.num_rows:
        raise UsageError("usage.no_scorecards", "the tables hold no call", "Run `analyzer batch` first")
    order = np.argsort(np.array(calls["call"].to_pylist(), dtype=object), kind="stable")
    calls = calls.take(order)
    found = _rules(parquet.ParquetFile(tables / "findings.parquet"), calls["call"], language)
    data = {
        "labels": page_labels(language),
        "links": None if links is None else quote(os.fsencode(links), safe="/."),
        "linked": None if links is None or outdated is None else _bits(calls, outdated.__contains__),
        "outdated": None if links is None or not outdated else _bits(calls, lambda place: outdated.get(place, False)),
        "places": "\n".join(place.replace("\n", " ") for place in calls["call"].to_pylist()),
        "agents": (agents := _named(calls["agent_id"]))[0],
        "teams": (teams := _named(calls["team"]))[0],
        "days": (days := _named(calls["day"]))[0],
        "standards": [(name, profile_name(profile, language), n) for name, profile, n in _standards(calls)],
        "twins": _twins(calls["recording_sha256"].to_pylist()),
        "gone": gone,
        "rules": found.rules,
        "columns": {
            "agent": agents[1], "team": teams[1], "day": days[1],
            "score": _pack(_scores(calls["score"])),
            "seconds": _pack((calls["duration_ms"].to_numpy() // 1000).astype(np.uint16, casting="unsafe")),
            "failed": _pack(calls["failed"].to_numpy().clip(0, 255).astype(np.uint8)),
            "unsure": _pack(calls["unsure"].to_numpy().clip(0, 255).astype(np.uint8)),
            "fatal": _pack(np.array([bool(f) for f in calls["fatal"].to_pylist()], np.uint8)),
        },
        "failing": found.failing,
        "doubting": found.doubting,
        "applies": _pack(found.applies),
        "measures": [_measure(name, calls[name], language) for name in MEASURES if calls[name].null_count < len(calls)],
    }  # fmt: skip
    title = "质检班组页" if language == "zh" else "Quality by team"
    return page(
        title, language, data, body="team.html", styles=("base.css", "team.css"), scripts=("base.js", "team.js"),
        head=TEAM_HEAD,
    )  # fmt: skip


def read_fingerprints(tables: Path) -> dict[str, str | None]:
    """By place, which scorecard each call of the tables was.

    Raises:
        UsageError: an older version wrote them.
    """
    import pyarrow.parquet as parquet

    found = parquet.read_table(tables / "calls.parquet", columns=_columns(tables, ("call", "fingerprint")))
    return dict(zip(found["call"].to_pylist(), found["fingerprint"].to_pylist(), strict=True))


def names_people(tables: Path) -> bool:
    """Whether anything that the page takes from tables would have to be masked; of missing tables no.

    Raises:
        UsageError: an older version wrote them.
    """
    import pyarrow.parquet as parquet

    if not (tables / "calls.parquet").is_file():
        return False  # the page says what is missing
    found = parquet.read_table(tables / "calls.parquet", columns=_columns(tables, ("call", "agent_id", "team")))
    values = {value for column in found.columns for value in column.to_pylist() if value}
    return any(redact_identifier(value) != value for value in values)


def _bits(calls: Any, holds: Callable[[str], bool]) -> str:
    return _pack(np.packbits([holds(place) for place in calls["call"].to_pylist()], bitorder="little"))


def read_stamps(tables: Path) -> dict[str, Stamp]:
    """By which standard each call of the tables was scored, and how.

    Raises:
        UsageError: an older version wrote them.
    """
    import pyarrow.parquet as parquet

    found = parquet.read_table(tables / "calls.parquet", columns=_columns(tables, ("call", *_STAMP)))
    return {row["call"]: tuple(row[name] for name in _STAMP) for row in found.to_pylist()}


def _columns(tables: Path, wanted: tuple[str, ...] = _COLUMNS) -> list[str]:
    import pyarrow.parquet as parquet

    missing = set(wanted) - set(parquet.read_schema(tables / "calls.parquet").names)
    if missing:
        raise UsageError(
            "usage.old_tables", f"the tables have no {sorted(missing)[0]}: an older version wrote them",
            "Run `analyzer export --format parquet` again",
        )  # fmt: skip
    return list(wanted)


def _standards(calls: Any) -> list[tuple[str, str, int]]:
    """By which standards and profiles the calls were scored, and how many by each; most first."""
    found = Counter(
        (f"{name} ({(sha256 or '')[:12]})", profile or "")
        for name, sha256, profile in zip(*(calls[name].to_pylist() for name in _STAMP[:3]), strict=True)
        if name
    )
    return [(name, profile, count) for (name, profile), count in sorted(found.items(), key=lambda x: (-x[1], x[0]))]


def _twins(recordings: list[str | None]) -> list[list[int]]:
    """The numbers of calls that are one recording, where there are several."""
    found: dict[str, list[int]] = {}
    for number, sha256 in enumerate(recordings):
        if sha256:
            found.setdefault(sha256, []).append(number)
    return [same for same in found.values() if len(same) > 1]


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules, and what became of them.

    Args:
        rules: by their number.
        failing, doubting: per call which of them failed or are unsure: offsets by call, then rule numbers.
        applies: uint8 of shape (calls, an eighth of the rules), a bit for each rule that applied to the call.
    """

    rules: list[dict[str, Any]]
    failing: dict[str, str]
    doubting: dict[str, str]
    applies: np.ndarray[Any, np.dtype[np.uint8]]


def _rules(file: Any, places: Any, language: Language) -> _Rules:
    import pyarrow
    import pyarrow.compute as compute

    known: dict[str, dict[str, Any]] = {}
    found: dict[str, list[Any]] = {"fail": [], "unsure": []}
    applies = np.zeros((len(places), 0), np.uint8)
    name = "name" if language == "zh" else "name_en"
    wanted = ["call", "rule", name, "section", "severity", "verdict", "scored"]
    place_set = places.combine_chunks() if isinstance(places, pyarrow.ChunkedArray) else places
    for batch in file.iter_batches(batch_size=200_000, columns=wanted):
        batch = batch.filter(batch["scored"])
        seen = pyarrow.table({k: batch[k] for k in ("rule", name, "section", "severity")})
        for row in seen.group_by(["rule", name, "section", "severity"]).aggregate([]).to_pylist():
            known.setdefault(row["rule"], {"id": row["rule"], "name": row[name], "section": row["section"],
                                           "severity": row["severity"], "n": len(known)})  # fmt: skip
        applies = np.pad(applies, ((0, 0), (0, -(-len(known) // 8) - applies.shape[1])))
        numbers = pyarrow.array(list(known), pyarrow.string())  # none, where no finding is scored

        def numbered(part: Any, numbers: Any = numbers) -> tuple[Any, Any]:
            """The call's and the rule's number of each row whose call is known."""
            at = compute.index_in(part["call"], value_set=place_set).to_numpy(zero_copy_only=False)
            rule = compute.index_in(part["rule"], value_set=numbers).to_numpy(zero_copy_only=False)
            good = np.isfinite(at.astype(float))
            return at[good].astype(np.int64), rule[good].astype(np.uint16)

        at, rule = numbered(batch.filter(compute.not_equal(batch["verdict"], "not_applicable")))
        for number in range(len(known)):
            applies[at[rule == number], number >> 3] |= 1 << (number & 7)
        for verdict, kept in found.items():
            kept.append(numbered(batch.filter(compute.equal(batch["verdict"], verdict))))
    failing, doubting = (_by_call(found[verdict], len(places)) for verdict in ("fail", "unsure"))
    return _Rules(list(known.values()), failing, doubting, applies)


def _by_call(parts: list[Any], calls: int) -> dict[str, str]:
    at = np.concatenate([p[0] for p in parts]) if parts else np.zeros(0, np.int64)
    rule = np.concatenate([p[1] for p in parts]) if parts else np.zeros(0, np.uint16)
    order = np.lexsort((rule, at))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(at, minlength=calls))]).astype(np.uint32)
    return {"offsets": _pack(offsets), "rules": _pack(rule[order].astype(np.uint16))}


def _named(column: Any) -> tuple[list[str], str]:
    """The different values in order, and each row's number among them."""
    values = column.to_pylist()
    names = sorted({v for v in values if v is not None})[: _NONE - 1]
    places = {name: i for i, name in enumerate(names)}
    return names, _pack(np.array([places.get(v, _NONE) for v in values], np.uint16))


def _scores(column: Any) -> np.ndarray[Any, np.dtype[np.uint16]]:
    values = column.to_numpy().astype(float)
    return np.where(np.isfinite(values), np.round(np.nan_to_num(values) * 10), _NONE).astype(np.uint16)


def _measure(name: str, column: Any, language: Language) -> dict[str, Any]:
    role, _, bare = name.partition("_")
    role, bare = (role, bare) if bare in CATALOGUE and role in ("agent", "customer") else ("", name)
    unit = CATALOGUE[bare].unit
    values = column.to_numpy().astype(np.float32)
    if unit == "ms":
        values, unit = values / np.float32(1000), "s"
    shown = label("measure", bare, language)
    return {"name": name, "label": f"{label('role', role, language)} {shown}" if role else shown,
            "unit": unit_name(unit, language), "values": _pack(values.astype(np.float32))}  # fmt: skip


def _pack(values: np.ndarray[Any, Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
