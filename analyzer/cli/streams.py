"""Standard output and error as commands may rely on them: open, and honest where nothing can be written to them."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any, TextIO

from analyzer.outputs.files import output_error


def open_streams() -> None:
    """Makes the three streams usable whatever the shell did with them; called once, before anything else.

    A closed one leads nowhere from now on: else the next file to be opened would get its number, and what is meant for
    the terminal would be written into that file. Output that can't be written is an `OutputError`, once; of messages on
    standard error none is worth the work they are about. Signs that a stream has no code for become others.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # takes the lowest free number, which is this one
    if sys.stdout is sys.__stdout__:  # else somebody captures it
        sys.stdout = _stream(sys.stdout, _Output, 1)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _stream(sys.stderr, _Messages, 2)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


class _Output(io.FileIO):
    """Says once that nothing can be written, and drops the rest, so that nobody says it again when the process ends."""

    _lost = False

    def write(self, data: Any, /) -> int:
        if self._lost:
            return memoryview(data).nbytes
        try:
            return super().write(data)
        except BrokenPipeError:  # the reader has seen enough, which is no matter of the command's
            self._lost = True
            return memoryview(data).nbytes
        except OSError as error:
            self._lost = True
            raise output_error(error, Path("standard output")) from None


class _Messages(io.FileIO):
    """Drops what can't be written."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def _stream(old: TextIO | None, kind: type[io.FileIO], number: int) -> io.TextIOWrapper:
    if old is None:  # it was closed; its number may have been given to a file since
        number = os.open(os.devnull, os.O_WRONLY)
    return io.TextIOWrapper(
        io.BufferedWriter(kind(number, "w", closefd=False)),
        encoding="utf-8" if old is None else old.encoding,
        line_buffering=kind is _Messages or (old is not None and old.isatty()),
    )
