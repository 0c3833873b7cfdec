"""Keeps two runs out of one address in a store: an object that is only ever replaced on condition.

It says which state folder wrote there last, and whether that run is still at work. It doesn't expire: no clocks are
compared, and nothing is written behind the back of a run that is merely slow. A run that was killed holds it on, but
its state folder, which one run at a time can hold, goes on at once; anybody else has to break it.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from analyzer.archive.ledger import STATE_FOLDER
from analyzer.archive.remote import connect
from analyzer.archive.store_results import boto_code, is_absent, store_error
from analyzer.errors import OutputError

LOCK_NAME = f"{STATE_FOLDER}/lock"
CHECK_EVERY_S = 30.0
_REFUSALS = frozenset(["PreconditionFailed", "ConditionalRequestConflict", "412", "409"])


@dataclass(frozen=True, slots=True)
class Holder:
    """What the object says.

    Args:
        state: of the state folder that wrote there last.
        run: of that run alone.
        host: machine it ran on.
        since: when it began, UTC.
        at_work: it hasn't ended, or was killed.
    """

    state: str
    run: str
    host: str
    since: str
    at_work: bool


class StoreLock:
    """The lock of one address.

    Args:
        url: of the results.
        state: identity of the state folder, whose own lock is held.
        break_it: it will be taken although another run seems to be at work.

    Raises:
        OutputError: `output.locked`, or the store can't be read.
    """

    def __init__(self, url: str, state: str, break_it: bool = False) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self.url = url
        self.mine = Holder(state, secrets.token_hex(16), socket.gethostname(), now, True)
        self._checked_at = 0.0
        self._seen, self.before = self._read()
        if self.before is not None and self.before.at_work and not self.is_ours and not break_it:
            raise _locked(self.before)

    @property
    def is_ours(self) -> bool:
        """Whether nobody but this state folder has written there."""
        return self.before is None or self.before.state == self.mine.state

    def take(self) -> None:
        """Takes it.

        Raises:
            OutputError: `output.locked`, another was faster; `output.no_lock`, the store knows no conditions.
        """
        self._replace(self.mine)
        tag, holder = self._read()  # a request that was sent twice may be refused for what it did itself
        if holder is None or holder != self.mine:
            raise _locked(holder)
        self._seen = tag
        if self._put(self.mine, {"IfNoneMatch": "*"}):  # it is there: a store that takes this takes anything
            self.release()
            raise OutputError(
                "output.no_lock",
                "the store ignores conditions on writing, so two runs there could mix",
                "Write into a folder and copy it, or use a store and an s3fs that know If-None-Match",
            )
        self._checked_at = time.monotonic()

    def check(self, at_once: bool = False) -> None:
        """Looks now and then whether it is still held.

        Raises:
            OutputError: `output.lock_lost`.
        """
        if not at_once and time.monotonic() - self._checked_at < CHECK_EVERY_S:
            return
        if self._read()[1] != self.mine:
            raise OutputError(
                "output.lock_lost", "another run has taken this address over", "Let it end, then run the command again"
            )
        self._checked_at = time.monotonic()

    def release(self) -> None:
        """Lets the next run in; when the store can't be told, only this state folder may go on."""
        with contextlib.suppress(OutputError):
            self._replace(replace(self.mine, at_work=False))

    def _replace(self, holder: Holder) -> None:
        """Writes the object unless another one took the place of what was seen."""
        self._put(holder, {"IfNoneMatch": "*"} if self._seen is None else {"IfMatch": self._seen})

    def _put(self, holder: Holder, condition: dict[str, str]) -> bool:
        system, root = connect(self.url)
        try:
            system.pipe_file(f"{root}/{LOCK_NAME}", msgspec.json.encode(holder), **condition)
        except FileExistsError:
            return False
        except Exception as error:
            if boto_code(error) in _REFUSALS:
                return False
            raise store_error(error, LOCK_NAME) from error
        return True

    def _read(self) -> tuple[str | None, Holder | None]:
        """The object's tag and what it says; (None, None) when it isn't there."""
        system, root = connect(self.url)
        try:
            facts: dict[str, Any] = system.info(f"{root}/{LOCK_NAME}")
            content = system.cat_file(f"{root}/{LOCK_NAME}")
        except Exception as error:
            if is_absent(error):
                return None, None
            raise store_error(error, LOCK_NAME) from error
        try:
            return facts["ETag"], msgspec.json.decode(content, type=Holder)
        except (ValueError, RecursionError):
            return facts["ETag"], Holder("", "", "?", "?", True)


def _locked(holder: Holder | None) -> OutputError:
    who = f" ({holder.host}, since {holder.since})" if holder is not None else ""
    return OutputError(
        "output.locked",
        f"another run is at work at this address{who}",
        "Wait for it; if it was killed, run it again with its own state folder, or say --break-lock",
    )
