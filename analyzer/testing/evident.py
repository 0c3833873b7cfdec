"""What of a composed call's ending the sound decides: who went can be known from it, or cannot by anybody.

Two legs: a tone or a leg gone dead lies on the leg of the party that went.

One channel holds both legs' sum. A tone, a click, a word cut short and one line's noise gone sound the same whoever
went; they decide only with something that tells the parties apart:

- `spoke_on`: somebody speaks half a second and more after the tone began or the line fell silent: the other went;
- `line_by_band`: the legs carry different bands, so that the noise that is gone has a leg by its spectrum;
- `line_by_hold`: the agent's leg was silent in a hold the agent announced: both noises are known by their levels.

A line that falls silent may also be a muted one. It counts only where leave was taken before and its noise can be
missed: the sum falls by a decibel and more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from analyzer.call.types import PARTIES, Layout, Role
from analyzer.spans import Span, Timeline
from analyzer.testing.script import Script
from analyzer.testing.truth import Conditions, TrueUtterance

GOODBYE = re.compile("再见|拜拜|再会")
_WEAK = {"hook_click", "cut_off"}  # alone they name nobody
_CYCLES = 3
_SPOKE_MS = 500
_MISSED_DB = 1.0
_APART_DB = 2.0  # noises nearer to each other than this are not told apart by level
_BAND_HZ = 100  # a band only one leg carries
_STILL_MS = 200  # of the fallen noise alone
_LAST_TURNS = 4  # in which leave is taken


def what_decides(
    script: Script,
    utterances: Sequence[TrueUtterance],
    dead_from_ms: int | None,
    tone_from_ms: int | None,
    duration_ms: int,
    hold_announced: bool,
) -> tuple[str, ...]:
    """Names of what decides, sorted; empty where nobody can know.

    Args:
        script: ending, layout and line.
        utterances: who says what when.
        dead_from_ms: when the leg of the party that went fell silent.
        tone_from_ms: when the tone began.
        duration_ms: of the call.
        hold_announced: the agent's leg was silent in a hold that the agent announced.
    """
    ending, line = script.ending, script.conditions
    if ending.party not in ("agent", "customer"):
        return ()
    if line.layout is Layout.STEREO:
        named = set(ending.evidence) - _WEAK
        if line.snr_db is None:
            named -= {"leg_went_dead"}  # every leg is digitally silent whenever nobody speaks
        return tuple(sorted(named))
    went = Role(ending.party)
    spoken = Timeline(tuple(s for u in utterances for s in u.speech))
    others = Timeline(tuple(s for u in utterances if u.party is went.other for s in u.speech))
    found = set()
    heard_tone = tone_from_ms is not None and ending.cycles >= _CYCLES
    if heard_tone and others.covered_ms(Span(tone_from_ms or 0, duration_ms)) >= _SPOKE_MS:
        found.add("spoke_on")
    before = [u for u in utterances if dead_from_ms is not None and u.span.start_ms < dead_from_ms]
    left = any(GOODBYE.search(u.text) for u in before[-_LAST_TURNS:])
    if "leg_went_dead" in ending.evidence and dead_from_ms is not None and left and _falls_db(line, went) >= _MISSED_DB:
        dead = Span(dead_from_ms, duration_ms if tone_from_ms is None else tone_from_ms)
        if others.covered_ms(dead) >= _SPOKE_MS:
            found.add("spoke_on")
        if dead.duration_ms - spoken.covered_ms(dead) >= _STILL_MS:
            if _bands_differ(line):
                found.add("line_by_band")
            if hold_announced and _levels_differ(line):
                found.add("line_by_hold")
    return tuple(sorted(found))


def _falls_db(line: Conditions, went: Role) -> float:
    """How far the sum of both noises falls when one line is silent."""
    noises = {p: line.noise_db_of(p) for p in PARTIES}
    power = {p: 10 ** (db / 10) for p, db in noises.items() if db is not None}
    if len(power) < 2:
        return 0.0
    stays = sum(power.values()) - power[went]
    return float(10 * np.log10(sum(power.values()) / stays))


def _levels_differ(line: Conditions) -> bool:
    agent, customer = line.noise_db_of(Role.AGENT), line.noise_db_of(Role.CUSTOMER)
    return agent is not None and customer is not None and abs(agent - customer) >= _APART_DB


def _bands_differ(line: Conditions) -> bool:
    agent, customer = line.band_of(Role.AGENT), line.band_of(Role.CUSTOMER)
    if agent is None or customer is None:
        return agent is not customer
    return any(abs(a - c) >= _BAND_HZ for a, c in zip(agent, customer, strict=True))
