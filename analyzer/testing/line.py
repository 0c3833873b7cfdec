"""What a telephone line and a recorder do to clean legs: band, bleed, noise, dead legs, layout, codec."""

from __future__ import annotations

import io

import numpy as np
import soundfile
from scipy.signal import butter, fftconvolve, sosfiltfilt

from analyzer.call.types import Layout, Samples
from analyzer.testing.sounds import Sound

SUBTYPES = {
    "pcm_s16le": "PCM_16",
    "alaw": "ALAW",
    "ulaw": "ULAW",
    "gsm610": "GSM610",
    "ima_adpcm": "IMA_ADPCM",
    "float32": "FLOAT",
}
_DIRECT = 2.0  # what comes straight from a loudspeaker, against what one moment of the room returns


def band_limit(sound: Sound, rate_hz: int, band_hz: tuple[int, int]) -> Sound:
    """Only what lies in the band, without delay. An upper edge beyond 0.48 of the rate is left alone.

    Args:
        sound: shape (frames,).
        rate_hz: of the sound.
        band_hz: lower and upper edge.
    """
    low, high = band_hz
    if high < 0.48 * rate_hz:
        filtered = sosfiltfilt(butter(4, (low, high), "bandpass", fs=rate_hz, output="sos"), sound)
    else:
        filtered = sosfiltfilt(butter(4, low, "highpass", fs=rate_hz, output="sos"), sound)
    return np.asarray(filtered, dtype=np.float64)


def bleed(legs: Sound, level_db: float, delay_ms: int, rate_hz: int, room_ms: int = 0) -> Sound:
    """Each leg with the other's copy at that level and delay.

    Args:
        legs: shape (2, frames).
        level_db: of the copy against its source.
        delay_ms: of the copy.
        rate_hz: of the legs.
        room_ms: 0, or how long a room goes on sounding in which the copy is picked up (a telephone on a table).
    """
    shift = delay_ms * rate_hz // 1000
    heard = legs[::-1]
    if room_ms:
        fading = 10 ** (-3 * np.arange(max(1, room_ms * rate_hz // 1000)) / (room_ms * rate_hz / 1000))
        room = np.random.default_rng(room_ms).standard_normal(fading.size) * fading
        room[0] += _DIRECT
        heard = fftconvolve(heard, (room / np.sqrt(np.sum(room**2)))[None, :], axes=1)[:, : legs.shape[1]]
    copy = np.zeros_like(legs)
    copy[:, shift:] = heard[:, : legs.shape[1] - shift]
    return legs + copy * 10 ** (level_db / 20)


def through_codec(sound: Samples, rate_hz: int, codec: str) -> Samples:
    """One channel written in that codec and read back, as long as before.

    Args:
        sound: shape (frames,).
        rate_hz: of the sound; GSM is defined at 8 kHz only.
        codec: a key of `SUBTYPES`.
    """
    if codec == "float32":
        return sound
    file = io.BytesIO()
    soundfile.write(file, sound, rate_hz, subtype=SUBTYPES[codec], format="WAV")
    file.seek(0)
    back, _ = soundfile.read(file, dtype="float32")
    return np.concatenate([back, np.zeros(max(0, len(sound) - len(back)), np.float32)])[: len(sound)]


def lay_out(legs: Samples, layout: Layout, swapped: bool) -> Samples:
    """The channels of the recording, shape (channels, frames).

    Args:
        legs: shape (2, frames), the agent's and the customer's.
        layout: two channels, the sum on two, or on one.
        swapped: the customer's leg comes first, in stereo.
    """
    if layout is Layout.STEREO:
        return legs[::-1] if swapped else legs
    mixed = legs.sum(axis=0, keepdims=True)
    return np.repeat(mixed, 2, axis=0) if layout is Layout.DUAL_MONO else mixed
