from pathlib import Path

import fuzz
import pytest


@pytest.mark.parametrize("target", fuzz.TARGETS)
def test_flipped_seeds_have_named_outcomes(target: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    assert fuzz.flip(fuzz.reader(target, tmp_path / "in"), fuzz.seeds(target), 0.7, tmp_path / "wrong") > 0
    assert not (tmp_path / "wrong").exists()


def test_what_is_no_named_outcome_is_kept(tmp_path: Path) -> None:
    def read(data: bytes) -> object:
        return data.decode("ascii")

    with pytest.raises(UnicodeDecodeError):
        fuzz.flip(read, [b"abc" * 10], 30, tmp_path / "wrong")
    with pytest.raises(UnicodeDecodeError):
        read((tmp_path / "wrong").read_bytes())
