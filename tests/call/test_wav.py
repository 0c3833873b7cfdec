import hashlib
import os
import pickle
import struct
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import wav_files as wavs

from analyzer.call.types import CallAudio
from analyzer.call.wav import read_call, read_facts
from analyzer.errors import AudioError
from analyzer.spans import MOST

BROKEN = wavs.broken_files()


def read(data: bytes, folder: Path, name: str = "call.wav") -> CallAudio:
    path = folder / name
    path.write_bytes(data)
    return read_call(path)


def codes(audio: CallAudio) -> tuple[str, ...]:
    return tuple(d.code for d in audio.facts.defects)


# Signal-to-noise of the codec on a 0.5 and a 0.25 sine, in dB: below this the decoding is wrong.
CODECS = {
    "PCM_U8": ("pcm_u8", 31), "PCM_16": ("pcm_s16le", 79), "PCM_24": ("pcm_s24le", 120), "PCM_32": ("pcm_s32le", 130),
    "FLOAT": ("float32le", 130), "DOUBLE": ("float64le", 130), "ALAW": ("alaw", 33), "ULAW": ("ulaw", 33),
    "IMA_ADPCM": ("ima_adpcm", 20), "MS_ADPCM": ("ms_adpcm", 20), "GSM610": ("gsm610", 10),
}  # fmt: skip


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("subtype", CODECS)
def test_each_codec_gives_the_sound_back(subtype: str, channels: int, rate: int, tmp_path: Path) -> None:
    if subtype == "GSM610" and channels == 2:
        pytest.skip("GSM 6.10 in WAV is mono")
    codec, least_db = CODECS[subtype]
    frames = rate // 2 + 37
    audio = read(wavs.encoded(subtype, channels, rate, frames), tmp_path)
    facts, truth = audio.facts, wavs.tone(frames, channels, rate)
    assert (facts.codec, facts.channels, facts.rate_hz, facts.container) == (codec, channels, rate, "RIFF")
    assert wavs.samples_of(audio).shape == (channels, facts.frames_present)
    assert 0 <= facts.frames_present - frames < 4096  # only ADPCM blocks may be padded
    noise = wavs.samples_of(audio)[:, :frames] - truth
    for channel in range(channels):  # each leg by itself: swapped legs must not pass
        snr = 10 * np.log10(np.mean(truth[channel] ** 2) / max(1e-30, np.mean(noise[channel] ** 2)))
        assert snr > least_db, f"channel {channel}: {snr:.1f} dB"
    reference = soundfile.read(tmp_path / "call.wav", dtype="float32", always_2d=True)[0].T
    assert np.array_equal(wavs.samples_of(audio), reference[:, : wavs.samples_of(audio).shape[1]])


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_big_endian_files_read_the_same(subtype: str, tmp_path: Path) -> None:
    little = read(wavs.encoded(subtype), tmp_path)
    big = read(wavs.encoded(subtype, endian="BIG"), tmp_path)
    assert big.facts.container == "RIFX"
    assert np.array_equal(wavs.samples_of(little), wavs.samples_of(big))


@pytest.mark.parametrize("container", ["WAVEX", "RF64"])
@pytest.mark.parametrize("subtype", ["PCM_16", "ULAW", "FLOAT"])
def test_other_containers_read_the_same(container: str, subtype: str, tmp_path: Path) -> None:
    plain = read(wavs.encoded(subtype), tmp_path)
    other = read(wavs.encoded(subtype, format=container), tmp_path)
    assert np.array_equal(wavs.samples_of(plain), wavs.samples_of(other))
    assert not other.facts.defects


def test_facts_count_frames_and_hash_the_file(tmp_path: Path) -> None:
    audio = read(wavs.GOOD, tmp_path)
    facts = audio.facts
    assert (facts.frames_claimed, facts.frames_present, facts.duration_ms) == (wavs.FRAMES, wavs.FRAMES, 500)
    assert facts.size_bytes == len(wavs.GOOD)
    assert facts.sha256 == hashlib.sha256(wavs.GOOD).hexdigest()
    assert read_facts(tmp_path / "call.wav") == facts
    assert wavs.samples_of(audio).dtype == np.float32


def test_there_are_enough_broken_kinds() -> None:
    assert len({b.name for b in BROKEN}) == len(BROKEN) >= 60


@pytest.mark.parametrize("broken", BROKEN, ids=lambda b: b.name)
def test_a_broken_file_is_refused_or_its_defects_are_named(broken: wavs.Broken, tmp_path: Path) -> None:
    started = time.process_time()
    try:
        audio = read(broken.data, tmp_path)
    except AudioError as err:
        assert err.code == broken.refusal
        assert err.seen and err.todo
        assert pickle.loads(pickle.dumps(err)).code == err.code
    else:
        assert not broken.refusal, f"read with {codes(audio)}"
        assert codes(audio) == broken.defects
        assert (audio.facts.frames_claimed or 0) <= MOST
        assert np.isfinite(wavs.samples_of(audio)).all()
        if broken.frames is not None:
            assert wavs.samples_of(audio).shape[1] == broken.frames
            if "nan_samples" not in broken.defects and "wild_samples" not in broken.defects and broken.name not in (
                "digital silence", "float over full scale",
            ):  # fmt: skip
                assert np.allclose(wavs.samples_of(audio), wavs.tone()[:, : broken.frames], atol=1e-4)
    assert time.process_time() - started < 1.0


HEADERS = {
    "plain": wavs.GOOD,
    "long list": wavs.riff(
        wavs.chunk(b"fmt ", wavs.fmt()), wavs.chunk(b"LIST", b"INFO" + bytes(4000)), wavs.chunk(b"data", wavs.SOUND)
    ),
    "extensible": wavs.encoded("PCM_16", format="WAVEX"),
    "ima_adpcm": wavs.encoded("IMA_ADPCM", 1),
}


@pytest.mark.parametrize("name", HEADERS)
def test_every_truncation_up_to_4095_bytes_has_a_named_outcome(name: str, tmp_path: Path) -> None:
    data, path = HEADERS[name], tmp_path / "call.wav"
    path.write_bytes(data)
    whole = read_call(path)
    seen = set()
    path.write_bytes(data[:4095])
    for length in range(min(4095, len(data) - 1), -1, -1):
        os.truncate(path, length)
        try:
            audio = read_call(path)
        except AudioError as err:
            seen.add(err.code)
        else:
            assert "data_truncated" in codes(audio)
            assert audio.facts.frames_claimed == whole.facts.frames_claimed
            frames = wavs.samples_of(audio).shape[1]
            assert np.array_equal(wavs.samples_of(audio)[:, : frames - 1], wavs.samples_of(whole)[:, : frames - 1])
    assert seen <= {
        "audio.empty", "audio.truncated_header", "audio.no_frames", "audio.too_short", "audio.no_data",
    }  # fmt: skip


FLIPS_PER_BASE = 4000
FLIPPED = {
    "pcm_s16le": wavs.GOOD,
    "extensible": wavs.encoded("PCM_16", format="WAVEX", frames=1000),
    "alaw": wavs.encoded("ALAW", frames=1000),
    "ima_adpcm": wavs.encoded("IMA_ADPCM", 1, frames=2000),
    "float": wavs.encoded("FLOAT", 1, frames=1000),
}


@pytest.mark.parametrize("name", FLIPPED)
def test_20000_byte_flips_never_change_the_sound_silently(name: str, tmp_path: Path) -> None:
    base = FLIPPED[name]
    path = tmp_path / "call.wav"
    path.write_bytes(base)
    good = read_call(path)
    offset = base.index(b"data") + 8
    end = offset + struct.unpack_from("<I", base, offset - 4)[0]
    rng = np.random.default_rng(20_000)
    outcomes = {"refused": 0, "named": 0, "same": 0, "sound": 0}
    with path.open("r+b", buffering=0) as file:
        for turn in range(FLIPS_PER_BASE):
            # Most flips in the header, where they can mislead; the rest anywhere.
            at = int(rng.integers(0, offset if turn % 4 else len(base)))
            value = base[at] ^ (1 << int(rng.integers(8))) if turn % 2 else int(rng.integers(256))
            os.pwrite(file.fileno(), bytes([value]), at)
            try:
                audio = read_call(path)
            except AudioError as err:
                outcomes["refused"] += 1
                assert err.code.startswith("audio.")
            else:
                assert np.isfinite(wavs.samples_of(audio)).all()
                same = audio.rate_hz == good.rate_hz and np.array_equal(wavs.samples_of(audio), wavs.samples_of(good))
                if same:
                    outcomes["same"] += 1
                elif offset <= at < end or _nothing_could_tell(base, at, value, audio, good):
                    outcomes["sound"] += 1
                else:
                    assert codes(audio) != codes(good), f"byte {at} set to {value:#x} changed the sound silently"
                    outcomes["named"] += 1
            os.pwrite(file.fileno(), base[at : at + 1], at)
    assert all(outcomes.values()), outcomes


def _nothing_could_tell(base: bytes, at: int, value: int, audio: CallAudio, good: CallAudio) -> bool:
    """Where the header has one witness only, and another value of it is as good.

    A-law and mu-law differ in the codec tag alone. The fact chunk alone says how much of the last ADPCM block is sound.
    """
    if at == base.index(b"fmt ") + 8:
        return {base[at], value} == {6, 7}
    one, other = wavs.samples_of(audio), wavs.samples_of(good)
    frames = min(one.shape[1], other.shape[1])
    in_fact = 0 <= at - base.find(b"fact") - 8 < 4
    last_block = abs(one.shape[1] - other.shape[1]) < 505
    return in_fact and last_block and np.array_equal(one[:, :frames], other[:, :frames])


def test_paths_that_are_no_recordings(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "loop.wav").symlink_to(tmp_path / "loop.wav")
    (tmp_path / "dangling.wav").symlink_to(tmp_path / "nothing.wav")
    wanted = {
        "pipe.wav": "audio.not_a_file", "folder.wav": "audio.not_a_file", "loop.wav": "audio.unreadable",
        "dangling.wav": "audio.not_found", "missing.wav": "audio.not_found", "nul\0.wav": "audio.unreadable",
    }  # fmt: skip
    for name, code in wanted.items():
        with pytest.raises(AudioError) as caught:
            read_call(tmp_path / name)
        assert caught.value.code == code, name


def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(wavs.GOOD)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(AudioError) as caught:
        read_call(path)
    assert caught.value.code == "audio.unreadable"


def test_a_file_that_grows_or_shrinks_while_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(wavs.GOOD)
    pread = os.pread

    def meddling(change: str) -> Callable[[int, int, int], bytes]:
        def read_and_change(fd: int, count: int, offset: int) -> bytes:
            data = pread(fd, count, offset)
            if offset == 44:
                if change == "grow":
                    with path.open("ab") as file:
                        file.write(b"more")
                else:
                    os.truncate(path, 1000)
                    data = data[:500]
            return data

        return read_and_change

    for change in ("grow", "shrink"):
        path.write_bytes(wavs.GOOD)
        monkeypatch.setattr(os, "pread", meddling(change))
        with pytest.raises(AudioError) as caught:
            read_call(path)
        assert caught.value.code == "audio.changed", change


def test_names_in_chinese_and_outside_utf8(tmp_path: Path) -> None:
    for name in ["通话录音 一.wav", os.fsdecode(b"\xc8\xa5\xb5\xe7.wav")]:
        assert read(wavs.GOOD, tmp_path, name).facts.duration_ms == 500
