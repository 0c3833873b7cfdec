"""Where a clean recording has speech: breaths, and the clicks in them, are none."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from analyzer.call.types import Samples
from analyzer.errors import UsageError
from analyzer.testing.clips import ClipBank, speech_by_energy

RATE = 8000


def _noise(ms: int, level_db: float) -> Samples:
    x = np.random.default_rng(3).normal(0, 10 ** (level_db / 20), ms * RATE // 1000)
    return np.asarray(x, dtype=np.float32)


def _vowel(ms: int, level_db: float = -20.0) -> Samples:
    at = np.arange(ms * RATE // 1000) / RATE
    return np.asarray(np.sqrt(2) * 10 ** (level_db / 20) * np.sin(2 * np.pi * 200 * at), dtype=np.float32)


def _spans(*parts: Samples) -> list[tuple[int, int]]:
    return [(s.start_ms, s.end_ms) for s in speech_by_energy(np.concatenate(parts), RATE)]


SILENCE = _noise(300, -75)


def test_a_faint_tail_is_cut_off_with_a_click_in_it_too() -> None:
    plain = _spans(SILENCE, _vowel(800), _noise(500, -46), SILENCE)
    with_click = _spans(SILENCE, _vowel(800), _noise(240, -46), _noise(15, -28), _noise(245, -46), SILENCE)
    assert plain == with_click
    ((start, end),) = with_click
    assert abs(start - 300) <= 5
    assert abs(end - (1100 + 120)) <= 10


def test_a_short_syllable_in_a_faint_tail_is_speech() -> None:
    ((_, end),) = _spans(SILENCE, _vowel(800), _noise(200, -46), _vowel(60, -30.0), _noise(200, -46), SILENCE)
    assert abs(end - 1560) <= 5


def test_the_burst_of_a_stop_is_no_click() -> None:
    ((start, _),) = _spans(SILENCE, _noise(200, -46), _noise(15, -28), _noise(80, -42), _vowel(800), SILENCE)
    assert abs(start - 300) <= 5


def test_what_rumbles_below_any_voice_is_no_speech() -> None:
    spoken = (SILENCE, _vowel(800), _noise(500, -75))
    sound = np.concatenate(spoken)
    at = np.arange(len(sound)) / RATE
    rumble = (0.02 * np.sin(2 * np.pi * 20 * at)).astype(np.float32)
    ((start, end),) = _spans(sound + rumble)
    assert abs(start - 300) <= 5
    assert abs(end - 1100) <= 25


def test_no_sound_has_no_speech() -> None:
    assert not _spans(np.zeros(0, dtype=np.float32))


def clip_folder(folder: Path, manifest: str | bytes) -> Path:
    (folder / "v").mkdir()
    soundfile.write(folder / "v" / "a.wav", _vowel(300), RATE)
    (folder / "manifest.csv").write_bytes(manifest if isinstance(manifest, bytes) else manifest.encode())
    return folder


@pytest.mark.parametrize("header", ["file,voice,text", "speaker,file,transcript", "\ufefffile,voice,text"])
def test_a_manifest_names_the_clips(tmp_path: Path, header: str) -> None:
    by_column = {"file": "v/a.wav", "voice": "v", "speaker": "v", "text": "喂", "transcript": "喂"}
    row = ",".join(by_column[c] for c in header.lstrip("\ufeff").split(","))
    (clip,) = ClipBank.from_folder(str(clip_folder(tmp_path, f"{header}\n{row}\n")))
    assert (clip.voice, clip.text, clip.name, clip.rate_hz) == ("v", "喂", "v/a.wav", RATE)


@pytest.mark.parametrize(
    ("manifest", "why"),
    [
        ("file,voice,text\nv/b.wav,v,喂\nv/a.wav,v,喂\n", "names files that are not there: v/b.wav. "),
        ("name,voice\nv/a.wav,v\n", "has columns name, voice, and none named file, text or transcript. "),
        ("", "has columns none, and none named file, voice or speaker, text or transcript. "),
        ("file,voice,text\n", "no clip with its words below"),
        ("file,voice,text\nv/a.wav,v,您好\n".encode("gbk"), "can't be read as UTF-8 CSV"),
        ("file,voice,text\nmanifest.csv,v,喂\n", "manifest.csv holds no sound that can be read"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused_saying_how(tmp_path: Path, manifest: str | bytes, why: str) -> None:
    with pytest.raises(UsageError, match=re.escape(why)):
        ClipBank.from_folder(clip_folder(tmp_path, manifest))


def test_a_folder_without_clips_is_refused_with_where_it_was_sought(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=re.escape(f"{tmp_path / 'nowhere'} is no folder")):
        ClipBank.from_folder(tmp_path / "nowhere")
    soundfile.write(tmp_path / "no words beside it.wav", _vowel(300), RATE)
    with pytest.raises(UsageError, match=re.escape(f"no clip with its words below {tmp_path}. ")):
        ClipBank.from_folder(tmp_path)
