"""Which of the call's two voices each window's local voices are.

Every local voice is heard on its own where nobody else speaks. Two centres are sought so that what each window says
fits its neighbours (the same moment is the same voice), two local voices of a window are two people, and every voice
sounds like its own centre: a chain over the windows, solved exactly, the centres found again, until nothing changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from analyzer.speech.mono.segment import FRAME, LOCAL, RATE_HZ, Windows

_Floats = npt.NDArray[np.float64]
_SECONDS = FRAME / RATE_HZ
_STATES = np.array(list(product((0, 1), repeat=LOCAL)))  # the call's voice for each local one


@dataclass(frozen=True, slots=True)
class AssignSettings:
    """What the parts of the chain weigh, in seconds of speech.

    Args:
        sound: of one unit of cosine between the two centres, each second.
        longest_s: more speech of one local voice than this adds nothing.
        same: two local voices of one window taken for one person, each second of the shorter,
        at_once: and each second in which both speak.
        rounds: at most so many.
    """

    sound: float = 6.0
    longest_s: float = 4.0
    same: float = 0.5
    at_once: float = 4.0
    rounds: int = 10


@dataclass(frozen=True, slots=True)
class LocalVoices:
    """What the windows' local voices sound like.

    Args:
        sounds: (windows, 3, 192), zero where too little of a voice is heard alone.
        alone_s: (windows, 3) seconds each speaks alone.
        active_s: (windows, 3) seconds each speaks.
    """

    sounds: npt.NDArray[np.float32]
    alone_s: _Floats
    active_s: _Floats


def assign(windows: Windows, local: LocalVoices, settings: AssignSettings) -> tuple[npt.NDArray[np.int64], _Floats]:
    """The call's voice (0 or 1) of each local voice, (windows, 3), and the two centres, (2, 192)."""
    together, neighbours = _at_once(windows), _neighbours(windows)
    weight = np.minimum(local.alone_s, settings.longest_s) * np.any(local.sounds != 0, axis=2)
    centres = _first_centres(local.sounds, weight)
    chosen = np.full((len(windows.first), LOCAL), -1)
    for _ in range(settings.rounds):
        apart = local.sounds @ (centres[1] - centres[0])
        new = _best_chain(apart * weight * settings.sound, local.active_s, together, neighbours, settings)
        if np.array_equal(new, chosen):
            break
        chosen = new
        for k in (0, 1):
            own = weight * (chosen == k)
            if own.sum() > 0:
                centres[k] = _unit((own[..., None] * local.sounds).sum(axis=(0, 1)))
    return chosen, centres


def _first_centres(sounds: npt.NDArray[np.float32], weight: _Floats) -> _Floats:
    """Both ends of the direction in which the voices differ most."""
    flat, mass = sounds.reshape(-1, sounds.shape[-1]).astype(np.float64), weight.reshape(-1)
    mean = (mass[:, None] * flat).sum(axis=0) / max(mass.sum(), 1e-9)
    spread = (flat - mean) * np.sqrt(mass)[:, None]
    _, vectors = np.linalg.eigh(spread.T @ spread)
    side = (flat - mean) @ vectors[:, -1]
    ends = [_unit((mass * (sign * side > 0))[:, None].T @ flat).reshape(-1) for sign in (-1, 1)]
    return np.stack(ends)


def _unit(x: _Floats) -> _Floats:
    return np.asarray(x / max(float(np.linalg.norm(x)), 1e-9))


def _at_once(windows: Windows) -> _Floats:
    """Seconds in which two local voices of a window speak at once, (windows, 3, 3)."""
    active = (windows.voices > 0.5).astype(np.float64)
    return np.asarray(np.einsum("wfa,wfb->wab", active, active) * _SECONDS)


def _neighbours(windows: Windows) -> _Floats:
    """Seconds in which each local voice and each of the next window are heard alone at the same time."""
    alone = (windows.voices > 0.5) & ((windows.voices > 0.5).sum(axis=2, keepdims=True) == 1)
    out = np.zeros((max(0, len(windows.first) - 1), LOCAL, LOCAL))
    for i in range(len(out)):
        shift = int(windows.first[i + 1] - windows.first[i])
        here, there = alone[i, shift:], alone[i + 1, : alone.shape[1] - shift]
        out[i] = here.T.astype(np.float64) @ there * _SECONDS
    return out


def _best_chain(
    apart: _Floats, active_s: _Floats, together: _Floats, neighbours: _Floats, settings: AssignSettings
) -> npt.NDArray[np.int64]:
    """The states of all windows with the highest sum.

    Args:
        apart: (windows, 3), what speaks for voice 1 rather than 0.
        active_s: (windows, 3).
        together: (windows, 3, 3).
        neighbours: (windows - 1, 3, 3).
        settings: weights.
    """
    sign = 2 * _STATES - 1
    own = apart @ sign.T / 2
    for a in range(LOCAL):
        for b in range(a + 1, LOCAL):
            alike = _STATES[:, a] == _STATES[:, b]
            cost = settings.same * np.minimum(active_s[:, a], active_s[:, b]) + settings.at_once * together[:, a, b]
            own -= np.outer(cost, alike)
    pairs = np.einsum("sa,tb->stab", sign, sign).astype(np.float64)
    best, came = own[0], np.zeros((len(own), len(_STATES)), dtype=np.int64)
    for i in range(1, len(own)):
        through = best[:, None] + np.einsum("stab,ab->st", pairs, neighbours[i - 1])
        came[i] = np.argmax(through, axis=0)
        best = through[came[i], np.arange(len(_STATES))] + own[i]
    state = int(np.argmax(best))
    out = np.zeros((len(own), LOCAL), dtype=np.int64)
    for i in range(len(own) - 1, -1, -1):
        out[i] = _STATES[state]
        state = int(came[i, state])
    return out
