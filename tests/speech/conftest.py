"""What several tests of the recogniser hear."""

from pathlib import Path

import pytest
import soundfile
import soxr

from analyzer.call.types import Samples

AUDIO = Path(__file__).parents[2] / "fixtures" / "audio"


@pytest.fixture(scope="session")
def sound() -> Samples:
    """The agent's first sentence of a sample call, 16 kHz: 您好!我是某服务中心三十二号,竭诚为您服务……"""
    samples, rate = soundfile.read(AUDIO / "d2-kept-waiting.wav", dtype="float32")
    return soxr.resample(samples[int(0.7 * rate) : int(7.1 * rate), 0], rate, 16_000)
