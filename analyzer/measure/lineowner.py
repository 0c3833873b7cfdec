"""Whose line fell silent, when all that is heard on one channel is that a line did.

By band: a line carries its party's voice and its own noise alike. Where one party's voice has a band that the other's
lacks, the noise in that band is the first one's line: gone with it, or still there without the other.

By level: in a hold that the agent announced only the customer's line is heard. What is left at the end is as loud as
that, or as what the agent's line adds to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

from analyzer.call.types import PARTIES, Role
from analyzer.measure.backchannels import announces_wait
from analyzer.measure.linenoise import BANDS_HZ, CORE, FRAME_MS, HIGH, LOW, Fall, Floats, LineNoise
from analyzer.measure.types import Conversation, Pause
from analyzer.spans import Span, Timeline

# a voice's loud moments in the band against those from 400 to 3200 Hz
_CARRIED_DB = {LOW: -19.5, HIGH: -34.0}
_LACKING_DB = {LOW: -20.5, HIGH: -37.0}
_APART_DB = 6.0
_NOISE_DB = {LOW: -25.0, HIGH: -22.0}  # the noise there, against the same
_GONE_DB = 4.0  # more than the rest fell
_STAYED_DB, _ROSE_DB = 0.6, -1.0  # or hardly at all, and less than the rest; a codec's own noise may rise with silence
_FEW_DB = 3.5  # over the root of how many frames were compared: so much further it may seem to have risen by chance
_LEAST_FRAMES = 50
_LOUD = 90  # percentile: a moment given to the wrong voice does not count
_HIDDEN = 0.2  # of the noise: so much of a voice it may hide

_EDGE_MS = 400  # of a hold: the key is pressed a moment after the last word
_ALIKE_DB, _UNLIKE_DB = 0.8, 1.6


def owner_by_band(noise: LineNoise, fall: Fall, speech: Mapping[Role, Timeline]) -> Role | None:
    """The party whose line fell silent, by a band that only one of the lines carries.

    Args:
        noise: of the channel.
        fall: where it fell.
        speech: of both parties.
    """
    heard = {role: _voice_in_bands(noise, speech[role] - speech[role.other]) for role in PARTIES}
    frames = int(np.count_nonzero(noise.quiet[fall.span.start_ms // FRAME_MS : fall.span.end_ms // FRAME_MS]))
    rose_db = _ROSE_DB - _FEW_DB / math.sqrt(max(1, frames))
    said = set()
    for band in (LOW, HIGH):
        owner = _carries_alone(heard, band)
        if owner is None or 10 * np.log10(fall.before[band] / fall.before[CORE] + 1e-14) < _NOISE_DB[band]:
            continue
        depth, rest = float(fall.depth_db[band]), float(fall.depth_db[CORE])
        if depth >= rest + _GONE_DB:
            said.add(owner)
        elif rose_db <= depth <= min(_STAYED_DB, rest - _STAYED_DB):
            said.add(owner.other)
    return said.pop() if len(said) == 1 else None


def _carries_alone(heard: Mapping[Role, Floats | None], band: int) -> Role | None:
    """Whose voice has the band, when the other's lacks it."""
    for role in PARTIES:
        mine, theirs = heard[role], heard[role.other]
        if (
            mine is not None
            and theirs is not None
            and mine[band] >= _CARRIED_DB[band]
            and theirs[band] <= _LACKING_DB[band]
            and mine[band] - theirs[band] >= _APART_DB
        ):
            return role
    return None


def _voice_in_bands(noise: LineNoise, alone: Timeline) -> Floats | None:
    """A voice's loud moments by band, dB against the telephone's own; None where little is heard of it."""
    parts = [noise.power[-(-s.start_ms // FRAME_MS) : s.end_ms // FRAME_MS] for s in alone]
    frames = np.concatenate([np.zeros((0, len(BANDS_HZ))), *parts])
    if len(frames) < _LEAST_FRAMES or not noise.quiet.any():
        return None
    line = np.percentile(noise.power[noise.quiet], _LOUD, axis=0)
    voice = np.maximum(np.percentile(frames, _LOUD, axis=0) - line, _HIDDEN * line) + 1e-14
    return np.asarray(10 * np.log10(voice / voice[CORE]))


def owner_by_hold(noise: LineNoise, fall: Fall, holds: Iterable[Pause], conversation: Conversation) -> Role | None:
    """The party whose line fell silent, by what was left while the agent's was silent in a hold.

    Args:
        noise: of the channel.
        fall: where it fell.
        holds: of the call.
        conversation: who asked to wait.
    """
    both = fall.before[CORE]
    for hold in holds:
        before = [t for t in conversation.turns if t.span.end_ms <= hold.span.start_ms + _EDGE_MS]
        start = hold.span.start_ms + _EDGE_MS
        customer = noise.over(Span(start, max(start, hold.span.end_ms - _EDGE_MS)))
        asked = before and before[-1].role is Role.AGENT and announces_wait(before[-1].text)
        if not asked or customer is None or not 0 < customer[CORE] < both:
            continue
        left = {Role.AGENT: customer[CORE], Role.CUSTOMER: both - customer[CORE]}  # when that party went
        off = {role: abs(float(10 * np.log10(fall.after[CORE] / power))) for role, power in left.items()}
        if min(left.values()) < noise.step**2:
            continue  # the codec's own noise: two lines together are not as loud as both
        went = min(off, key=lambda role: (off[role], role))
        if off[went] <= _ALIKE_DB and off[went.other] >= _UNLIKE_DB:
            return went
    return None
