"""Who speaks when on one channel with two people.

    sound ─► local voices of 10 s windows ─► what each sounds like ─► two voices of the call ─► their speech

The segmentation says who and whether at once; where speech is at all is what `activity` says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from analyzer.call.sound import at_rate, rows
from analyzer.call.types import Legs, Samples, Sound
from analyzer.spans import Span, Timeline, runs
from analyzer.speech.mono.assign import AssignSettings, LocalVoices, assign
from analyzer.speech.mono.at_once import AtOnceSettings, decide, odds
from analyzer.speech.mono.fbank import HOP, WINDOW, fbank
from analyzer.speech.mono.fitted import fitted
from analyzer.speech.mono.heard import Heard
from analyzer.speech.mono.models import MonoModels, find
from analyzer.speech.mono.networks import Networks
from analyzer.speech.mono.own_inner import OwnInnerSettings, hear_together
from analyzer.speech.mono.own_mix import OwnMixSettings, corrected, halved, hear_own, running_mean
from analyzer.speech.mono.segment import FRAME, LOCAL, RATE_HZ, Windows, ms_at, segment
from analyzer.speech.mono.stretches import Stretches, StretchSettings, find_stretches
from analyzer.speech.types import SpeechActivity, VoiceMap

_Mask = npt.NDArray[np.bool_]
_LEAST_FEATURES = 10
_LEAST_SPREAD = 0.02


@dataclass(frozen=True, slots=True)
class SeparationSettings:
    """How two voices are told apart.

    Args:
        assign: weights of the chain.
        stretches: how each stretch is heard by itself.
        at_once: where both speak.
        own_mix: how the call's own two voices together are learned from spectra,
        own_inner: and from the segmentation's first layers.
        likely: probability that both speak, by the segmentation, up to which a frame is one voice's stretch.
        doubtful: probability that both speak from which a frame shows nobody alone,
        margin: nor do this many frames before and after it.
        unlikely: log odds that both speak, by spectra too, up to which the inner layers are shown somebody alone.
        least_s: a voice is listened to from this much of it.
        floor: power put under everything, over that of the speech, so that empty bands and silent lines look alike.
        shortest_ms: a voice between two stretches of the other is heard from this length on.
        one_voice: two centres whose cosine is greater are one person.
        half_sure: distance of the voices, in their own spread, that is worth a confidence of one half.
    """

    assign: AssignSettings = field(default_factory=AssignSettings)
    stretches: StretchSettings = field(default_factory=StretchSettings)
    at_once: AtOnceSettings = field(default_factory=AtOnceSettings)
    own_mix: OwnMixSettings = field(default_factory=OwnMixSettings)
    own_inner: OwnInnerSettings = field(default_factory=OwnInnerSettings)
    likely: float = 0.55
    doubtful: float = 0.15
    margin: int = 3
    unlikely: float = -1.0
    least_s: float = 0.5
    floor: float = 4e-4
    shortest_ms: int = 150
    one_voice: float = 0.88
    half_sure: float = 2.5


class MonoSeparator:
    """Tells two voices apart; loads its networks when it is first needed.

    Args:
        models: as installed.
        settings: thresholds; the defaults are the product's.
    """

    def __init__(self, models: MonoModels, settings: SeparationSettings | None = None) -> None:
        self._models, self._settings = models, settings or SeparationSettings()
        self._networks: Networks | None = None

    def __call__(self, legs: Legs, voices: VoiceMap) -> VoiceMap:
        """Two activities in place of one, or the same map when only one voice is there."""
        if self._networks is None:
            self._networks = Networks(self._models)
        return separate(legs, voices, self._networks, self._settings)


def installed_separator() -> tuple[MonoSeparator | None, str | None]:
    """What tells voices apart and its name for the scorecard; None and None when nobody installed it.

    Raises:
        ModelError: model.damaged.
    """
    models = find()
    return (MonoSeparator(models), models.identity) if models else (None, None)


def separate(legs: Legs, voices: VoiceMap, networks: Networks, settings: SeparationSettings | None = None) -> VoiceMap:
    """Who speaks when on a mixed channel.

    Args:
        legs: of a mono or dual mono recording: one leg.
        voices: its speech, everybody's together.
        networks: loaded.
        settings: thresholds.

    Returns:
        Speakers 0 (who speaks first) and 1 with a confidence; `voices` as it was where only one person speaks.
    """
    settings = settings or SeparationSettings()
    whole = voices.activities[0]
    if not whole.speech:
        return voices
    heard, stretches = hear(legs, whole.speech, networks, settings)
    at_once, second = decide(heard, settings.at_once, fitted())
    spoken = [heard.speech & (~second | at_once), heard.speech & (second | at_once)]
    timelines = [_timeline(mask) & whole.speech for mask in spoken]
    confidence = _confidence(stretches, settings)
    if confidence is None or not all(timelines):
        return voices
    timelines.sort(key=lambda t: t.spans[0])
    activities = tuple(SpeechActivity(i, t, whole.tones, whole.music) for i, t in enumerate(timelines))
    return VoiceMap(voices.layout, True, confidence, activities)


def hear(legs: Legs, spoken: Timeline, networks: Networks, settings: SeparationSettings) -> tuple[Heard, Stretches]:
    """All from which it is decided who speaks when, and what each stretch of one voice sounds like.

    Args:
        legs: of a mono or dual mono recording: one leg.
        spoken: where anybody speaks.
        networks: loaded.
        settings: thresholds.
    """
    sound = at_rate(legs.legs[0].samples, legs.rate_hz, RATE_HZ, "HQ")
    windows = segment(sound, networks)
    speech = _on_grid(spoken, windows.frames)
    floor = floor_under(sound, speech, settings)
    features = fbank(sound, floor)
    local = listen(features, speech, windows, networks, settings)
    chosen, _ = assign(windows, local, settings.assign)
    each, both = _spoken(windows, chosen)
    second = _smooth_runs(each[1] > each[0], speech, settings.shortest_ms)
    voice_of = partial(_voice_of, features, networks)
    stretches = find_stretches(speech & (both <= settings.likely), second, voice_of, settings.stretches)
    for (first, last), mine in zip(stretches.bounds, stretches.second, strict=True):
        second[first:last] = mine
    sure = speech & ~_near(both > settings.doubtful, settings.margin)
    spectra = halved(features)
    del features, voice_of  # a third of a gigabyte of a call of three hours
    own = hear_own(sound, spectra, (sure & ~second, sure & second), floor, settings.own_mix)
    together = None
    if own is not None:
        second = _smooth_runs(corrected(second, own, settings.own_mix), speech, settings.shortest_ms)
        sure = speech & ~_near(odds(both, own, settings.at_once) > settings.unlikely, 1)
        alone = (sure & ~second, sure & second)
        inner = (networks.inner, networks.voice_inner)
        together = hear_together(
            sound, spectra, alone, floor, inner, networks.at_once, settings.own_mix, settings.own_inner
        )
    learned, taught = (together.own, together.taught) if together else (None, None)
    return Heard(speech, second, both, each, own, learned, taught, spectra), stretches


def _on_grid(speech: Timeline, frames: int) -> _Mask:
    out = np.zeros(frames, dtype=np.bool_)
    middle = ms_at(np.arange(frames))
    for span in speech:
        out[(middle >= span.start_ms) & (middle < span.end_ms)] = True
    return out


def _near(mask: _Mask, frames: int) -> _Mask:
    """Where the mask is True within so many frames."""
    wide = 2 * frames + 1
    return running_mean(mask.astype(np.float64), wide) > 0.5 / wide


def floor_under(sound: Sound, speech: _Mask, settings: SeparationSettings) -> float:
    """Power under everything, in a fixed relation to the loudness of the speech."""
    frames = [np.einsum("ij,ij->i", part, part, dtype=np.float64) for part in rows(sound, FRAME)]
    energy = np.concatenate([np.zeros(0), *frames])[: speech.size]
    power = energy[speech[: energy.size]] / FRAME
    loud = float(np.mean(power)) if power.size else 0.0
    return settings.floor * max(loud, 1e-9)


def _feature_at(frame: int) -> int:
    """The first feature in a frame of the grid."""
    return max(0, round(((frame - 0.5) * FRAME + 495 - WINDOW // 2) / HOP))


def listen(
    features: Samples, speech: _Mask, windows: Windows, networks: Networks, settings: SeparationSettings
) -> LocalVoices:
    """What every local voice sounds like where it speaks alone."""
    active = windows.voices > 0.5
    alone = active & (active.sum(axis=2, keepdims=True) == 1)
    size = active.shape[1]
    for i, first in enumerate(windows.first):
        alone[i] &= speech[first : first + size, None]
    sounds = np.zeros((len(active), LOCAL, 192), dtype=np.float32)
    for i, k in zip(*np.nonzero(alone.sum(axis=1) * FRAME / RATE_HZ >= settings.least_s), strict=True):
        own = _features_of(features, alone[i, :, k], int(windows.first[i]))
        if len(own) >= _LEAST_FEATURES:
            sounds[i, k] = networks.voice(own)
    seconds = FRAME / RATE_HZ
    return LocalVoices(sounds, alone.sum(axis=1) * seconds, active.sum(axis=1) * seconds)


def _voice_of(features: Samples, networks: Networks, first: int, last: int) -> npt.NDArray[np.float32] | None:
    """What the voice in frames of the grid sounds like; None where they are too few."""
    own = features[_feature_at(first) : _feature_at(last)]
    return networks.voice(own) if len(own) >= _LEAST_FEATURES else None


def _features_of(features: Samples, mask: _Mask, first: int) -> Samples:
    """The feature frames whose middle lies in a frame of the mask."""
    begin = max(0, _feature_at(first) - 1)  # one more on either side than can lie there
    near = features[begin : _feature_at(first + mask.size) + 1]
    middle = (np.arange(begin, begin + len(near)) * HOP + WINDOW // 2 - 495) / FRAME
    at = np.round(middle).astype(np.int64) - first
    inside = (at >= 0) & (at < mask.size)
    return near[np.flatnonzero(inside)[mask[at[inside]]]]


def _spoken(windows: Windows, chosen: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """How likely each voice speaks, (2, frames), and how likely both do, (frames,), by the segmentation."""
    voice, both, heard = np.zeros((2, windows.frames)), np.zeros(windows.frames), np.zeros(windows.frames)
    size = windows.voices.shape[1]
    for window, first, owner in zip(windows.voices, windows.first, chosen, strict=True):
        at = slice(int(first), int(first) + size)
        for k in (0, 1):
            voice[k, at] += np.max(window * (owner == k), axis=1)
        both[at] += np.sort(window, axis=1)[:, -2]
        heard[at] += 1
    voice /= np.maximum(heard, 1)
    both /= np.maximum(heard, 1)
    return voice, both


def _smooth_runs(mask: _Mask, speech: _Mask, shortest_ms: int) -> _Mask:
    """Without changes of the voice shorter than `shortest_ms` of speech in the middle of the other's."""
    out = mask.copy()
    inside = np.flatnonzero(speech)
    values = out[inside]
    edges = np.flatnonzero(np.diff(values.astype(np.int8))) + 1
    bounds = [0, *edges.tolist(), values.size]
    least = shortest_ms * RATE_HZ // 1000 // FRAME
    for a, b in pairwise(bounds[1:-1]):
        # a stretch with silence on both sides is somebody's own
        joined = inside[a] - inside[a - 1] == 1 or inside[b] - inside[b - 1] == 1
        if b - a < least and joined:
            values[a:b] = values[a - 1]
    out[inside] = values
    return out


def _timeline(mask: _Mask) -> Timeline:
    bounds = np.array(runs(mask), dtype=np.intp).reshape(-1, 2)
    half = FRAME * 500 / RATE_HZ
    starts, ends = ms_at(bounds[:, 0]) - half, ms_at(bounds[:, 1] - 1) + half
    return Timeline(tuple(Span(max(0, round(a)), max(0, round(b))) for a, b in zip(starts, ends, strict=True)))


def _confidence(stretches: Stretches, settings: SeparationSettings) -> float | None:
    """How surely each stretch belongs to its voice; None when both are one.

    Definition: on the line between both centres, the mean distance of the stretches from the middle over its spread,
    d; the confidence is d / (d + `half_sure`), less where the centres nearly meet.
    """
    sure = stretches.seconds >= settings.stretches.centre_s
    if not stretches.second[sure].any() or stretches.second[sure].all():
        return None
    alike = float(stretches.centres[0] @ stretches.centres[1])
    if alike > settings.one_voice:
        return None
    weight = stretches.seconds[sure]
    side = np.where(stretches.second[sure], 1.0, -1.0)
    margin = side * (stretches.sounds[sure] @ (stretches.centres[1] - stretches.centres[0]))
    mean = float(np.average(margin, weights=weight))
    spread = float(np.sqrt(np.average((margin - mean) ** 2, weights=weight) + _LEAST_SPREAD**2))
    d = max(0.0, mean) / spread
    near = min(1.0, (1.0 - alike) / 0.2)
    return round(min(0.99, near * d / (d + settings.half_sure)), 3)
