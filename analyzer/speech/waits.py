"""Announcements in the middle of a call: what a machine says to somebody who waits, in a hold or a transfer.

An agent who comes back for a moment says much the same (请您再稍等，前面还有三位客户), so words alone rarely decide. A
recording is played again sample for sample, which nobody's voice can do; a queue is told in words that no agent uses;
and what stands beside one of these in the same wait needs less.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import soxr

from analyzer.call.types import Samples, Sound
from analyzer.spans import Span, Timeline
from analyzer.speech.cues import BUSY, HELLO, Unit, cues, share_said

_RATE_HZ = 8000
_BLOCK = 1 << 18
_FAINTER = 0.1  # of the power: what is fainter than so is no copy
_QUEUES = (
    *BUSY,
    *("来电正在排队", "电话正在排队", "电话正在转接", "来电正在转接", "当前排队人数", "将尽快为您接通"),
)
_COUNTED = ("您前面还有", "您排在第", "您的排队位置")  # agents tell it, too, but not in the words of a machine alone
_STOCK = (
    *(
        "正在为您转接",
        "正在为您接通",
        "请不要挂机",
        "请您不要挂机",
        "请勿挂机",
        "请稍候",
        "请您稍候",
        "请稍等",
        "请您稍等",
    ),
    *(
        "请耐心等待",
        "请您耐心等待",
        "请继续等待",
        "请您继续等待",
        "感谢您的耐心等待",
        "谢谢您的耐心等待",
        "感谢您的等待",
    ),
    *(
        "位客户",
        "位用户",
        "位等待",
        "谢谢",
        *(f"{said}{figure}位" for said in ("还有", "第") for figure in "一二三四五六七八九十"),
    ),
)
# Whoever says so is a person.
_LIVE = re.compile("我(?!们)|久等|再稍|再等|还在吗|听得|[吗呢]$")
_COMES_BACK = re.compile(HELLO + "|.{0,4}久等")


@dataclass(frozen=True, slots=True)
class WaitSettings:
    """When speech into a wait is a recording.

    Args:
        join_ms: units closer than this are one announcement.
        rest_ms: nobody speaks for so long before it, nor after it unless somebody comes to the line.
        music_ms: hold music so near makes it a wait.
        least_ms: a sound so long that comes again is a recording; as much of it as
        most_ms: this is compared,
        reach_ms: with what is so near,
        alike: and correlates at least so much (a sentence said twice 0.3, over music 12 dB fainter 0.97).
        stock: share of what is said that is a machine's words.
    """

    join_ms: int = 1_500
    rest_ms: int = 2_000
    music_ms: int = 3_000
    least_ms: int = 1_000
    most_ms: int = 3_000
    reach_ms: int = 120_000
    alike: float = 0.6
    stock: float = 0.8


@dataclass(frozen=True, slots=True)
class _Island:
    """Units of a leg with silence around them."""

    units: tuple[Unit, ...]

    @property
    def span(self) -> Span:
        return self.units[0].span | self.units[-1].span

    @property
    def spoken(self) -> str:
        return "".join(u.spoken for u in self.units)


def played_in_waits(
    units: Sequence[Unit],
    others: Sequence[Span],
    music: Timeline,
    leg: tuple[Sound, int] | None,
    settings: WaitSettings,
) -> list[Unit]:
    """The units that are announcements, in order.

    Args:
        units: of one leg, in order.
        others: where the other party says more than a hello.
        music: and tones, on this leg.
        leg: its sound and rate in Hz; None: what comes again is not heard.
        settings: limits.
    """
    islands = _islands(units, settings)
    alone = [_is_alone(islands, i, settings) and not _LIVE.search(x.spoken) for i, x in enumerate(islands)]
    played = [
        is_alone
        and (_says_so(x, others, settings) or _comes_again(x, music, leg, settings) or _wordless(x, music, settings))
        for x, is_alone in zip(islands, alone, strict=True)
    ]
    for order in (range(len(islands)), range(len(islands))[::-1]):
        for known, i in pairwise(order):
            between = islands[known].span | islands[i].span
            if played[known] and alone[i] and not any(between & other for other in others):
                played[i] = played[i] or not islands[i].spoken or bool(cues(_STOCK, islands[i].units))
    return [u for x, is_played in zip(islands, played, strict=True) if is_played for u in x.units]


def _islands(units: Sequence[Unit], settings: WaitSettings) -> list[_Island]:
    """Units closer than `join_ms`; who comes to the line begins another."""
    groups: list[list[Unit]] = []
    for unit in units:
        near = groups and unit.span.start_ms - groups[-1][-1].span.end_ms < settings.join_ms
        if near and not _COMES_BACK.match(unit.spoken):
            groups[-1].append(unit)
        else:
            groups.append([unit])
    return [_Island(tuple(group)) for group in groups]


def _is_alone(islands: Sequence[_Island], at: int, settings: WaitSettings) -> bool:
    """Whether its leg rests before it, and after it until somebody comes to the line."""
    if at == 0 or islands[at].span.start_ms - islands[at - 1].span.end_ms < settings.rest_ms:
        return False
    if at == len(islands) - 1 or _COMES_BACK.match(islands[at + 1].spoken):
        return True
    return islands[at + 1].span.start_ms - islands[at].span.end_ms >= settings.rest_ms


def _says_so(island: _Island, others: Sequence[Span], settings: WaitSettings) -> bool:
    """Whether its words are a queue's, and no answer."""
    around = island.span.widen(settings.rest_ms)
    if any(around & other for other in others):
        return False
    if cues(_QUEUES, island.units):
        return True
    return bool(cues(_COUNTED, island.units)) and share_said(_COUNTED + _STOCK, island.units) >= settings.stock


def _wordless(island: _Island, music: Timeline, settings: WaitSettings) -> bool:
    """Whether nothing was understood of it and hold music plays on either side."""
    span = island.span
    before = Span(max(0, span.start_ms - settings.music_ms), span.start_ms)
    after = Span(span.end_ms, span.end_ms + settings.music_ms)
    return not island.spoken and bool(music.crop(before)) and bool(music.crop(after))


def _comes_again(island: _Island, music: Timeline, leg: tuple[Sound, int] | None, settings: WaitSettings) -> bool:
    """Whether, in a wait, the leg sounds the same once more."""
    longest = max((u.span for u in island.units), key=lambda s: s.duration_ms)
    if leg is None or longest.duration_ms < settings.least_ms:
        return False
    waits = music.crop(island.span.widen(settings.music_ms)) or cues(_QUEUES + _COUNTED + _STOCK, island.units)
    return bool(waits) and _likest(*leg, longest, settings) >= settings.alike


def _likest(sound: Sound, rate_hz: int, span: Span, settings: WaitSettings) -> float:
    """The greatest correlation of a stretch with any other of its sound, 0 to 1."""
    span = Span(span.start_ms, min(span.end_ms, span.start_ms + settings.most_ms))
    near = span.widen(settings.reach_ms)
    piece = sound[near.start_ms * rate_hz // 1000 : near.end_ms * rate_hz // 1000]
    if rate_hz != _RATE_HZ:
        piece = np.asarray(soxr.resample(piece, rate_hz, _RATE_HZ, "LQ"), np.float32)
    first = (span.start_ms - near.start_ms) * _RATE_HZ // 1000
    size = span.duration_ms * _RATE_HZ // 1000
    wanted = piece[first : first + size]
    before, after = piece[:first], piece[first + size :]
    return max(_correlation(wanted, part) for part in (before, after))


def _correlation(wanted: Samples, part: Samples) -> float:
    """The greatest correlation with any place of a part, 0 where it is shorter."""
    size, power = wanted.size, float(np.sum(np.square(wanted, dtype=np.float64)))
    if not power or part.size < size:
        return 0.0
    spectrum = np.conj(np.fft.rfft(wanted, _BLOCK))
    best = 0.0
    for start in range(0, part.size - size + 1, _BLOCK - size + 1):
        block = part[start : start + _BLOCK]
        places = block.size - size + 1
        if places < 1:
            break
        product = np.fft.irfft(np.fft.rfft(block, _BLOCK) * spectrum, _BLOCK)[:places]
        energy = np.concatenate([np.zeros(1), np.cumsum(np.square(block, dtype=np.float64))])
        there = np.maximum(energy[size:] - energy[:-size], _FAINTER * power)
        best = max(best, float(np.max(np.abs(product) / np.sqrt(there * power))))
    return best
