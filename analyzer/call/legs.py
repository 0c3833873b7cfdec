"""What the channels of a recording hold: two parties, one mixed sound twice, a dead leg, one leg's sound on the other.

All of it is decided before anything is counted, because each mistake here would accuse somebody: bleed looks like
talking over the other party, dual mono looks like doing so all the time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.call.hum import hum_level, without_hum
from analyzer.call.sound import at_rate, blocks, rows
from analyzer.call.types import Bleed, CallAudio, Defect, Layout, Leg, Legs, Samples, Sound

_RATE_HZ = 8000  # everything is compared in the telephone band
_FRAME = 160  # 20 ms
_FLOOR_DB = -100.0
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LegSettings:
    """Limits for calling channels alike, dead or bled into.

    Args:
        same_correlation: two channels are one sound from this correlation upwards, after alignment and gain.
        same_gain_spread_db: and only if their difference in level keeps within this over the call.
        dead_range_db: a leg is dead when its loudest 100 ms rise less than this over its usual level.
        dead_level_db: and stay below this level (dBFS).
        bleed_lag_ms: longest delay looked for.
        bleed_prominence: how far the peak of the averaged cross-correlation stands out, in standard deviations.
        bleed_share: in how many of the windows the copy must show as it is,
        bleed_flat_share: or with the source's spectrum flattened: a room's echoes hide the copy of what is not.
        bleed_range_db: weakest and strongest copy that is called bleed.
        bleed_mixed_db: from here on a leg holds both parties,
        bleed_mixed_alike: and is like the other, by correlation, in nearly all windows in which that one speaks.
    """

    same_correlation: float = 0.9
    same_gain_spread_db: float = 3.0
    dead_range_db: float = 9.0
    dead_level_db: float = -40.0
    bleed_lag_ms: int = 1000
    bleed_prominence: float = 8.0
    bleed_share: float = 0.75
    bleed_flat_share: float = 0.85
    bleed_range_db: tuple[float, float] = (-50.0, 6.0)
    bleed_mixed_db: float = -3.0
    bleed_mixed_alike: float = 0.5


def look_at_legs(audio: CallAudio, settings: LegSettings = LegSettings()) -> Legs:
    """Finds the layout, dead legs and bleed between legs.

    Args:
        audio: the recording, of one or two channels.
        settings: limits; the defaults are the product's.

    Returns:
        One leg for mono and dual mono, else one leg a channel.
    """
    defects: list[Defect] = []
    channels = list(audio.samples)
    for index, channel in enumerate(channels):
        hum_db = hum_level(channel, audio.rate_hz)
        if hum_db is not None:
            channels[index] = without_hum(channel, audio.rate_hz)
            defects.append(Defect("hum", f"hum or a constant part at {hum_db:.0f} dBFS was taken out", index))
    narrow = [_narrow(c, audio.rate_hz) for c in channels]
    dead = [_is_dead(x, settings) for x in narrow]
    layout = Layout.MONO if len(narrow) == 1 else Layout.STEREO
    bleed: tuple[Bleed, ...] = ()
    if len(narrow) == 2 and not any(dead):
        if _same_sound(narrow[0], narrow[1], settings):
            layout = Layout.DUAL_MONO
            defects.append(Defect("dual_mono", "both channels hold the same mixed sound"))
        else:
            found = (_bleed(narrow, 0, 1, settings), _bleed(narrow, 1, 0, settings))
            bleed = tuple(b for b in found if b is not None)
    for index, is_dead in enumerate(dead):
        if is_dead:
            defects.append(Defect("dead_leg", "no sound but silence or line noise throughout", index))
    for b in bleed:
        detail = f"channel {b.source_channel} is heard at {b.level_db:.0f} dB after {b.delay_ms} ms"
        defects.append(Defect("bleed", detail, b.into_channel))
    kept = 1 if layout is not Layout.STEREO else len(narrow)
    legs = tuple(Leg(i, channels[i], dead[i]) for i in range(kept))
    return Legs(layout, legs, bleed, audio.rate_hz, audio.facts.duration_ms, tuple(defects))


@dataclass(frozen=True, slots=True)
class _Centred:
    """A sound without its constant part."""

    sound: Sound
    mean: np.float32

    def __len__(self) -> int:
        return len(self.sound)

    def __getitem__(self, part: slice, /) -> Samples:
        return self.sound[part] - self.mean


def _narrow(samples: Sound, rate_hz: int) -> Sound:
    """The channel at 8 kHz without its constant part."""
    sound = at_rate(samples, rate_hz, _RATE_HZ, "LQ")
    total = sum(float(block.sum(dtype=np.float64)) for block in blocks(sound))
    return _Centred(sound, np.float32(total / max(1, len(sound))))


def _power(x: Sound, frame: int) -> _Floats:
    """Mean square of consecutive frames."""
    parts = [np.einsum("ij,ij->i", part, part) for part in rows(x, frame)]
    return np.concatenate([np.zeros(0), *parts]) / frame


def _db(power: _Floats) -> _Floats:
    return np.asarray(10.0 * np.log10(np.maximum(power, 10.0 ** (_FLOOR_DB / 10.0))))


def _is_dead(x: Sound, settings: LegSettings) -> bool:
    """Whether a channel never rises over its own line noise. Clicks of up to 40 ms do not count as sound."""
    level = _db(_power(x, _FRAME))
    if level.size < 5:
        return bool(level.size == 0 or level.max() < settings.dead_level_db)
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(level, 5), axis=1)
    sounding = smooth[smooth > _FLOOR_DB + 1]
    if sounding.size == 0:
        return True
    loudest, usual = float(smooth.max()), float(np.median(sounding))
    return loudest < settings.dead_level_db and loudest - usual < settings.dead_range_db


def _windows(x: Sound, y: Sound, length: int, most: int, by: _Floats) -> tuple[_Floats, _Floats] | None:
    """The `most` windows of `length` samples where `by` (one value a window) is largest, in order of time."""
    order = np.sort(np.argsort(-by, kind="stable")[:most])
    if order.size == 0:
        return None
    xs = np.stack([x[i * length : (i + 1) * length] for i in order]).astype(np.float64)
    ys = np.stack([y[i * length : (i + 1) * length] for i in order]).astype(np.float64)
    return xs, ys


def _same_sound(x: Sound, y: Sound, settings: LegSettings) -> bool:
    """Whether both channels carry one sound up to delay, gain and codec noise, all through the call."""
    length = _RATE_HZ
    power = _power(x, length) + _power(y, length)
    loud = np.where(power > power.max(initial=0.0) * 1e-3, power, -1.0)
    # spread over the call, not only its loudest stretch: a window in every n, so that both parties are heard
    step = max(1, loud.size // 60)
    spread = np.full(loud.size, -1.0)
    for i in range(0, loud.size, step):
        best = i + int(np.argmax(loud[i : i + step]))
        spread[best] = loud[best]
    chosen = int((spread > 0).sum())
    picked = _windows(x, y, length, chosen, spread)
    if picked is None:
        return False
    xs, ys = picked
    size = 2 * length
    cross = np.fft.irfft(np.fft.rfft(xs, size) * np.conj(np.fft.rfft(ys, size)), size)
    total = cross.sum(axis=0)
    reach = _RATE_HZ * 20 // 1000
    near = np.concatenate([total[-reach:], total[: reach + 1]])
    lag = int(np.argmax(np.abs(near))) - reach
    ex, ey = np.einsum("ij,ij->i", xs, xs), np.einsum("ij,ij->i", ys, ys)
    tiny = 1e-12
    whole = abs(total[lag]) / (np.sqrt(ex.sum() * ey.sum()) + tiny)
    each = np.abs(cross[:, lag]) / (np.sqrt(ex * ey) + tiny)
    gain = 10.0 * np.log10((ey + tiny) / (ex + tiny))
    off = np.abs(gain - np.median(gain)) > settings.same_gain_spread_db
    return bool(
        whole > settings.same_correlation
        and np.mean(each > settings.same_correlation - 0.1) > 0.9
        and np.mean(off) < 0.1
        and abs(float(np.median(gain))) < 12.0
    )


def _bleed(legs: list[Sound], source: int, into: int, settings: LegSettings) -> Bleed | None:
    """One leg's sound on the other, from windows where the source is loud and the other leg quiet.

    The spectrum of the source is flattened, so that the summed cross-correlation is a sharp peak at the delay and
    noise and the other party's speech average out.
    """
    x, y = legs[source], legs[into]
    length = _RATE_HZ // 2
    count = min(len(x), len(y)) // length
    if count < 4:
        return None
    px, py = _power(x, length)[:count], _power(y, length)[:count]
    # a leg that is digitally silent hears nothing, whatever its line does elsewhere
    usable = (px > np.percentile(px, 95) * 10.0**-1.5) & (px > py * 0.25) & (px > 10.0**-6.5) & (py > 10.0**-9.5)
    if usable.sum() < 4:
        return None
    reach = _RATE_HZ * settings.bleed_lag_ms // 1000
    # the copy arrives later: the other leg's window is longer by the longest delay, and should be quiet throughout
    behind = 1 + -(-reach // length)
    lasting = np.max(np.lib.stride_tricks.sliding_window_view(np.pad(py, (0, behind - 1), mode="edge"), behind), axis=1)
    rank = np.where(usable, px / (lasting + 1e-12), -1.0)
    most = min(240, max(4, int(usable.sum() * 0.8)))
    order = np.sort(np.argsort(-rank, kind="stable")[:most])
    size = 1 << int(np.ceil(np.log2(length + reach)))
    xs = np.stack([x[i * length : (i + 1) * length] for i in order])
    ys = np.zeros((order.size, size), dtype=np.float32)
    for row, i in enumerate(order):
        piece = y[i * length : i * length + length + reach]
        ys[row, : piece.size] = piece
    fx, fy = np.fft.rfft(xs, size), np.fft.rfft(ys, size)
    auto = np.mean(np.abs(fx) ** 2, axis=0)
    scale = np.maximum(px[order], 1e-9)[:, None]  # every window counts as much as the other leg is quiet
    whiten = 1.0 / (np.abs(fx) ** 2 / scale + 0.05 * np.mean(auto / np.mean(scale)))
    weight = np.sqrt(rank[order])[:, None]
    flat = fy * np.conj(fx) / scale * whiten
    cross = np.fft.irfft(np.sum(flat * weight, axis=0) / weight.sum(), size)[:reach]
    peak = int(np.argmax(np.abs(cross)))
    spread = 1.4826 * float(np.median(np.abs(cross - np.median(cross)))) + 1e-12
    if peak >= reach - _RATE_HZ // 200 or abs(cross[peak]) < settings.bleed_prominence * spread:
        return None
    delayed = np.zeros_like(ys)
    delayed[:, peak : peak + length] = xs[:, : size - peak]
    sign = np.sign(cross[peak])
    gains = sign * np.einsum("ij,ij->i", ys, delayed) / (np.einsum("ij,ij->i", delayed, delayed) + 1e-12)
    # by chance the sign is right in half of the windows only
    if np.mean(gains > 0.0) < settings.bleed_share:
        turns = np.exp(2j * np.pi * peak / size * np.arange(flat.shape[1]))
        flattened = sign * (flat @ turns).real / (np.sum(np.abs(fx) ** 2 / scale * whiten, axis=1) + 1e-12)
        if np.mean(flattened > 0.0) < settings.bleed_flat_share:
            return None
        gains = flattened
    gain = float(np.median(gains))
    if gain <= 0.0:
        return None
    level = 20.0 * float(np.log10(gain))
    low, high = settings.bleed_range_db
    if not low <= level <= high:
        return None
    if level > settings.bleed_mixed_db:  # both parties on this leg, or a tone or music that both legs carry
        there = ys[:, peak : peak + length]
        alike = gains * np.sqrt(np.einsum("ij,ij->i", delayed, delayed) / (np.einsum("ij,ij->i", there, there) + 1e-12))
        if np.mean(alike > settings.bleed_mixed_alike) < settings.bleed_share:
            return None
    return Bleed(source, into, round(level, 1), round(1000 * peak / _RATE_HZ))
