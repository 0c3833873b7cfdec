"""Opening a small network so that it gives the same sums in the same order on every run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnxruntime


def open_network(path: Path) -> Any:
    """An onnxruntime session on one thread, with little memory held and nothing said on standard error.

    Args:
        path: of an ONNX file that was checked.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
