"""No library that listens tells anybody of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

OPENS = """
from analyzer.speech.network import open_network
from analyzer.speech.silero import find_weights
open_network(find_weights())
"""


def test_a_network_that_is_opened_leaves_nothing_to_be_sent(tmp_path: Path) -> None:
    places = {name: str(tmp_path) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")}
    left_out = {"ORT_DISABLE_TELEMETRY", "CI"}  # either keeps onnxruntime from it
    environment = {k: v for k, v in os.environ.items() if k not in left_out} | places
    subprocess.run([sys.executable, "-c", OPENS], env=environment, check=True, timeout=120)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
