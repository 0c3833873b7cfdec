"""What was recorded: the facts of the file, its samples, its legs and the metadata that came with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from analyzer.spans import MOST, Milliseconds, Whole

Samples = npt.NDArray[np.float32]


class Sound(Protocol):
    """One channel: as long as it has samples, a slice of it is float32, full scale 1.0. An array is one too."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> Samples: ...


class Role(StrEnum):
    """Who a speaker is to the call."""

    AGENT = "agent"
    CUSTOMER = "customer"
    UNKNOWN = "unknown"

    @property
    def other(self) -> Role:
        """The other of the two parties; of nobody known nobody known."""
        return {Role.AGENT: Role.CUSTOMER, Role.CUSTOMER: Role.AGENT}.get(self, Role.UNKNOWN)


PARTIES = (Role.AGENT, Role.CUSTOMER)


class Layout(StrEnum):
    """What the channels of a recording turned out to hold."""

    STEREO = "stereo"  # two legs, one party each
    MONO = "mono"  # one channel with everybody
    DUAL_MONO = "dual_mono"  # two channels, the same mixed sound


@dataclass(frozen=True, slots=True)
class Defect:
    """Something wrong with a recording that did not stop it from being read."""

    code: str  # e.g. "data_truncated", "nan_samples", "hum"
    detail: str
    channel: Whole | None = None


@dataclass(frozen=True, slots=True)
class WavFacts:
    """What the file says of itself and what is really there."""

    sha256: str
    size_bytes: Whole
    container: str  # "RIFF", "RIFX", "RF64"
    codec: str  # "pcm_s16le", "alaw", "ulaw", "ima_adpcm", "ms_adpcm", "gsm610", "float32" ...
    rate_hz: Annotated[int, msgspec.Meta(ge=1, le=MOST)]
    channels: Whole
    frames_claimed: Whole | None  # None when the header doesn't say
    frames_present: Whole
    duration_ms: Milliseconds
    defects: tuple[Defect, ...] = ()

    @property
    def lost_ms(self) -> int:
        """How much sound the header claims that isn't there, in ms; 0 when it doesn't say."""
        return max(0, (self.frames_claimed or 0) - self.frames_present) * 1000 // self.rate_hz


@dataclass(frozen=True, slots=True)
class CallAudio:
    """A recording's sound.

    Args:
        facts: of the file.
        samples: of each channel, always finite; read in stretches, for a whole leg may not fill the memory.
    """

    facts: WavFacts
    samples: tuple[Sound, ...]

    @property
    def rate_hz(self) -> int:
        """Sampling rate in Hz (the recording's own)."""
        return self.facts.rate_hz


@dataclass(frozen=True, slots=True)
class CallMetadata:
    """What came beside the recording; None where nobody said."""

    call_id: str | None = None
    agent_id: str | None = None
    team: str | None = None
    direction: str | None = None  # "inbound" | "outbound"
    start_time: str | None = None  # ISO 8601
    is_callback: bool | None = None
    released_by: str | None = None  # "agent" | "customer" | "system"
    released_by_field: str | None = None  # the switch's field it came from, e.g. "ReleaseInitiator"
    roles: tuple[Role, ...] | None = None  # by channel
    source: str | None = None  # "sidecar" | "manifest" | "options"
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bleed:
    """One leg's sound heard faintly on the other."""

    source_channel: Whole
    into_channel: Whole
    level_db: float  # of the copy against its source
    delay_ms: Whole


@dataclass(frozen=True, slots=True)
class Leg:
    """One channel to analyse. Dual mono becomes one leg."""

    channel: Whole
    samples: Sound
    is_dead: bool  # no sound but digital silence or bare line noise throughout


@dataclass(frozen=True, slots=True)
class Legs:
    """The recording's channels after looking at what they hold."""

    layout: Layout
    legs: tuple[Leg, ...]
    bleed: tuple[Bleed, ...]
    rate_hz: Whole
    duration_ms: Whole
    defects: tuple[Defect, ...]
