"""Opening a small network so that it gives the same sums in the same order on every run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnxruntime


def open_network(network: Path | bytes) -> Any:
    """An onnxruntime session on one thread, with little memory held and nothing said on standard error.

    Args:
        network: an ONNX file that was checked, or what is in one.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    given = network if isinstance(network, bytes) else str(network)
    return onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])
