import errno
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soxr

from analyzer.call import sound
from analyzer.call.sound import Tape, at_rate, blocks, on_tape, regrouped, resampled, rows, stretches, windows
from analyzer.errors import AnalyzerError

NOISE = np.random.default_rng(1).standard_normal(100_003).astype(np.float32)


@pytest.fixture(params=["memory", "file"])
def where(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "file":
        monkeypatch.setattr(sound, "KEPT_BYTES", 0)
    return str(request.param)


def pieces(of: np.ndarray, size: int) -> Iterator[np.ndarray]:
    return (of[a : a + size] for a in range(0, len(of), size))


def test_16_bits_come_back_as_float32_exactly(where: str) -> None:
    codes = np.random.default_rng(2).integers(-32768, 32768, (5000, 2)).astype(np.int16)
    tape = Tape(6000, 2, np.int16)
    for piece in pieces(codes, 777):
        tape.write(piece)
    left, right = tape.sounds()
    assert (len(left), left[:].dtype) == (5000, np.float32)
    np.testing.assert_array_equal(left[:], codes[:, 0] / np.float32(32768))
    np.testing.assert_array_equal(right[100:4321], codes[100:4321, 1] / np.float32(32768))
    assert len(tape.sounds(4990)[0]) == len(tape.sounds(4990)[1][:]) == 4990


@pytest.mark.parametrize("part", [(0, 0), (0, 10), (99_990, 200_000), (200_000, 300_000), (7, 3), (-5, None)])
def test_slices_are_those_of_an_array(part: tuple[int, int | None], where: str) -> None:
    kept = on_tape(pieces(NOISE, 4096), len(NOISE) + 2)
    np.testing.assert_array_equal(kept[slice(*part)], NOISE[slice(*part)])


def test_a_slice_is_the_readers_own(where: str) -> None:
    kept = on_tape([NOISE], len(NOISE))
    kept[:10][:] = 0.0
    np.testing.assert_array_equal(kept[:10], NOISE[:10])


@pytest.mark.parametrize("rates", [(8000, 16000), (16000, 8000), (44100, 8000), (11025, 16000), (8000, 8000)])
@pytest.mark.parametrize("block", [1 << 17, 5000])
def test_resampling_by_blocks_is_resampling_whole_to_the_bit(
    rates: tuple[int, int], block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound, "BLOCK", block)
    whole = soxr.resample(NOISE, *rates, quality="MQ")
    np.testing.assert_array_equal(np.concatenate(list(resampled(NOISE, *rates, "MQ"))), whole)
    kept = at_rate(NOISE, *rates, "MQ")
    assert len(kept) == len(whole)


def test_rows_and_windows_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "BLOCK", 1000)
    np.testing.assert_array_equal(np.concatenate(list(rows(NOISE, 160))), NOISE[:100_000].reshape(-1, 160))
    expected = np.lib.stride_tricks.sliding_window_view(NOISE, 256)[::80]
    np.testing.assert_array_equal(np.concatenate(list(windows(NOISE, 256, 80, 100))), expected)
    assert not list(rows(NOISE[:159], 160)) and not list(windows(NOISE[:255], 256, 80, 100))
    assert [len(b) for b in blocks(NOISE[:2500], 1000)] == [1000, 1000, 500]


def test_regrouped_blocks_hold_the_same_sound() -> None:
    cuts = np.cumsum(np.random.default_rng(3).integers(1, 3000, 60))
    made = [NOISE[a:b] for a, b in zip([0, *cuts], [*cuts, len(NOISE)], strict=True)]
    got = list(regrouped(made, 4096))
    assert {len(b) for b in got[:-1]} == {4096}
    np.testing.assert_array_equal(np.concatenate(got), NOISE)
    assert not list(regrouped([], 4096))


def test_stretches_of_a_sound_that_passes_by_once() -> None:
    made = pieces(NOISE, 1000)
    wanted = [(0, 10), (5, 3500), (6, 20), (3400, 3500), (50_000, 50_001), (60_000, 61_000)]
    for (a, b), got in zip(wanted, stretches(made, wanted), strict=True):
        np.testing.assert_array_equal(got, NOISE[a:b])
    assert len(next(made)) == 1000  # no more was made than was wanted
    (last,) = stretches(pieces(NOISE, 1000), [(100_000, 200_000)])
    np.testing.assert_array_equal(last, NOISE[100_000:])


def test_no_room_for_the_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sound, "KEPT_BYTES", 0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(AnalyzerError, match=r"machine\.temporary_space"):
        Tape(10, 1, np.int16)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    tape = Tape(10, 1, np.int16)

    class Full:
        def write(self, data: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    tape._file = Full()
    with pytest.raises(AnalyzerError, match="No space left on device"):
        tape.write(np.zeros((10, 1), np.int16))


def test_the_file_is_gone_with_its_tape(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sound, "KEPT_BYTES", 0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    tape = Tape(10, 1, np.int16)
    file = tape._file
    assert not list(tmp_path.iterdir())  # it has no name from the beginning
    del tape
    assert file.closed
