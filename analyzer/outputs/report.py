"""Writing a call's page: scorecard and recording in, one HTML file out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from analyzer.call.types import CallAudio
from analyzer.call.wav import read_call
from analyzer.errors import UsageError
from analyzer.outputs.call_page import render_call_page
from analyzer.outputs.files import write_atomic
from analyzer.outputs.labels import Language
from analyzer.outputs.redact import redact
from analyzer.outputs.sound import EmbeddedSound, LinkedSound, embed_sound
from analyzer.rules.standard import Standard
from analyzer.rules.types import Scorecard
from analyzer.spans import Timeline

SoundMode = Literal["embed", "link", "none"]


def write_call_page(
    scorecard: Scorecard,
    page: Path,
    *,
    recording: Path | None = None,
    sound: SoundMode = "embed",
    redacted: bool = False,
    language: Language = "zh",
    clauses: Mapping[str, str] | None = None,
) -> None:
    """Writes the page of one call.

    Args:
        scorecard: as it was scored, not redacted.
        page: the file to write.
        recording: the call's audio; None makes a page without sound and waveforms.
        sound: put the audio into the page, link to it, or leave it out.
        redacted: mask private signs in every text and mute them in the audio.
        language: of the page.
        clauses: what each clause says, by number.

    Raises:
        UsageError: the recording is another one than the scorecard's, or a redacted page would link to it.
        AudioError: the recording can't be read.
        OutputError: the page can't be written.
    """
    if redacted and sound == "link":
        raise UsageError("usage.redacted_link", "a redacted page linked to the recording", "Use --sound embed or none.")
    muted = Timeline()
    if redacted:
        masked = redact(scorecard)
        scorecard, muted = masked.scorecard, masked.muted
    samples = played = None
    if recording is not None:
        audio = read_call(recording)
        if audio.facts.sha256 != scorecard.call.facts.sha256:
            raise UsageError(
                "usage.other_recording", f"{recording.name} is not the recording this scorecard is of", "Give that one."
            )
        samples = audio.samples
        played = _sound(audio, recording, page, sound, muted)
    html = render_call_page(scorecard, samples=samples, sound=played, language=language, clauses=clauses)
    write_atomic(page, html)


def clause_texts(standard: Standard) -> dict[str, str]:
    """What each clause says, by number, for the page."""
    return {c.id: f"{c.title}:{c.summary}" for c in standard.clauses}


def _sound(
    audio: CallAudio, recording: Path, page: Path, mode: SoundMode, muted: Timeline
) -> EmbeddedSound | LinkedSound | None:
    if mode == "embed":
        return embed_sound(audio.samples, audio.rate_hz, muted=muted)
    if mode == "link":
        return LinkedSound(os.path.relpath(recording.resolve(), page.resolve().parent))
    return None
