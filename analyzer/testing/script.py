"""The written script of a call: steps a composer turns into sound. In Python, JSON or YAML.

Times are whole ms; `level_db` is dB against the level of the party whose leg it is. `who` is "agent" or "customer". A
line is found in the bank by the voice of the speaker and the text; `clip` names it outright where a bank holds the
same text twice.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from analyzer.call.types import Role
from analyzer.errors import UsageError
from analyzer.testing.truth import Conditions, Party

Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=600_000)]
Stop = Literal["cut", "syllable", "trail"]
HoldSound = Literal["line", "dead", "music"]
Evidence = Literal["hook_click", "leg_went_dead", "busy_tone", "congestion_tone", "cut_off"]
_TODO = "Mend it: docs/composer.md says what a script holds"


class Step(msgspec.Struct, frozen=True, tag_field="do", kw_only=True, forbid_unknown_fields=True):
    """One step of a script."""


class Say(Step, frozen=True, tag="say"):
    """A turn, `gap_ms` after the floor fell silent; a negative gap (to -500) is a terminal overlap."""

    who: Role
    text: str
    gap_ms: Annotated[int, msgspec.Meta(le=600_000)] = 500
    level_db: float = 0.0
    clip: str | None = None
    voice: str | None = None  # somebody else on the party's leg, as after a transfer


class Backchannel(Step, frozen=True, tag="backchannel"):
    """A listener's short token `at_ms` into the turn going on; the floor stays."""

    who: Role
    text: str
    at_ms: Milliseconds
    level_db: float = -3.0
    clip: str | None = None


class Interrupt(Step, frozen=True, tag="interrupt"):
    """Comes in `at_ms` into the turn going on.

    With `yield_ms` the interrupted one breaks off that long after; without, it talks on to its end. With
    `give_up_ms` the one who came in breaks off that long after. `stop` is how: in mid-syllable within 15 ms, at the
    syllable's end (up to 250 ms later), or fading away over 160 ms. Who has the floor afterwards decides the outcome:
    `succeeds` states it and the composer refuses a script in which it does not come out so.
    """

    who: Role
    text: str
    at_ms: Milliseconds
    succeeds: bool
    yield_ms: Milliseconds | None = None
    give_up_ms: Milliseconds | None = None
    stop: Stop = "cut"
    level_db: float = 0.0
    clip: str | None = None


class StartTogether(Step, frozen=True, tag="start_together"):
    """Both start, `offset_ms` (to 300) apart; `second` breaks off after `yield_ms` of overlap and `first` goes on."""

    first: Role
    first_text: str
    second_text: str
    gap_ms: Milliseconds = 600
    offset_ms: Annotated[int, msgspec.Meta(ge=0, le=300)] = 120
    yield_ms: Milliseconds = 700


class Silence(Step, frozen=True, tag="silence"):
    """Dead air: nobody speaks for `duration_ms` (the next turn's gap is not added)."""

    duration_ms: Milliseconds


class Announcement(Step, frozen=True, tag="announcement"):
    """A machine speaks on `leg`, `gap_ms` after what came before; it is nobody's turn."""

    voice: str
    text: str
    leg: Role = Role.AGENT
    gap_ms: Milliseconds = 800
    level_db: float = 0.0


class Hold(Step, frozen=True, tag="hold"):
    """The agent goes away for `duration_ms`: line noise, digital silence on the agent's leg, or music there.

    Machines speak in it on the agent's leg: the `gap_ms` of the first counts from the hold's start, of the others from
    the one before. Music rests meanwhile, or goes on beneath them at `beneath_db` of its level.
    """

    duration_ms: Milliseconds
    sound: HoldSound = "line"
    announced: bool = False
    played: tuple[Announcement, ...] = ()
    beneath_db: float | None = None


class Ringback(Step, frozen=True, tag="ringback"):
    """Ring-back tone before anybody speaks (450 Hz, 1 s on, 4 s off), on `leg`."""

    rings: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1
    leg: Role = Role.CUSTOMER


class BackgroundTalk(Step, frozen=True, tag="background_talk"):
    """Somebody else's voice behind `leg`, from `at_ms` after the floor's last end (negative: during the turn)."""

    leg: Role
    voice: str
    text: str
    at_ms: int = 0
    level_db: float = -24.0


class Ending(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the call ends.

    Evidence, any of: "hook_click" and "leg_went_dead" on the leg of `party`; "busy_tone" or "congestion_tone" on the
    leg of `party` too, since a recorder at the one who stays hears the exchange where the other's voice was;
    "cut_off": the last speaker is cut mid-word by the other's going. Nothing: both legs stop in the same sample.

    Args:
        party: who ends the call.
        evidence: what of that is heard.
        after_ms: from the last speech to the going.
        tail_ms: how long the other leg runs on.
        cycles: of a tone, on and off.
        cut_ms: with "cut_off", how long before its end the last speech is cut.
        both_dead_ms: without evidence, digital silence on both legs before the recording stops.
        from_own_last: `after_ms` counts from the party's own last speech: the other talks on.
        other_muted: the other party's leg is silent from `after_ms` after its own last speech on, though that party is
            still there: a muted microphone.
    """

    party: Party = "customer"
    evidence: tuple[Evidence, ...] = ()
    after_ms: Milliseconds = 900
    tail_ms: Milliseconds = 2000
    cycles: Annotated[int, msgspec.Meta(ge=1, le=30)] = 5
    cut_ms: Milliseconds = 400
    both_dead_ms: Milliseconds = 0
    from_own_last: bool = False
    other_muted: bool = False


AnyStep = Say | Backchannel | Interrupt | StartTogether | Silence | Hold | Ringback | Announcement | BackgroundTalk


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A call to compose.

    Args:
        name: of the files that are written.
        agent_voice: a voice of the bank, who speaks for the agent.
        customer_voice: who speaks for the customer.
        steps: in order of time.
        ending: who goes, and what of that is heard.
        conditions: what the line does.
        lead_ms: line noise before the first step.
        rate_hz: of the recording, 8000 to 48000.
    """

    name: str
    agent_voice: str
    customer_voice: str
    steps: tuple[AnyStep, ...]
    ending: Ending = Ending()
    conditions: Conditions = Conditions()
    lead_ms: Milliseconds = 800
    rate_hz: Annotated[int, msgspec.Meta(ge=8000, le=48000)] = 8000

    def voice_of(self, party: Role) -> str:
        """The voice that speaks for that party."""
        return self.agent_voice if party is Role.AGENT else self.customer_voice

    @classmethod
    def load(cls, path: Path | str) -> Script:
        """From a `.json`, `.yaml` or `.yml` file.

        Raises:
            UsageError: it can't be read, or a place in it is no script's; file and place are named.
        """
        path = Path(path)
        try:
            data = path.read_bytes()
            decode = msgspec.json.decode if path.suffix == ".json" else msgspec.yaml.decode
            script: Script = decode(data, type=cls)
            written = decode(data)
        except OSError as e:
            raise UsageError("usage.script", f"{path} can't be read ({e.strerror})", "Check the path") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
            raise UsageError("usage.script", f"{path}: {e}", _TODO) from None
        if odd := sorted(written.get("conditions", {}).keys() - {f.name for f in fields(Conditions)}):
            raise UsageError("usage.script", f"{path}: conditions hold unknown {', '.join(odd)}", _TODO)
        return script
