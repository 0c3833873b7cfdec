"""`analyzer review`: the pages over HTTP, for this machine only, and the reviewers' words into the database.

Loopback needs no login; any other address needs a token. Every request must name this server as its host; every change
must come from one of our own pages (same origin and its secret), as JSON. Places are looked up among the scorecards
found at the start and never joined to a path.
"""

from __future__ import annotations

import errno
import hmac
import ipaddress
import re
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import msgspec

from analyzer.call.types import CallAudio
from analyzer.call.wav import read_call
from analyzer.errors import AnalyzerError, AudioError, UsageError
from analyzer.outputs.call_page import render_call_page
from analyzer.outputs.encode import encode_json
from analyzer.outputs.labels import Language
from analyzer.outputs.page_mark import fingerprint
from analyzer.outputs.page_shell import page
from analyzer.outputs.page_words import page_labels
from analyzer.outputs.redact import redact
from analyzer.outputs.report import find_recording
from analyzer.outputs.sound import embed_sound
from analyzer.review.agreement import agreement, calibration
from analyzer.review.corrections import corrections
from analyzer.review.desk import Desk
from analyzer.review.store import Reviews
from analyzer.rules.types import Scorecard, Verdict
from analyzer.spans import Timeline

MAX_BODY = 64_000
_PORT_OF_HTTP = 80  # which clients leave out of the Host header
_COOKIE = "analyzer-review"
_TOKEN = re.compile(r"[A-Za-z0-9_-]+")


class Review(ThreadingHTTPServer):
    """The server; `serve_forever()` runs it.

    Args:
        desk: what to serve.
        host: address to listen on; other than loopback needs a token.
        port: 0 takes a free one.
        token: asked of every visitor when given.

    Raises:
        UsageError: another address without a token, a token that no cookie can hold, or an address that can't be
            listened on.
    """

    daemon_threads = True

    def __init__(self, desk: Desk, host: str = "127.0.0.1", port: int = 8765, token: str | None = None) -> None:
        _check_token(host, token)
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            option = "--port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else "--host"
            raise UsageError(
                "usage.review_address", f"{host}:{port}: {error.strerror}", f"Give another {option}"
            ) from None
        except (TypeError, UnicodeError):
            raise UsageError("usage.review_address", f"{host!r} is no host", "Give another --host") from None
        self.desk, self.token, self.secret = desk, token, secrets.token_urlsafe(24)
        self.making = threading.Lock()  # one call's page at a time: it holds the sound a few times over
        names = {_in_address(host), "localhost", "127.0.0.1"} if _is_loopback(host) else {_in_address(host)}
        self.hosts = {f"{name}:{self.server_port}" for name in names}
        if self.server_port == _PORT_OF_HTTP:
            self.hosts |= names
        # Every address of the machine, however it was written: its names can't be known, the token can.
        self.any_host = ipaddress.ip_address(str(self.server_address[0])).is_unspecified

    def is_named(self, host: str | None) -> bool:
        """Whether a request's Host header means this server: a page of another site that got here by a name doesn't."""
        return host is not None and (self.any_host or host in self.hosts)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing: a visitor has gone, and a traceback holds the names of calls."""

    @property
    def address(self) -> str:
        """Where the pages are."""
        return f"http://{_in_address(str(self.server_address[0]))}:{self.server_port}/"


def serve(
    folder: Path,
    database: Path | None = None,
    *,
    recordings: Path | None = None,
    language: Language = "zh",
    clauses: Mapping[str, str] | None = None,
    redacted: bool = False,
    host: str = "127.0.0.1",
    port: int = 8765,
    token: str | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serves a result folder until Ctrl-C.

    Args:
        folder: with the scorecards.
        database: the reviewers' words; None is `review.db` in the folder.
        recordings: as `Desk` takes it.
        language: as there.
        clauses: as there.
        redacted: as there.
        host: as `Review` takes it.
        port: as there.
        token: as there.
        ready: told the address when the pages are there.

    Raises:
        UsageError: no scorecard, a database of something else, or as `Review`.
    """
    _check_token(host, token)
    desk = Desk(
        folder=folder, database=Reviews(database or folder / "review.db"), recordings=recordings, language=language,
        clauses=clauses or {}, redacted=redacted,
    )  # fmt: skip
    server = Review(desk, host, port, token)
    try:
        if ready is not None:
            ready(server.address)
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
        desk.database.close()


def _check_token(host: str, token: str | None) -> None:
    if not _is_loopback(host) and not token:
        raise UsageError("usage.review_token", f"listening on {host} without a token", "Give --token, or 127.0.0.1")
    if token and not _TOKEN.fullmatch(token):
        raise UsageError(
            "usage.review_token",
            "the token has signs that a cookie can't hold",
            "Use letters, digits, - and _ of ASCII",
        )


class _RefusedError(Exception):
    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class _Handler(BaseHTTPRequestHandler):
    server: Review
    server_version, sys_version, timeout = "analyzer", "", 30

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: requests hold the names of calls."""

    def _answer(self, act: Callable[[], tuple[str, bytes]]) -> None:
        cookie = None
        try:
            cookie = self._admit()
            kind, body = act()
            status = 200
        except _RefusedError as refused:
            status, kind, body = refused.status, "application/json", encode_json({"error": refused.why})
        except AnalyzerError as error:
            status, kind, body = 400, "application/json", encode_json({"error": str(error)})
        except Exception as error:  # a defect: its kind may be told, its words may name a call
            status, kind, body = 500, "application/json", encode_json({"error": type(error).__name__})
        self.send_response(status)
        headers = {
            "Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(body)), "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
        }  # fmt: skip
        if status != 200:
            headers["Connection"] = "close"
        if cookie:
            headers["Set-Cookie"] = cookie
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _admit(self) -> str | None:
        """Lets in who names this server and, where there is one, knows the token; returns a cookie to set."""
        if not self.server.is_named(self.headers.get("Host")):
            raise _RefusedError(421, "this server has another name")
        if self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            raise _RefusedError(403, "asked by another site")
        token = self.server.token
        if token is None:
            return None
        given = parse_qs(self._url().query).get("token", [""])[0]
        if given and hmac.compare_digest(given.encode(), token.encode()):
            return f"{_COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/"
        try:
            held = SimpleCookie(self.headers.get("Cookie", "")).get(_COOKIE)
        except CookieError:
            held = None
        if held is None or not hmac.compare_digest(held.value.encode(), token.encode()):
            raise _RefusedError(401, "this server asks for its token: open it as /?token=…")
        return None

    def _url(self) -> SplitResult:
        try:
            return urlsplit(self.path)
        except ValueError:
            raise _RefusedError(400, "no such address") from None

    def _get(self) -> tuple[str, bytes]:
        path = self._url().path
        desk = self.server.desk
        if path == "/":
            return "text/html", self._page("list", {"calls": desk.calls(), "appeals": desk.database.appeals()})
        if path == "/agreement":
            judged = list(desk.database.latest())
            rules = [
                {**msgspec.to_builtins(r), "percent": r.percent, "trusted": r.trusted, "left_open": r.left_open}
                for r in agreement(judged)
            ]
            return "text/html", self._page("agreement", {"rules": rules, "bands": calibration(judged)})
        if path == "/corrections.yaml":
            odd = desk.database.odd_rows()
            head = f"# {odd} {page_labels(desk.language)['page.odd_rows']}\n" if odd else ""
            return "text/plain", (head + corrections(desk.database.latest(), desk.readable)).encode()
        if path.startswith("/call/"):
            place = self._place(unquote(path.removeprefix("/call/")))
            with self.server.making:
                return "text/html", self._call_page(place)
        raise _RefusedError(404, "nothing here")

    def _post(self) -> tuple[str, bytes]:
        if self.headers.get("Origin") != f"http://{self.headers.get('Host')}":
            raise _RefusedError(403, "sent by another site")
        if self.headers.get_content_type() != "application/json":
            raise _RefusedError(415, "changes come as JSON")
        if not hmac.compare_digest(self.headers.get("X-Review-Secret", "").encode(), self.server.secret.encode()):
            raise _RefusedError(403, "the page is too old: reload it")
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > MAX_BODY:
            raise _RefusedError(413, "too much, or nobody says how much")
        try:
            said = msgspec.json.decode(self.rfile.read(int(length)), type=dict[str, str | int])
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise _RefusedError(400, "not what was expected") from None
        act = _ACTS.get(self._url().path)
        if act is None:
            raise _RefusedError(404, "nothing here")
        place = self._place(str(said.get("call", "")))
        _check_page(self.server.desk, place, said)
        act(self.server.desk, place, said)
        return "application/json", encode_json(self.server.desk.database.of_call(place))

    def _place(self, place: str) -> str:
        if place not in self.server.desk.places:
            raise _RefusedError(404, "no such call")
        return place

    def _page(self, which: str, data: dict[str, Any]) -> bytes:
        desk = self.server.desk
        words = page_labels(desk.language)
        shown = {"odd": desk.database.odd_rows(), "labels": words, "which": which, "secret": self.server.secret}
        return page(
            words["page.review_title"], desk.language, data | shown,
            body="review.html", styles=("base.css", "review.css"), scripts=("base.js", "review_list.js"),
            policy={"connect-src": "'self'"},
        )  # fmt: skip

    def _call_page(self, place: str) -> bytes:
        desk = self.server.desk
        scorecard = desk.scorecard(place)
        if scorecard is None:
            raise _RefusedError(404, "the scorecard is gone")
        whole = scorecard
        if desk.redacted:
            scorecard = redact(scorecard)
        samples = sound = None
        recording = find_recording(desk.recordings, place, whole)
        audio = _sound_of(recording, scorecard) if recording is not None else None
        if audio is not None:
            samples = audio.samples
            sound = embed_sound(samples, audio.rate_hz, muted=Timeline(scorecard.muted), codec="flac")
        review = {
            "call": place, "secret": self.server.secret, "recording": whole.call.facts.sha256,
            "scorecard": fingerprint(whole),
            "said": desk.database.of_call(place),
        }  # fmt: skip
        return render_call_page(
            scorecard, samples=samples, sound=sound, language=desk.language, clauses=desk.clauses, review=review
        )


def _sound_of(recording: Path, scorecard: Scorecard) -> CallAudio | None:
    """The recording's sound; None when it is damaged, or another call's."""
    try:
        audio = read_call(recording)
    except AudioError:
        return None
    return audio if audio.facts.sha256 == scorecard.call.facts.sha256 else None


def _check_page(desk: Desk, place: str, said: Mapping[str, str | int]) -> None:
    """Whether who speaks saw what there is: a page made before the call was judged again shows other verdicts.

    Raises:
        UsageError: the scorecard is another one by now.
    """
    shown = said.get("scorecard")
    scorecard = desk.readable(place) if shown is not None else None
    if scorecard is not None and fingerprint(scorecard) != shown:
        raise UsageError("usage.page_outdated", "the call was judged again since this page was opened", "Reload it")


def _judge(desk: Desk, place: str, said: Mapping[str, str | int]) -> None:
    scorecard = desk.scorecard(place)
    finding = next((f for f in scorecard.findings if f.rule == said.get("rule")), None) if scorecard else None
    if scorecard is None or finding is None:
        raise _RefusedError(404, "no such finding")
    try:
        human = Verdict(str(said.get("verdict", "")))
    except ValueError:
        raise _RefusedError(400, "no such verdict") from None
    desk.database.judge(
        place, finding.rule, str(said.get("reviewer", "")), finding.verdict, finding.confidence, human,
        str(said.get("comment", "")), scorecard.provenance.judge, scorecard.call.facts.sha256,
    )  # fmt: skip


def _role(desk: Desk, place: str, said: Mapping[str, str | int]) -> None:
    scorecard, speaker = desk.scorecard(place), said.get("speaker")
    if scorecard is None or not isinstance(speaker, int) or speaker not in {s.index for s in scorecard.speakers}:
        raise _RefusedError(404, "no such speaker")
    heard = scorecard.call.facts.sha256
    desk.database.set_role(place, speaker, str(said.get("role", "")), str(said.get("reviewer", "")), heard)


def _comment(desk: Desk, place: str, said: Mapping[str, str | int]) -> None:
    scorecard = desk.readable(place)
    heard = scorecard.call.facts.sha256 if scorecard is not None else None
    desk.database.comment(place, str(said.get("reviewer", "")), str(said.get("text", "")), heard)


def _appeal(desk: Desk, place: str, said: Mapping[str, str | int]) -> None:
    scorecard = desk.scorecard(place)
    finding = next((f for f in scorecard.findings if f.rule == said.get("rule")), None) if scorecard else None
    if scorecard is None or finding is None:
        raise _RefusedError(404, "no such finding")
    desk.database.appeal(
        place, finding.rule, str(said.get("reviewer", "")), str(said.get("text", "")), finding.verdict,
        finding.confidence, scorecard.provenance.judge, scorecard.call.facts.sha256,
    )  # fmt: skip


def _settle(desk: Desk, place: str, said: Mapping[str, str | int]) -> None:
    appeal = said.get("appeal")
    if not isinstance(appeal, int) or appeal not in {a["id"] for a in desk.database.of_call(place)["appeals"]}:
        raise _RefusedError(404, "no such appeal")
    desk.database.settle(appeal, str(said.get("state", "")), str(said.get("text", "")), str(said.get("reviewer", "")))


_ACTS: dict[str, Callable[[Desk, str, Mapping[str, str | int]], None]] = {
    "/api/judge": _judge, "/api/role": _role, "/api/comment": _comment, "/api/appeal": _appeal, "/api/settle": _settle,
}  # fmt: skip


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
