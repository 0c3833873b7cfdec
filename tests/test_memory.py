"""What hearing a call takes grows with its events, never with copies of its samples."""

import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from analyzer import pipeline
from analyzer.call import sound
from analyzer.call.types import Samples
from analyzer.call.wav import read_call
from analyzer.outputs.report import write_call_page
from analyzer.outputs.sound import embed_sound
from analyzer.speech import bleed, transcribe
from analyzer.speech.recognizer import HeardWindow, HeardWord, ScoredToken
from analyzer.speech.types import ReadSyllable, Recognizer
from analyzer.testing.scorecards import make_scorecard

CALL = Path(__file__).parent.parent / "fixtures" / "audio" / "d0-well-handled.wav"
LEG_A_MINUTE = 8000 * 60 * 4  # bytes of one leg as float32
STAGES = (
    "read_call", "look_at_legs", "find_speech", "transcribe", "hear_conversation", "measure_call", "judge_hangup",
)  # fmt: skip


class Steady:
    """Hears a word every quarter of a second, whatever is said."""

    identity = Recognizer("steady", "", "", "")

    def recognize(self, sound: Samples) -> HeardWindow:
        return HeardWindow(tuple(HeardWord("好", at, at + 200, 0.9) for at in range(0, len(sound) // 16 - 250, 250)))

    def recognize_many(self, sounds: Sequence[Samples]) -> tuple[HeardWindow, ...]:
        return tuple(self.recognize(s) for s in sounds)

    def read(self, sound: Samples) -> tuple[ReadSyllable, ...]:
        return ()

    def score(self, sound: Samples, texts: Sequence[str]) -> tuple[tuple[ScoredToken, ...], ...]:
        raise NotImplementedError


def long_call(path: Path, minutes: int) -> Path:
    once, rate = soundfile.read(CALL, dtype="float32", always_2d=True)
    with soundfile.SoundFile(path, "w", rate, 2, "PCM_16") as file:
        for _ in range(minutes):
            file.write(once[: rate * 60])
    return path


def peaks_of(path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The most bytes that Python and numpy held at once in each stage of hearing a call."""
    peaks: dict[str, int] = {}

    def watched(name: str, stage: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any) -> Any:
            tracemalloc.reset_peak()
            out = stage(*given)
            peaks[name] = tracemalloc.get_traced_memory()[1]
            return out

        return run

    with monkeypatch.context() as patched:
        for name in STAGES:
            patched.setattr(pipeline, name, watched(name, getattr(pipeline, name)))
        tracemalloc.start()
        try:
            pipeline.Analyzer(Steady()).hear(path)
        finally:
            tracemalloc.stop()
    return peaks


def test_no_stage_takes_room_for_whole_legs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "KEPT_BYTES", 1 << 20)
    monkeypatch.setattr(transcribe, "AT_ONCE", 2)  # else the number of windows still grows
    # the first loads what is kept for all calls; from four minutes on everything with a limit has reached it
    _, short, long = (peaks_of(long_call(tmp_path / f"{m}.wav", m), monkeypatch) for m in (1, 4, 6))
    growth = {name: (long[name] - short[name]) / 2 / LEG_A_MINUTE for name in STAGES}
    assert max(growth.values()) < 0.9, growth


def test_a_page_takes_no_room_for_whole_legs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "KEPT_BYTES", 1 << 20)

    def peak(minutes: int) -> int:
        path, card = tmp_path / f"{minutes}.wav", make_scorecard(1)
        soundfile.write(path, np.zeros((8000 * 60 * minutes, 2), np.int16), 8000)  # so that what is embedded is small
        audio = read_call(path)
        tracemalloc.start()
        try:
            embed_sound(audio.samples, 8000, codec="flac")
            card = replace(card, call=replace(card.call, facts=audio.facts))
            write_call_page(card, tmp_path / "page.html", recording=path, sound="link")
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    _, short, long = (peak(minutes) for minutes in (1, 4, 8))
    assert (long - short) / 4 / LEG_A_MINUTE < 0.2


def test_what_is_heard_is_the_same_from_a_file_as_from_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = long_call(tmp_path / "call.wav", 1)
    from_memory = pipeline.Analyzer(Steady()).hear(path)
    monkeypatch.setattr(sound, "KEPT_BYTES", 0)
    assert pipeline.Analyzer(Steady()).hear(path) == from_memory
    assert from_memory.conversation.turns


def test_the_others_copy_is_fitted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    legs, rate = soundfile.read(CALL, dtype="float32", always_2d=True)
    path = tmp_path / "call.wav"
    soundfile.write(path, legs + 0.1 * np.roll(legs[:, ::-1], rate * 60 // 1000, axis=0), rate, "PCM_16")
    fitted, fit = [], bleed._fit
    monkeypatch.setattr(bleed, "_fit", lambda *given: fitted.append(1) or fit(*given))
    heard = pipeline.Analyzer(Steady()).hear(path)
    assert heard.call.bleed
    assert len(fitted) == len(heard.call.bleed)
