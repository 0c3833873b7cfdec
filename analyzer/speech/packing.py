"""Pack one speaker's speech into windows for the recogniser, and lead times in a window back to the call.

A window costs the recogniser a fixed amount however little it holds, so stretches of speech stand in it one after the
other, a short silence between them. Only what a `Piece` says came from the call counts as time; joints belong to
nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import soxr

from analyzer.call.grains import grains
from analyzer.call.types import Samples, Sound
from analyzer.spans import Span, Timeline

RATE_HZ = 16_000
EDGE_MS = 50  # more sound given to the resampler on both sides, and cut off again


@dataclass(frozen=True, slots=True)
class PackingSettings:
    """How speech is laid out for the recogniser.

    Args:
        window_ms: a window's greatest length.
        joint_ms: silence between two pieces that were apart in the call.
        pad_ms: sound kept before and after each stretch of speech, at most half the gap.
        least_ms: speech shorter than this alone in a window is given this much sound around it.
    """

    window_ms: int = 26_000
    joint_ms: int = 250
    pad_ms: int = 150
    least_ms: int = 1_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of the call's sound inside a window.

    Args:
        at_ms: where it begins in the window.
        span: which stretch of the call it is.
    """

    at_ms: int
    span: Span


@dataclass(frozen=True, slots=True)
class Window:
    """What one call of the recogniser hears.

    Args:
        pieces: in order of time.
        duration_ms: of the window's sound.
    """

    pieces: tuple[Piece, ...]
    duration_ms: int

    def call_ms(self, window_ms: float) -> int:
        """The call time of a time in the window; inside a joint, the nearest edge of a piece."""
        best, distance = 0, float("inf")
        for piece in self.pieces:
            into = min(max(window_ms - piece.at_ms, 0.0), float(piece.span.duration_ms))
            away = abs(piece.at_ms + into - window_ms)
            if away < distance:
                best, distance = piece.span.start_ms + round(into), away
        return best

    @property
    def heard(self) -> Timeline:
        """The stretches of the call that are in the window."""
        return Timeline(tuple(p.span for p in self.pieces))


def pack(stretches: Iterable[Span], settings: PackingSettings) -> list[Window]:
    """Windows that hold the stretches in order: as few as their order allows, and about equally long.

    Args:
        stretches: sorted, disjoint, none longer than a window.
        settings: how they are laid out.
    """
    spans = list(stretches)
    windows = _filled(spans, settings.joint_ms, settings.window_ms)
    if len(windows) < 2:
        return windows
    low, high = max(s.duration_ms for s in spans), max(w.duration_ms for w in windows)
    while low < high:  # the smallest limit that needs no more windows
        limit = (low + high) // 2
        tried = _filled(spans, settings.joint_ms, limit)
        if len(tried) <= len(windows):
            windows, high = tried, limit
        else:
            low = limit + 1
    return windows


def _filled(spans: Iterable[Span], joint_ms: int, limit_ms: int) -> list[Window]:
    """Windows filled one after the other up to a limit."""
    windows: list[Window] = []
    pieces: list[Piece] = []
    end_ms = 0
    for span in spans:
        at_ms = end_ms + joint_ms if pieces else 0
        if pieces and at_ms + span.duration_ms > limit_ms:
            windows.append(Window(tuple(pieces), end_ms))
            pieces, at_ms = [], 0
        pieces.append(Piece(at_ms, span))
        end_ms = at_ms + span.duration_ms
    if pieces:
        windows.append(Window(tuple(pieces), end_ms))
    return windows


def stretches_of(speech: Timeline, leg: Sound, rate_hz: int, settings: PackingSettings) -> list[Span]:
    """Speech with its pads; neighbours whose joint would not be shorter than their gap stay as they are in the call.

    Args:
        speech: where the speaker speaks.
        leg: the whole channel.
        rate_hz: of the leg.
        settings: pads, joints, greatest length.

    Returns:
        Sorted, disjoint spans, each at most a window long; long ones are cut where the sound is weakest.
    """
    whole = Span(0, len(leg) * 1000 // rate_hz)
    padded = Timeline(tuple(s.widen(settings.pad_ms) for s in speech)).crop(whole).close_gaps(settings.joint_ms)
    out: list[Span] = []
    for span in padded:
        rest = span
        while rest.duration_ms > settings.window_ms:
            cut = _weakest(
                leg, rate_hz, Span(rest.start_ms + settings.window_ms // 2, rest.start_ms + settings.window_ms)
            )
            out.append(Span(rest.start_ms, cut))
            rest = Span(cut, rest.end_ms)
        out.append(rest)
    return [_at_least(s, settings.least_ms, whole) if len(out) == 1 else s for s in out]


def sound_of(window: Window, leg: Sound, rate_hz: int) -> Samples:
    """The window's sound at 16 kHz, shape (frames,).

    Only the pieces are resampled, never the whole leg: memory stays that of a window, however long the call.
    """
    sound = np.zeros(window.duration_ms * RATE_HZ // 1000, np.float32)
    for piece in window.pieces:
        first = piece.at_ms * RATE_HZ // 1000
        part = _resampled(leg, rate_hz, piece.span)[: len(sound) - first]
        sound[first : first + len(part)] = part
    return sound


def _resampled(leg: Sound, rate_hz: int, span: Span) -> Samples:
    wide = span.widen(EDGE_MS)
    start = wide.start_ms * rate_hz // 1000
    source = leg[start : wide.end_ms * rate_hz // 1000 + 1]
    if rate_hz != RATE_HZ:
        source = soxr.resample(source, rate_hz, RATE_HZ, quality="HQ")
    first = span.start_ms * RATE_HZ // 1000 - round(start * RATE_HZ / rate_hz)
    return source[first : first + span.duration_ms * RATE_HZ // 1000]


def _weakest(leg: Sound, rate_hz: int, span: Span) -> int:
    """The middle of the weakest 100 ms in `span`, in ms; the first of equals."""
    sound = leg[span.start_ms * rate_hz // 1000 : span.end_ms * rate_hz // 1000]
    parts = [(some.astype(np.float64) ** 2).sum(axis=1) for some in grains(sound, rate_hz, 10)]
    power = np.concatenate([np.zeros(0), *parts])
    if power.size < 10:
        return span.middle_ms
    smooth = np.convolve(power, np.ones(10), mode="valid")
    return span.start_ms + int(np.argmin(smooth)) * 10 + 50


def _at_least(span: Span, least_ms: int, whole: Span) -> Span:
    lack = least_ms - span.duration_ms
    return (span.widen((lack + 1) // 2) & whole) or span if lack > 0 else span
