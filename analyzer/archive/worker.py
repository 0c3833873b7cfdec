"""A worker process: takes jobs from its pipe, does them, answers. Started by `pool`, never by hand.

It ends when the pipe closes, so a killed parent leaves no worker behind.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import signal
import sys
from multiprocessing.connection import Connection
from typing import Any

_DIE_WITH_PARENT = 1  # prctl PR_SET_PDEATHSIG


def main(descriptor: int) -> None:
    """Serves one pipe until it closes."""
    for number in (signal.SIGINT, signal.SIGTERM):  # sent to the whole group; the parent decides what it means
        signal.signal(number, signal.SIG_IGN)
    _die_with_parent(os.getppid())
    pipe: Connection[Any, Any] = Connection(descriptor)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        _serve(pipe)


def _serve(pipe: Connection[Any, Any]) -> None:
    paths, packed = pipe.recv()
    sys.path[:] = paths  # before unpickling: what the factory is made of must be found
    from analyzer.archive.work import Workshop
    from analyzer.errors import AnalyzerError, OutputError

    results, factory, identity, threads, judge_only = pickle.loads(packed)
    workshop = Workshop(results, factory, identity, threads)
    try:
        if not judge_only:
            workshop.warm_up()
    except AnalyzerError as error:
        pipe.send(("cannot start", error))
        return
    pipe.send(("ready", None))
    while True:
        job = pipe.recv()
        pipe.send(("begun", None))  # from here on its death counts against the recording
        try:
            pipe.send(("done", workshop.do(job)))
        except OutputError as error:
            pipe.send(("cannot write", error))
        except AnalyzerError as error:
            pipe.send(("cannot start", error))


def _die_with_parent(parent: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
