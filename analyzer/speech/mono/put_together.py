"""The call's own two voices put together as they are in calls: what each says alone, in an order that never was.

One begins in the other's last word, says something short while the other talks on, or comes in and stays. Where each
begins and ends is known to the frame, and pieces begin and end as they do in the call.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.call.types import Samples
from analyzer.speech.mono.segment import FIRST, FRAME, RATE_HZ

_WHAT = np.array([-1, 0, 1, 2])  # nobody, voice 0, voice 1, both


@dataclass(frozen=True, slots=True)
class TogetherSettings:
    """What is put together; lengths are drawn between two bounds, in seconds.

    Args:
        seconds: in all.
        shares: of turns that begin in the other's last word, of listeners' tokens, of interruptions.
        last_word: how much of the other's turn a turn that begins in its last word shares,
        comes_in: and how much an interruption does.
        turn: length of a turn,
        token: and of a token.
        paused: share of turns that are followed by a silence,
        pause: and its length.
    """

    seconds: float = 80.0
    shares: tuple[float, float, float] = (0.35, 0.3, 0.35)
    last_word: tuple[float, float] = (0.08, 0.5)
    comes_in: tuple[float, float] = (0.4, 1.2)
    turn: tuple[float, float] = (1.0, 2.5)
    token: tuple[float, float] = (0.2, 0.9)
    paused: float = 0.25
    pause: tuple[float, float] = (0.05, 0.3)


def put_together(
    first: list[Samples], second: list[Samples], settings: TogetherSettings
) -> tuple[Samples, npt.NDArray[np.int64]]:
    """Both voices as in a call, and what every frame of its grid is: -1 nobody, 0 or 1 one voice, 2 both.

    Args:
        first: pieces that voice 0 says alone, (samples,) each, at 16 kHz.
        second: the same of voice 1.
        settings: what comes how often.
    """
    track = _Track(settings.seconds)
    # fixed numbers: drawn once and for all, the same on every machine
    draw = np.random.RandomState(0)
    decks = (_Deck(first, draw), _Deck(second, draw))
    voice, begin = 0, 0
    end = track.lay(decks[0].take(settings.turn), begin, 0)
    while end < track.size:
        voice = 1 - voice
        kind = int(np.searchsorted(np.cumsum(settings.shares), draw.random_sample()))
        if kind == 1:
            turn, token = decks[voice].take(settings.turn), decks[1 - voice].take(settings.token)
            begin = end
            end = track.lay(turn, begin, voice)
            room = max(0, turn.size - token.size)
            track.lay(token, begin + int(room * draw.uniform(0.15, 0.95)), 1 - voice)
        else:
            shared = settings.last_word if kind == 0 else settings.comes_in
            begin = max(begin + RATE_HZ // 4, end - _samples(shared, draw), track.ends[voice])
            end = max(end, track.lay(decks[voice].take(settings.turn), begin, voice))
        if draw.random_sample() < settings.paused:
            end += _samples(settings.pause, draw)
    return track.sound, track.frames()


class _Track:
    """Sound to lay pieces on, which knows who is where."""

    def __init__(self, seconds: float) -> None:
        self.size = int(seconds * RATE_HZ)
        self.sound = np.zeros(self.size, dtype=np.float32)
        self.ends = [0, 0]  # of what each voice said last
        self._who = np.zeros(self.size, dtype=np.int64)

    def lay(self, piece: Samples, at: int, voice: int) -> int:
        """Lays a piece of a voice from a sample on, as far as the track goes; where it ends, or would."""
        there = slice(at, min(at + piece.size, self.size))
        self.sound[there] += piece[: max(0, self.size - at)]
        self._who[there] |= 1 << voice
        self.ends[voice] = at + int(piece.size)
        return self.ends[voice]

    def frames(self) -> npt.NDArray[np.int64]:
        """What each frame of the grid is."""
        count = (self.size - FIRST) // FRAME
        return np.asarray(_WHAT[self._who[np.arange(count) * FRAME + FIRST]])


class _Deck:
    """Pieces in an order drawn anew each time all were taken."""

    def __init__(self, pieces: list[Samples], draw: np.random.RandomState) -> None:
        self._pieces, self._draw = pieces, draw
        self._left: list[int] = []

    def take(self, seconds: tuple[float, float]) -> Samples:
        """Pieces one after the other, at least the lower bound long, of which an end or a beginning is cut off."""
        least, most = round(seconds[0] * RATE_HZ), _samples(seconds, self._draw)
        parts: list[Samples] = []
        while sum(p.size for p in parts) < least:
            if not self._left:
                self._left = self._draw.permutation(len(self._pieces)).tolist()
            parts.append(self._pieces[self._left.pop()])
        whole = np.concatenate(parts)
        return whole[-most:] if self._draw.random_sample() < 0.5 else whole[:most]


def _samples(seconds: tuple[float, float], draw: np.random.RandomState) -> int:
    return int(draw.uniform(*seconds) * RATE_HZ)
