"""What a composed call really holds, exactly: the ground the measures are checked against."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from analyzer.call.types import Layout, Role
from analyzer.errors import UsageError
from analyzer.measure.types import OverlapKind, OverlapOutcome, PauseKind
from analyzer.spans import Span, Timeline
from analyzer.versions import is_other, schema_of, version_in

SCHEMA_VERSION = "1.0"

UtteranceKind = Literal["turn", "backchannel", "interruption", "simultaneous_start"]
SoundKind = Literal[
    "ringback", "busy_tone", "congestion_tone", "music", "hook_click", "background_talk", "digital_silence",
    "announcement",
]  # fmt: skip
Party = Literal["agent", "customer", "system"]


@dataclass(frozen=True, slots=True)
class TrueUtterance:
    """One thing one party said.

    `speech` leaves out pauses of 200 ms and more; `span` is its extent. When the speaker broke off, `complete` is
    False and `text` is the part that was spoken (by an even share of characters over speech time).
    """

    party: Role
    voice: str
    text: str
    script_text: str
    span: Span
    speech: tuple[Span, ...]
    kind: UtteranceKind
    complete: bool


@dataclass(frozen=True, slots=True)
class TrueOverlap:
    """Both parties at once: `by` came in on `over`."""

    span: Span
    kind: OverlapKind
    outcome: OverlapOutcome
    by: Role
    over: Role


@dataclass(frozen=True, slots=True)
class TruePause:
    """A silence of both parties of 200 ms and more, with the parties around it (None at an end of the call)."""

    span: Span
    kind: PauseKind
    after: Role | None
    before: Role | None
    music: bool = False
    announced: bool = False  # a hold that began with an announcement


@dataclass(frozen=True, slots=True)
class TrueSound:
    """Something that is not speech of a party: on whose leg, and when."""

    kind: SoundKind
    leg: Role
    span: Span


@dataclass(frozen=True, slots=True)
class TrueEnding:
    """Who ended the call, and what of that can be heard.

    `evidence` is empty when the sound holds nothing: then *unknown* is the right answer, whoever `party` was.
    """

    party: Party
    evidence: tuple[str, ...]  # names as in HangupEvidence
    decidable: bool  # the sound alone is enough to name the party
    at_ms: int  # when the party went, which is the end of the recording where nothing follows
    goodbye_agent_ms: int | None
    goodbye_customer_ms: int | None
    decided_by: tuple[str, ...] = ()  # what of the sound names the party: see `analyzer.testing.evident`


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the line did to the sound.

    Args:
        layout: stereo, dual mono or mono, as in `Layout`.
        swapped: the customer is on channel 0.
        codec: "pcm_s16le", "alaw", "ulaw", "gsm610", "ima_adpcm" or "float32".
        band_hz: lower and upper edge of what a leg carries; None: all of it.
        snr_db: active speech level over line noise, by party; None: digital silence between words.
        bleed_db: level of the other party's copy on each leg, against its source; None: no copy.
        bleed_delay_ms: of the copy, 0 or more.
        bleed_room_ms: the copy comes back from a room, whose sound falls by 60 dB in this time; 0: no room.
        agent_level_db: active speech level, dBFS, before bleed and noise.
        customer_level_db: the same of the customer.
        customer_band_hz: of the customer's leg; None: `band_hz`, as the agent's.
        room: a key of `ROOMS`: what sounds where each party sits; None: nothing.
        room_db: its level while it sounds, against the party's.
        agent_noise_db: so much more line noise on the agent's leg than `snr_db` says.

    Raises:
        ValueError: no such layout.
    """

    layout: Layout = Layout.STEREO
    swapped: bool = False
    codec: str = "pcm_s16le"
    band_hz: tuple[int, int] | None = (300, 3400)
    snr_db: float | None = 40.0
    bleed_db: float | None = None
    bleed_delay_ms: int = 0
    bleed_room_ms: int = 0
    agent_level_db: float = -22.0
    customer_level_db: float = -25.0
    customer_band_hz: tuple[int, int] | None = None
    room: str | None = None
    room_db: float = -18.0
    agent_noise_db: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "layout", Layout(self.layout))  # a word would be taken for mono

    def band_of(self, party: Role) -> tuple[int, int] | None:
        """What that party's leg carries, Hz."""
        return self.customer_band_hz or self.band_hz if party is Role.CUSTOMER else self.band_hz

    def noise_db_of(self, party: Role) -> float | None:
        """Level of that leg's line noise, dBFS; None where it has none."""
        if self.snr_db is None:
            return None
        if party is Role.AGENT:
            return self.agent_level_db - self.snr_db + self.agent_noise_db
        return self.customer_level_db - self.snr_db


@dataclass(frozen=True, slots=True)
class CallTruth:
    """Everything known about a composed call.

    Times are integer milliseconds from the recording's start, spans half-open.

    Args:
        schema_version: `major.minor` of the file.
        name: of the script, and of the files.
        seed: what noise, clicks and melody were drawn from.
        rate_hz: of the recording.
        duration_ms: of the recording.
        channels: who is on which channel, the first first; empty when both are mixed.
        voices: who speaks for "agent" and "customer".
        utterances: in order of start.
        overlaps: what the script's steps made, in order of time.
        pauses: silences of both parties.
        sounds: what is nobody's speech, in order of time.
        ending: who went, and what of that can be heard.
        conditions: what the line did.
    """

    schema_version: str
    name: str
    seed: int
    rate_hz: int
    duration_ms: int
    channels: tuple[Role, ...]
    voices: dict[str, str]
    utterances: tuple[TrueUtterance, ...]
    overlaps: tuple[TrueOverlap, ...]
    pauses: tuple[TruePause, ...]
    sounds: tuple[TrueSound, ...]
    ending: TrueEnding
    conditions: Conditions

    def speech(self, party: Role) -> Timeline:
        """When that party speaks."""
        return Timeline(tuple(s for u in self.utterances if u.party is party for s in u.speech))

    def to_json(self) -> bytes:
        """Canonical bytes, for the file beside the recording."""
        return msgspec.json.format(msgspec.json.encode(self, order="deterministic"), indent=1) + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> CallTruth:
        """The truth a file holds.

        Raises:
            UsageError: it is of another schema version, or no truth: the place in it that is not.
        """
        try:
            truth = msgspec.json.decode(data, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as e:
            _refuse_another_version(version_in(data, "utterances", SCHEMA_VERSION))
            raise UsageError("usage.truth", f"no truth of a composed call: {e}", "Compose the call again") from None
        _refuse_another_version(truth.schema_version)
        return truth

    @classmethod
    def load(cls, path: Path | str) -> CallTruth:
        """From `NAME.truth.json`.

        Raises:
            UsageError: it can't be read, is of another schema version, or no truth; the file is named.
        """
        try:
            return cls.from_json(Path(path).read_bytes())
        except OSError as e:
            raise UsageError("usage.truth", f"{path} can't be read ({e.strerror})", "Check the path") from None
        except UsageError as e:
            raise UsageError(e.code, f"{path}: {e.seen}", e.todo) from None


def _refuse_another_version(version: str) -> None:
    if is_other(version, SCHEMA_VERSION):
        seen = f"the truth has schema version {version[:20]}, this program reads {SCHEMA_VERSION}"
        raise UsageError("usage.truth_version", seen, "Compose the call again, or use the program that wrote it")


def truth_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the truth file, made from the types."""
    return schema_of(CallTruth, "truth", SCHEMA_VERSION)
