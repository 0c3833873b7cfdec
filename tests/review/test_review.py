from __future__ import annotations

import http.client
import json
import os
import socket
import sqlite3
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import yaml

from analyzer.call.given import read_regular
from analyzer.call.types import WavFacts
from analyzer.errors import UsageError
from analyzer.outputs import encode
from analyzer.outputs.encode import encode_scorecard
from analyzer.outputs.files import scorecard_name
from analyzer.outputs.report import find_recording
from analyzer.review.agreement import agreement, calibration, cohens_kappa
from analyzer.review.corrections import corrections, example
from analyzer.review.desk import Desk
from analyzer.review.server import Review
from analyzer.review.store import Judged, Reviews
from analyzer.rules.notation import parse_call
from analyzer.rules.types import Verdict
from analyzer.testing.browser import Watched
from analyzer.testing.scorecards import HOSTILE, make_scorecard

CARDS = {
    "t1/call 一": make_scorecard(3, 30_000),
    "t1/b": make_scorecard(4, 30_000),
    "x": make_scorecard(5, 30_000, hostile=True),
}

needs_ipv6 = pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="this machine has no IPv6")


@pytest.fixture()
def folder(tmp_path: Path) -> Path:
    for place, card in CARDS.items():
        file = tmp_path / "results" / f"{place}.scorecard.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encode_scorecard(card))
    (tmp_path / "secret.scorecard.json").write_bytes(encode_scorecard(make_scorecard(9)))
    return tmp_path / "results"


@pytest.fixture()
def server(folder: Path, tmp_path: Path) -> Iterator[Review]:
    made = Review(Desk(folder=folder, database=Reviews(tmp_path / "review.db")), port=0)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def ask(server: Review, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    sent = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"Host": f"127.0.0.1:{server.server_port}"} | {k.replace("_", "-"): v for k, v in headers.items()}
    connection.request(method, path, sent, named)
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.headers


def post(server: Review, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    ours = {
        "Origin": f"http://127.0.0.1:{server.server_port}",
        "Content_Type": "application/json",
        "X_Review_Secret": server.secret,
    }
    status, told, _ = ask(server, "POST", path, body, **{**ours, **headers})
    return status, json.loads(told)


JUDGED = {"call": "t1/b", "rule": "V5", "verdict": "pass", "reviewer": "李复核", "comment": "语速正常"}


def test_the_pages_are_there(server: Review) -> None:
    for path, word in (
        ("/", b"call"),
        ("/agreement", b"rules"),
        ("/call/t1/b", b"findings"),
        ("/call/t1/call%20%E4%B8%80", b"findings"),
    ):
        status, page, headers = ask(server, "GET", path)
        assert status == 200 and word in page
        assert headers["X-Frame-Options"] == "DENY" and headers["Cache-Control"] == "no-store"
    assert ask(server, "GET", "/nothing")[0] == 404


def test_the_list_follows_changed_scorecards_and_reviews(server: Review, folder: Path) -> None:
    def row() -> dict[str, Any]:
        return next(c for c in server.desk.calls() if c["call"] == "t1/b")

    assert (row()["score"], row()["reviewed"]) == (CARDS["t1/b"].score.total, 0)
    post(server, "/api/judge", {**JUDGED, "rule": "S1"})
    file = folder / "t1/b.scorecard.json"
    file.write_bytes(encode_scorecard(replace(make_scorecard(7, 30_000), call=CARDS["t1/b"].call)))
    os.utime(file, ns=(1, 1))
    assert (row()["score"], row()["reviewed"]) == (make_scorecard(7, 30_000).score.total, 1)


def test_the_list_counts_what_is_still_open(server: Review, folder: Path) -> None:
    card = CARDS["t1/b"]
    card = replace(
        card,
        findings=tuple(msgspec.structs.replace(f, fatal=f.rule == "P15", scored=f.rule != "E1") for f in card.findings),
    )
    (folder / "t1/b.scorecard.json").write_bytes(encode_scorecard(card))

    def row() -> tuple[int, ...]:
        one = next(c for c in server.desk.calls() if c["call"] == "t1/b")
        return tuple(one[k] for k in ("reviewed", "to_review", "open_failed", "open_unsure", "open_fatal"))

    assert row() == (0, 4, 3, 1, 1)  # S1, C8, P15 failed, T1 is unsure; E1, unsure, is not scored
    for rule, verdict, then in (
        ("P7", "pass", (0, 4, 3, 1, 1)),  # nobody asked
        ("T1", "unsure", (0, 4, 3, 1, 1)),  # settles nothing
        ("T1", "pass", (1, 4, 3, 0, 1)),
        ("P15", "fail", (2, 4, 2, 0, 0)),
        ("P15", "pass", (2, 4, 2, 0, 0)),
    ):
        post(server, "/api/judge", {**JUDGED, "rule": rule, "verdict": verdict})
        assert row() == then, (rule, verdict)


def judged_again(folder: Path, place: str, **verdicts: str) -> None:
    """The call's scorecard with other verdicts, as another standard or profile gives them; None takes a rule away."""
    card = CARDS[place]
    findings = [
        msgspec.structs.replace(f, verdict=Verdict(verdicts.get(f.rule, f.verdict)))
        for f in card.findings
        if verdicts.get(f.rule) != "gone"
    ]
    file, when = folder / f"{place}.scorecard.json", (folder / f"{place}.scorecard.json").stat().st_mtime_ns
    file.write_bytes(encode_scorecard(replace(card, findings=tuple(findings))))
    os.utime(file, ns=(when + 1, when + 1))


def test_a_word_on_what_the_machine_said_before_settles_nothing_that_it_says_now(server: Review, folder: Path) -> None:
    def row() -> tuple[int, int, int]:
        one = next(c for c in server.desk.calls() if c["call"] == "t1/b")
        return one["reviewed"], one["open_failed"], one["open_unsure"]

    before = {f.rule: f.verdict for f in CARDS["t1/b"].findings}
    assert (before["P7"], before["T2"], before["S1"]) == ("pass", "pass", "fail")
    for rule, verdict in (("P7", "pass"), ("T2", "fail"), ("S1", "pass")):
        assert post(server, "/api/judge", {**JUDGED, "rule": rule, "verdict": verdict})[0] == 200
    done, failed, unsure = row()
    assert done == 1  # S1 alone had failed
    judged_again(folder, "t1/b", P7="fail", T2="fail")
    assert row() == (done + 1, failed + 1, unsure)  # T2 is what that person said; P7 nobody has looked at
    judged_again(folder, "t1/b", P7="unsure", S1="unsure")
    assert row() == (0, failed, unsure + 2)


def test_a_word_names_the_profile_too_by_which_the_call_was_judged(server: Review, folder: Path) -> None:
    card = CARDS["t1/b"]
    (folder / "t1" / "b.scorecard.json").write_bytes(
        encode_scorecard(replace(card, provenance=replace(card.provenance, profile="strict")))
    )
    assert post(server, "/api/judge", JUDGED)[0] == 200
    assert post(server, "/api/appeal", {"call": "t1/b", "rule": "V8", "text": "我没有", "reviewer": "坐席"})[0] == 200
    (said,) = server.desk.database.of_call("t1/b")["judgements"]
    (appeal,) = server.desk.database.of_call("t1/b")["appeals"]
    assert said["standard"] == appeal["standard"] == f"{card.provenance.judge.rpartition(' ')[0]} strict"


@pytest.mark.browser
def test_words_on_an_earlier_verdict_or_a_rule_that_is_gone_are_shown_as_that(
    browser: Any, server: Review, folder: Path
) -> None:
    for rule in ("P7", "T2", "V8"):
        assert post(server, "/api/judge", {**JUDGED, "rule": rule, "verdict": "pass"})[0] == 200
    assert post(server, "/api/appeal", {"call": "t1/b", "rule": "V8", "text": "我没有", "reviewer": "坐席"})[0] == 200
    watched = Watched(browser)
    watched.open(server.address + "call/t1/b")
    assert not watched.page.locator("#gone").is_visible()
    assert watched.page.locator('.finding[data-rule="P7"] .rev ul').first.inner_text().startswith("李复核 ✓ 同意")
    judged_again(folder, "t1/b", P7="fail", V8="gone")
    watched.open(server.address + "call/t1/b")
    page = watched.page
    said = page.locator('.finding[data-rule="P7"] .rev ul').first.inner_text()
    assert "同意" not in said and "李复核 ✓ 通过" in said and "当时机器判 通过 · general 1.0" in said
    assert "李复核 ✓ 同意" in page.locator('.finding[data-rule="T2"] .rev').first.text_content()
    assert "V8 李复核" in page.inner_text("#gone") and "我没有" in page.inner_text("#gone")
    page.fill("#reviewer", "主管")
    page.locator("#gone button.upheld").click()
    page.wait_for_selector('body[data-saved="1"]')
    assert "申诉成立" in page.inner_text("#gone")
    assert [a["state"] for a in server.desk.database.of_call("t1/b")["appeals"]] == ["upheld"]
    assert watched.complaints == []


def another_recording(folder: Path, place: str) -> None:
    """The scorecard of another recording where one of that name was judged."""
    card = CARDS[place]
    facts = replace(card.call.facts, sha256="ee" * 32)
    (folder / f"{place}.scorecard.json").write_bytes(
        encode_scorecard(replace(card, call=replace(card.call, facts=facts)))
    )


def test_a_word_on_a_recording_is_none_on_another_that_got_its_name(server: Review, folder: Path) -> None:
    def reviewed() -> int:
        return int(next(c for c in server.desk.calls() if c["call"] == "t1/b")["reviewed"])

    reviews = server.desk.database
    reviews.judge("t1/b", "C8", "旧", Verdict.FAIL, 0.9, Verdict.PASS, "", "general 1.0")  # by an older version
    assert post(server, "/api/judge", {**JUDGED, "rule": "S1", "verdict": "pass"})[0] == 200
    assert post(server, "/api/judge", {**JUDGED, "rule": "C8", "verdict": "fail"})[0] == 200
    assert reviewed() == 2 and set(corrected(ask(server, "GET", "/corrections.yaml")[1].decode())) == {"C8", "S1"}
    another_recording(folder, "t1/b")
    assert reviewed() == 1 and set(corrected(ask(server, "GET", "/corrections.yaml")[1].decode())) == {"C8"}
    post(server, "/api/judge", {**JUDGED, "rule": "S1", "verdict": "fail"})
    post(server, "/api/appeal", {"call": "t1/b", "rule": "S1", "text": "没有", "reviewer": "坐席"})
    reviews.settle(reviews.appeals()[0]["id"], "upheld", "", "主管")
    first, other = CARDS["t1/b"].call.facts.sha256, "ee" * 32
    said = [(j.rule, j.reviewer, j.human, j.recording) for j in reviews.latest()]
    assert said == [
        ("C8", "旧", "pass", ""), ("C8", "李复核", "fail", first),
        ("S1", "主管", "pass", other), ("S1", "李复核", "pass", first),
    ]  # fmt: skip


@pytest.mark.browser
def test_a_page_of_before_the_call_was_judged_again_saves_nothing(browser: Any, server: Review, folder: Path) -> None:
    watched = Watched(browser)
    watched.open(server.address + "call/t1/b")
    page = watched.page
    page.fill("#reviewer", "王复核")
    box = page.locator('.finding[data-rule="S1"]')
    judged_again(folder, "t1/b", S1="pass")
    box.locator('input[type="text"]').first.fill("确实没说")
    box.locator("button.agree").click()
    page.wait_for_selector(".error:not(:empty)")
    assert "重新评过分" in page.inner_text(".error") and list(server.desk.database.latest()) == []
    assert box.locator('input[type="text"]').first.input_value() == "确实没说"
    server.desk.redacted = True  # masking changes no verdict
    watched.open(server.address + "call/t1/b")
    page.locator('.finding[data-rule="C8"] button.agree').click()
    page.wait_for_selector('body[data-saved="1"]')
    assert [j.rule for j in server.desk.database.latest()] == ["C8"]


@pytest.mark.browser
def test_the_page_keeps_words_on_another_recording_apart(browser: Any, server: Review, folder: Path) -> None:
    assert post(server, "/api/judge", {**JUDGED, "rule": "S1", "verdict": "fail"})[0] == 200
    assert post(server, "/api/comment", {"call": "t1/b", "text": "整体不错", "reviewer": "李复核"})[0] == 200
    assert post(server, "/api/role", {"call": "t1/b", "speaker": 0, "role": "customer", "reviewer": "甲"})[0] == 200
    another_recording(folder, "t1/b")
    watched = Watched(browser)
    watched.open(server.address + "call/t1/b")
    page = watched.page
    assert page.locator('.finding[data-rule="S1"] .rev li').count() == 0
    apart = page.inner_text("#gone")
    assert apart.count("同名的另一个录音 ") == 3 and "S1 李复核 ✓ 不符合" in " ".join(apart.split())
    assert "整体不错" in apart and "甲: 1 = 客户" in apart
    assert "还没有" in page.inner_text("#comments") and "甲" not in page.inner_text("#review")
    assert watched.complaints == []


def test_a_file_of_before_recordings_were_noted_still_opens(tmp_path: Path) -> None:
    reviews = Reviews(by_hand(tmp_path / "old.db", *(s for s in ODD if "nonsense" not in s)))
    reviews.judge("t1/b", "V5", "甲", Verdict.FAIL, 0.9, Verdict.FAIL, "", "general 1.0", "ab" * 32)
    assert [(j.reviewer, j.human, j.recording) for j in reviews.latest()] == [("甲", "fail", "ab" * 32)]


@pytest.mark.parametrize("problem", ["output.not_a_scorecard", "output.not_read"])
def test_a_scorecard_that_can_not_be_read_is_marked_and_stops_nothing(
    problem: str, server: Review, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for place in ("t1/b", "x"):
        assert post(server, "/api/judge", {**JUDGED, "call": place, "verdict": "unsure"})[0] == 200
    file = folder / "t1/b.scorecard.json"
    file.write_bytes(b"{broken")
    os.utime(file, ns=(1, 1))

    def fail(path: Path, limit: int) -> bytes:
        if path == file:
            raise PermissionError(13, "not allowed", str(path))
        return read_regular(path, limit)

    with monkeypatch.context() as patched:
        if problem == "output.not_read":
            patched.setattr(encode, "read_regular", fail)
        status, page, _ = ask(server, "GET", "/")
        assert status == 200 and b"t1/call" in page and problem.encode() in page
        rows = {c["call"]: c for c in server.desk.calls()}
        assert set(rows) == set(CARDS) and rows["t1/b"].keys() == rows["x"].keys()
        assert [(rows[c]["problem"], rows[c]["score"]) for c in ("x", "t1/b")] == [
            (None, CARDS["x"].score.total), (problem, None),
        ]  # fmt: skip
        status, told, _ = ask(server, "GET", "/corrections.yaml")
        assert status == 200 and "V5" in corrected(told.decode())
        status, told, _ = ask(server, "GET", "/call/t1/b")
        assert status == 400 and str(folder).encode() not in told
    file.write_bytes(encode_scorecard(CARDS["t1/b"]))
    os.utime(file, ns=(1, 1))
    assert all(c["problem"] is None for c in server.desk.calls())
    assert capfd.readouterr().err == ""


def test_what_goes_wrong_inside_is_answered_and_told_to_nobody(
    server: Review, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any) -> None:
        raise PermissionError(13, "not allowed", "/calls/13800138000.wav")

    monkeypatch.setattr(server.desk, "calls", fail)
    status, told, _ = ask(server, "GET", "/")
    assert status == 500 and b"PermissionError" in told and b"13800138000" not in told
    assert ask(server, "GET", "/agreement")[0] == 200
    assert ask(server, "GET", "http://[")[0] == 400
    assert post(server, "http://[", JUDGED)[0] == 400
    with socket.create_connection(("127.0.0.1", server.server_port)) as gone:
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset instead of closed
        gone.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
    assert ask(server, "GET", "/agreement")[0] == 200
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("token", ["密码", "a;b", "a b", "a,b", 'a"b', "é", "a=b"])
def test_a_token_that_no_cookie_holds_is_refused_at_the_start(token: str, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Review(Desk(folder=folder, database=Reviews(tmp_path / "r.db")), port=0, token=token)
    assert caught.value.code == "usage.review_token" and token not in str(caught.value)


def test_a_redacted_desk_shows_no_number(server: Review) -> None:
    server.desk.places["n"] = server.desk.places["t1/call 一"]
    number = "幺三八".encode()
    assert number in ask(server, "GET", "/call/n")[1]
    server.desk.redacted = True
    page = ask(server, "GET", "/call/n")[1]
    assert number not in page and b"findings" in page


@pytest.mark.parametrize("address", ["0.0.0.0", "0", "", pytest.param("::", marks=needs_ipv6)])
def test_an_address_for_everybody_takes_every_name_and_asks_for_the_token(
    address: str, folder: Path, tmp_path: Path
) -> None:
    made = Review(Desk(folder=folder, database=Reviews(tmp_path / "r.db")), host=address, port=0, token="s3cret")
    threading.Thread(target=made.serve_forever, daemon=True).start()
    host = f"qa.example:{made.server_port}"
    ours = {"Cookie": "analyzer-review=s3cret", "Content_Type": "application/json", "X_Review_Secret": made.secret}
    assert ask(made, "GET", "/", Host=host)[0] == 401
    assert ask(made, "GET", "/", Host=host, Cookie="analyzer-review=s3cret")[0] == 200
    assert ask(made, "POST", "/api/judge", JUDGED, Host=host, Origin="http://evil.example", **ours)[0] == 403
    assert ask(made, "POST", "/api/judge", JUDGED, Host=host, Origin=f"http://{host}", **ours)[0] == 200
    made.shutdown()
    made.server_close()


def test_on_port_80_the_names_without_a_port_are_the_servers_own(folder: Path, tmp_path: Path) -> None:
    class On80(Review):
        def server_bind(self) -> None:
            super().server_bind()
            self.server_port = 80

    with On80(Desk(folder=folder, database=Reviews(tmp_path / "r.db")), port=0) as made:
        assert all(made.is_named(name) for name in ("localhost", "127.0.0.1", "localhost:80", "127.0.0.1:80"))
        assert not any(made.is_named(name) for name in (None, "", "evil.example", "evil.example:80", "localhost:81"))


@pytest.mark.parametrize(
    "path",
    ["/call/../secret", "/call/..%2Fsecret", "/call/%2e%2e/secret", "/call//etc/passwd", "/call/t1/../x",
     "/call/t1%00/b", "/call/t1\\b", "/../../etc/passwd", "/call/", "/call/t1/b.scorecard.json"],
)  # fmt: skip
def test_path_tricks_find_nothing(server: Review, path: str) -> None:
    assert ask(server, "GET", path)[0] == 404
    assert post(server, "/api/judge", {**JUDGED, "call": path.removeprefix("/call/")})[0] == 404


def test_a_judgement_stands_beside_the_machines(server: Review, folder: Path) -> None:
    before = (folder / "t1/b.scorecard.json").read_bytes()
    status, told = post(server, "/api/judge", JUDGED)
    assert status == 200
    machine = next(f for f in CARDS["t1/b"].findings if f.rule == "V5")
    (row,) = told["judgements"]
    assert (row["human"], row["machine"], row["reviewer"]) == ("pass", str(machine.verdict), "李复核")
    assert (folder / "t1/b.scorecard.json").read_bytes() == before
    post(server, "/api/judge", {**JUDGED, "verdict": "unsure"})
    assert len(server.desk.database.of_call("t1/b")["judgements"]) == 2
    assert [j.human for j in server.desk.database.latest()] == [Verdict.UNSURE]


def test_roles_comments_and_appeals(server: Review) -> None:
    assert post(server, "/api/role", {"call": "t1/b", "speaker": 0, "role": "customer", "reviewer": "A"})[0] == 200
    assert post(server, "/api/role", {"call": "t1/b", "speaker": 7, "role": "customer", "reviewer": "A"})[0] == 404
    assert post(server, "/api/comment", {"call": "t1/b", "text": "好", "reviewer": "A"})[0] == 200
    _, told = post(server, "/api/appeal", {"call": "t1/b", "rule": "V5", "text": "我没有", "reviewer": "坐席"})
    appeal = told["appeals"][0]
    assert appeal["state"] == "open"
    settled = {"call": "t1/b", "appeal": appeal["id"], "state": "upheld", "text": "成立", "reviewer": "主管"}
    assert post(server, "/api/settle", {**settled, "call": "x"})[0] == 404
    assert post(server, "/api/settle", settled)[1]["appeals"][0]["state"] == "upheld"
    assert post(server, "/api/settle", settled)[0] == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Origin": "http://evil.example"}, 403), ({"Origin": "null"}, 403), ({"X_Review_Secret": "x"}, 403),
     ({"X_Review_Secret": "é"}, 403),
     ({"Content_Type": "text/plain"}, 415), ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
     ({"Host": "evil.example"}, 421), ({"Host": "127.0.0.1:1"}, 421), ({"Host": "localhost"}, 421),
     ({"Sec_Fetch_Site": "cross-site"}, 403), ({"Content_Length": "-1"}, 413), ({"Content_Length": "99999999"}, 413)],
)  # fmt: skip
def test_requests_of_other_sites_change_nothing(server: Review, headers: dict[str, str], status: int) -> None:
    assert post(server, "/api/judge", JUDGED, **headers)[0] == status
    assert list(server.desk.database.latest()) == []


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"\xff", {"call": ["t1/b"]}, {**JUDGED, "verdict": "great"}, {**JUDGED, "reviewer": " "}]
)
def test_nonsense_is_refused(server: Review, body: Any) -> None:
    assert post(server, "/api/judge", body)[0] == 400
    assert list(server.desk.database.latest()) == []


def test_other_addresses_need_a_token(folder: Path, tmp_path: Path) -> None:
    desk = Desk(folder=folder, database=Reviews(tmp_path / "r.db"))
    with pytest.raises(UsageError):
        Review(desk, host="0.0.0.0", port=0)
    made = Review(desk, port=0, token="s3cret")
    threading.Thread(target=made.serve_forever, daemon=True).start()
    assert ask(made, "GET", "/")[0] == 401
    assert ask(made, "GET", "/?token=wrong")[0] == 401
    assert ask(made, "GET", "/", Cookie="analyzer-review=wrong")[0] == 401
    status, _, headers = ask(made, "GET", "/?token=s3cret")
    assert status == 200 and "HttpOnly; SameSite=Strict" in headers["Set-Cookie"]
    assert ask(made, "GET", "/", Cookie="analyzer-review=s3cret")[0] == 200
    made.shutdown()
    made.server_close()


def test_the_database_is_private_and_another_file_is_refused(tmp_path: Path) -> None:
    Reviews(tmp_path / "r.db").close()
    assert (tmp_path / "r.db").stat().st_mode & 0o077 == 0
    (tmp_path / "not.db").write_text("hello, this is no database at all, only text" * 50)
    with pytest.raises(UsageError):
        Reviews(tmp_path / "not.db")


ODD = (  # tables without our limits, as another program or a hand may have made them
    "CREATE TABLE judgements (id INTEGER PRIMARY KEY, call, rule, reviewer, machine, confidence, human, comment,"
    " standard, at)",
    "CREATE TABLE appeals (id INTEGER PRIMARY KEY, call, rule, by, text, state, answer, settled_by, at, settled_at,"
    " machine, confidence, standard)",
    "CREATE TABLE roles (id INTEGER PRIMARY KEY, call, speaker, role, reviewer, at)",
    "CREATE TABLE comments (id INTEGER PRIMARY KEY, call, reviewer, text, at)",
    "INSERT INTO judgements VALUES (1, 't1/b', 'V5', '甲', 'fail', 0.9, 'pass', '好', 'general 1.0', '2026')",
    *(
        f"INSERT INTO judgements VALUES ({i}, {row})"
        for i, row in enumerate(
            (
                "'t1/b', 'V5', '甲', 'nonsense', 0.9, 'pass', '', 's', '2026'",
                "'t1/b', 'V5', '甲', 'fail', 0.9, 'guilty', '', 's', '2026'",
                "'t1/b', 'V5', '甲', NULL, 0.9, 'pass', '', 's', '2026'",
                "'t1/b', 'V5', NULL, 'fail', 0.9, 'pass', '', 's', '2026'",
                "NULL, 'V5', '甲', 'fail', 0.9, 'pass', '', 's', '2026'",
                "'t1/b', 'V5', '甲', 'fail', 'sure', 'pass', '', 's', '2026'",
                "'t1/b', 'V5', '甲', 'fail', 9e999, 'pass', '', 's', '2026'",
                "'t1/b', 'V5', '甲', 'fail', 0.9, 'pass', x'ff00', 's', '2026'",
                "'t1/b', 'V5', '甲', 'fail', 0.9, 'pass', char(0) || printf('%.*c', 20000, 'x'), 's', '2026'",
                "7, 'V5', '甲', 'fail', 0.9, 'pass', '', 's', '2026'",
            ),
            2,
        )
    ),
    "INSERT INTO appeals VALUES (1, 't1/b', 'V5', '坐席', '没', 'upheld', '', NULL, '2026', NULL, 'fail', 0.9, 's')",
    "INSERT INTO appeals VALUES (2, 't1/b', 'V5', '坐席', '没', 'lost', '', NULL, '2026', NULL, 'fail', 0.9, 's')",
    "INSERT INTO appeals VALUES (3, 't1/b', 'V5', '坐席', '没', 'open', '', NULL, '2026', NULL, 'fail', NULL, 's')",
    "INSERT INTO appeals VALUES (4, 't1/b', 'V5', '坐席', '没', 'open', '', NULL, '2026', NULL, NULL, NULL, NULL)",
    "INSERT INTO roles VALUES (1, 't1/b', 'first', 'agent', '甲', '2026')",
    "INSERT INTO roles VALUES (2, 't1/b', 0, 'boss', '甲', '2026')",
    "INSERT INTO comments VALUES (1, 't1/b', '甲', CAST(x'ffe5' AS TEXT), '2026')",
    "INSERT INTO comments VALUES (2, 't1/b', '甲', 5, '2026')",
)
ODD_ROWS = 10 + 3 + 2 + 1


def by_hand(path: Path, *statements: str) -> Path:
    database = sqlite3.connect(path)
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()
    return path


def test_odd_rows_of_the_database_are_passed_over_and_counted(folder: Path, tmp_path: Path) -> None:
    made = Review(Desk(folder=folder, database=Reviews(by_hand(tmp_path / "odd.db", *ODD))), port=0)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    reviews = made.desk.database
    assert reviews.odd_rows() == ODD_ROWS
    (one,) = reviews.latest()
    assert (one.call, one.reviewer, one.human, one.comment) == ("t1/b", "甲", "pass", "好")
    assert [a["id"] for a in reviews.appeals()] == [4]
    said = reviews.of_call("t1/b")
    assert [len(said[table]) for table in ("judgements", "roles", "comments", "appeals")] == [1, 0, 1, 1]
    for path in ("/", "/agreement", "/call/t1/b", "/corrections.yaml"):
        status, told, _ = ask(made, "GET", path)
        assert status == 200, path
        assert (f'"odd":{ODD_ROWS}'.encode() in told) is (path in ("/", "/agreement"))
    assert told.decode().startswith(f"# {ODD_ROWS} ") and "V5" in corrected(told.decode())
    made.shutdown()
    made.server_close()


@pytest.mark.browser
def test_the_pages_show_how_many_odd_rows_there_are(browser: Any, server: Review, tmp_path: Path) -> None:
    watched = Watched(browser)
    for path in ("", "agreement"):
        watched.open(server.address + path)
        assert watched.page.locator("#odd").count() == 0
    by_hand(tmp_path / "review.db", "INSERT INTO comments VALUES (1, 'x', '甲', x'00', '2026', NULL)")
    for path in ("", "agreement"):
        watched.open(server.address + path)
        assert watched.page.inner_text("#odd") == "1 条复核数据库里的记录不合规格，没有计入"
    assert watched.complaints == []


def test_a_database_without_our_columns_or_with_a_damaged_page_is_refused(tmp_path: Path) -> None:
    for table in ("judgements", "appeals"):
        with pytest.raises(UsageError) as caught:
            Reviews(by_hand(tmp_path / f"{table}.db", f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, call, rule)"))
        assert caught.value.code == "usage.not_a_review"
    whole = Reviews(tmp_path / "r.db")
    for _ in range(300):
        whole.comment("c", "甲", "字" * 300)
    whole.close()
    raw = bytearray((tmp_path / "r.db").read_bytes())
    raw[40_000:60_000] = b"\xff" * 20_000
    (tmp_path / "r.db").write_bytes(raw)
    with pytest.raises(UsageError, match=r"usage\.not_a_review"):
        Reviews(tmp_path / "r.db").of_call("c")


def test_a_database_that_is_a_pipe_or_a_device_is_said_to_be(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.db")
    for path in (tmp_path / "pipe.db", Path("/dev/zero"), tmp_path):
        with pytest.raises(UsageError, match="not a regular file"):
            Reviews(path)


def test_scorecards_that_are_pipes_or_lead_nowhere_are_in_the_list(folder: Path) -> None:
    os.mkfifo(folder / "pipe.scorecard.json")
    (folder / "lost.scorecard.json").symlink_to(folder / "nothing")
    desk = Desk(folder=folder, database=Reviews(":memory:"))
    for _ in range(2):
        problems = {row["call"]: row["problem"] for row in desk.calls() if row["problem"]}
        assert problems == {"pipe": "output.not_a_file", "lost": "output.not_read"}
    (folder / "x.scorecard.json").unlink()
    assert "x" not in {row["call"] for row in desk.calls()}


def corrected(text: str) -> dict[str, Any]:
    """The example calls of a file of corrections, by rule."""
    return {item["change"]: item["add_examples"] for item in yaml.safe_load(text)}


def judged(machine: str, human: str, rule: str = "V5", confidence: float = 0.9, call: str = "c") -> Judged:
    return Judged(call, rule, "A", Verdict(machine), confidence, Verdict(human), "", "general 1.0", "")


def test_kappa_is_cohens() -> None:
    # Cohen's kappa of the textbook 2×2 table 20, 5, 10, 15: observed 0.7, expected 0.5
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert cohens_kappa(pairs) == pytest.approx(0.4)
    assert cohens_kappa([("a", "a")] * 3) is None and cohens_kappa([]) is None
    assert cohens_kappa([("a", "b"), ("b", "a")]) == pytest.approx(-1.0)


def test_agreement_by_rule() -> None:
    said = (
        [judged("fail", "fail")] * 18
        + [judged("fail", "pass"), judged("pass", "fail")]
        + [judged("pass", "pass", "T1")]
    )
    t1, v5 = agreement(said)
    assert (v5.judged, v5.agreed, v5.wrongly_accused, v5.missed, v5.trusted) == (20, 18, 1, 1, True)
    assert v5.kappa is not None and v5.no_kappa is None
    assert (t1.trusted, t1.kappa, t1.no_kappa) == (None, None, "too_few")
    (always,) = agreement([judged("pass", "pass")] * 20)
    assert (always.kappa, always.no_kappa, always.trusted) == (None, "one_verdict", True)
    (few,) = agreement([judged("pass", "pass")] * 10 + [judged("fail", "fail")] * 9)
    assert (few.kappa, few.no_kappa) == (None, "too_few")
    bands = calibration([judged("fail", "fail", confidence=0.99), judged("pass", "fail", confidence=0.6)])
    assert [(b.judged, b.agreed) for b in bands] == [(0, 0), (1, 0), (0, 0), (0, 0), (1, 1)]


def test_what_the_machine_left_to_people_is_neither_agreement_nor_disagreement() -> None:
    left = (
        [judged("unsure", "fail")] * 12
        + [judged("unsure", "pass")] * 5
        + [judged("unsure", "not_applicable")] * 4
        + [judged("unsure", "unsure")] * 3  # an old "agree": it settles nothing
    )
    (only,) = agreement(left)
    assert (only.judged, only.agreed, only.percent, only.kappa, only.trusted) == (0, 0, None, None, None)
    assert (only.ruled_fail, only.ruled_pass, only.ruled_not_applicable) == (12, 5, 4)
    assert (only.referred, only.left_open) == (24, 3)
    decided = [judged("fail", "fail")] * 10 + [judged("not_applicable", "not_applicable")] * 10
    (both,) = agreement(left + decided)
    assert (both.judged, both.agreed, both.percent, both.kappa, both.trusted) == (20, 20, 100, 1, True)
    assert not any(one.agrees for one in left) and all(one.agrees for one in decided)


def test_leaving_an_unsure_unsure_is_no_correction() -> None:
    said = [judged("unsure", "unsure", call="a"), judged("unsure", "pass", "T1", call="a")]
    assert set(corrected(corrections(said, {"a": make_scorecard(3)}.get))) == {"T1"}


def test_an_upheld_appeal_settles_an_unsure_over_who_had_held_it_against_the_agent() -> None:
    reviews = Reviews(":memory:")
    for who, human in (("甲", "fail"), ("乙", "pass"), ("丙", "unsure")):
        reviews.judge("c", "V5", who, Verdict.UNSURE, 0.4, Verdict(human), "", "general 1.0")
    appealed(reviews, "upheld", machine="unsure")
    assert [(j.reviewer, j.human) for j in reviews.latest()] == [("主管", "pass"), ("乙", "pass")]
    (rule,) = agreement(reviews.latest())
    assert (rule.judged, rule.referred, rule.ruled_pass, rule.ruled_fail) == (0, 2, 2, 0)


def appealed(reviews: Reviews, state: str, rule: str = "V5", machine: str = "fail", by: str = "主管") -> None:
    reviews.appeal("c", rule, "坐席", "我说了", Verdict(machine), 0.9, "general 1.0")
    reviews.settle(max(a["id"] for a in reviews.appeals()), state, "听过了", by)


def test_an_upheld_appeal_counts_as_the_machines_mistake() -> None:
    reviews = Reviews(":memory:")
    appealed(reviews, "rejected")
    assert list(reviews.latest()) == []
    appealed(reviews, "upheld")
    (one,) = reviews.latest()
    assert (one.reviewer, one.machine, one.confidence, one.agrees, one.by_appeal) == ("主管", "fail", 0.9, False, True)
    (rule,) = agreement(reviews.latest())
    assert (rule.judged, rule.agreed, rule.wrongly_accused) == (1, 0, 1)
    assert corrections(reviews.latest(), lambda _: make_scorecard(3)).strip() == "[]"


def test_an_upheld_appeal_is_the_last_word_over_those_who_had_agreed() -> None:
    reviews = Reviews(":memory:")
    for who, human in (("甲", "fail"), ("乙", "pass"), ("主管", "fail")):
        reviews.judge("c", "V5", who, Verdict.FAIL, 0.9, Verdict(human), "", "general 1.0")
    appealed(reviews, "upheld")
    assert [(j.reviewer, j.agrees) for j in reviews.latest()] == [("主管", False), ("乙", False)]
    appealed(reviews, "upheld", "T1", machine="pass")  # nobody was accused
    assert {j.rule for j in reviews.latest()} == {"V5"}


def test_an_upheld_appeal_overrules_who_blamed_the_agent_before_the_machine_did_and_nobody_else() -> None:
    reviews = Reviews(":memory:")
    for who, machine, human in (("甲", "pass", "fail"), ("乙", "pass", "pass"), ("丙", "not_applicable", "fail")):
        reviews.judge("c", "V5", who, Verdict(machine), 0.9, Verdict(human), "", "general 1.0")
    appealed(reviews, "upheld")  # judged again, the machine said fail
    assert [(j.reviewer, j.machine, j.human) for j in reviews.latest()] == [
        ("主管", "fail", "pass"), ("乙", "pass", "pass"),
    ]  # fmt: skip


def test_who_settled_an_appeal_before_recordings_were_noted_has_one_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    minutes = iter(range(60))
    clock = SimpleNamespace(now=lambda tz: datetime(2026, 1, 1, 9, next(minutes), tzinfo=tz))
    monkeypatch.setattr("analyzer.review.store.datetime", clock)
    reviews = Reviews(":memory:")
    appealed(reviews, "upheld")
    assert [(j.reviewer, j.human, j.recording) for j in reviews.latest()] == [("主管", "pass", "")]
    heard = "ab" * 32
    reviews.judge("c", "V5", "主管", Verdict.FAIL, 0.9, Verdict.FAIL, "", "general 1.0", heard)
    assert [(j.reviewer, j.human, j.recording) for j in reviews.latest()] == [("主管", "fail", heard)]
    reviews.appeal("c", "V5", "坐席", "我说了", Verdict.FAIL, 0.9, "general 1.0", heard)
    reviews.settle(reviews.appeals()[0]["id"], "upheld", "", "经理")  # the later appeal on the finding is the one
    assert [(j.reviewer, j.human, j.recording) for j in reviews.latest()] == [("经理", "pass", heard)]


def test_a_file_of_before_appeals_noted_the_machine_still_opens(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "r.db")
    old.execute(
        "CREATE TABLE appeals (id INTEGER PRIMARY KEY, call TEXT NOT NULL, rule TEXT NOT NULL, by TEXT NOT NULL, text"
        " TEXT NOT NULL, state TEXT NOT NULL, answer TEXT NOT NULL, settled_by TEXT, at TEXT NOT NULL, settled_at TEXT)"
    )
    old.execute("INSERT INTO appeals VALUES (1, 'c', 'V5', '坐席', '没有', 'upheld', '', '主管', '2026', '2026')")
    old.commit()
    old.close()
    reviews = Reviews(tmp_path / "r.db")
    assert list(reviews.latest()) == []
    appealed(reviews, "upheld")
    assert [j.agrees for j in reviews.latest()] == [False]


def test_corrections_become_examples_the_pack_can_read() -> None:
    said = [
        judged("fail", "pass", call="a"),
        judged("pass", "pass", "T1", call="a"),
        judged("pass", "fail", "T2", call="gone"),
    ]
    made = corrected(corrections(said, {"a": make_scorecard(3)}.get))
    assert list(made) == ["V5"] and list(made["V5"]) == ["pass"]
    call = parse_call(made["V5"]["pass"][0])
    assert len(call.conversation.turns) == len(make_scorecard(3).turns)
    assert "零零幺三八" not in made["V5"]["pass"][0] and "****" in example(make_scorecard(3))


@pytest.mark.browser
def test_a_reviewer_corrects_a_finding_and_it_is_in_the_database(browser: Any, server: Review, tmp_path: Path) -> None:
    watched = Watched(browser)
    watched.open(server.address)
    page = watched.page
    page.click("text=t1/b")
    page.wait_for_selector("body[data-ready]")
    rule = next(f.rule for f in CARDS["t1/b"].findings if f.verdict is Verdict.FAIL)
    box = page.locator(f'.finding[data-rule="{rule}"]')
    page.fill("#reviewer", "王复核")
    box.locator("select").select_option("pass")
    box.locator('input[type="text"]').first.fill("其实做到了 <b>")
    box.locator("button.correct").click()
    page.wait_for_selector('body[data-saved="1"]')
    assert "王复核" in box.inner_text() and "其实做到了 <b>" in box.inner_text()
    rows = (
        sqlite3.connect(tmp_path / "review.db")
        .execute("SELECT rule, human, reviewer, comment FROM judgements")
        .fetchall()
    )
    assert rows == [(rule, "pass", "王复核", "其实做到了 <b>")]
    page.locator("select.role").first.select_option("customer")
    page.wait_for_selector('body[data-saved="2"]')
    page.goto(server.address + "agreement")
    page.wait_for_selector("body[data-ready]")
    assert rule in page.inner_text("#parts")
    assert watched.complaints == []


@pytest.mark.browser
def test_agreement_just_below_what_is_trusted_is_not_rounded_up_to_it(browser: Any, server: Review) -> None:
    for i in range(26):  # 22 of 26 are 84.6 %
        human = Verdict.FAIL if i < 22 else Verdict.PASS
        server.desk.database.judge(f"c{i}", "V5", "甲", Verdict.FAIL, 0.9, human, "", "general 1.0")
    watched = Watched(browser)
    watched.open(server.address + "agreement")
    cells = watched.page.locator("#parts table tr >> nth=1").locator("td").all_inner_texts()
    assert cells[1:4] == ["26", "22", "84.6 %"] and "✗ 否" in cells
    assert watched.complaints == []


@pytest.mark.browser
def test_an_unsure_finding_is_ruled_on_and_not_agreed_to(browser: Any, server: Review, tmp_path: Path) -> None:
    rule = next(f.rule for f in CARDS["t1/b"].findings if f.verdict is Verdict.UNSURE)
    server.desk.database.judge("t1/b", rule, "旧", Verdict.UNSURE, 0.6, Verdict.UNSURE, "", "general 1.0")
    watched = Watched(browser)
    watched.open(server.address + "call/t1/b")
    page = watched.page
    box = page.locator(f'.finding[data-rule="{rule}"]')
    assert box.locator("button.agree").count() == box.locator("select").count() == 0
    assert box.locator("button.rule").all_inner_texts() == ["通过", "不符合", "不适用"]
    assert "旧 ? 未定" in box.inner_text() and "同意" not in box.inner_text()
    page.fill("#reviewer", "王复核")
    box.locator("button.rule", has_text="不符合").click()
    page.wait_for_selector('body[data-saved="1"]')
    assert "王复核 ✎ 不符合" in box.inner_text()
    page.goto(server.address + "agreement")
    page.wait_for_selector("body[data-ready]")
    names, cells = (page.locator(f"#parts table tr >> nth={i}").locator("th, td").all_inner_texts() for i in (0, 1))
    row = dict(zip(names, cells, strict=True))
    assert [row[k] for k in ("复核次数", "%", "Cohen κ", "可信")] == ["0", "—", "—", "样本不足"]
    assert [row[k] for k in ("转人工", "其中判不符合", "判通过", "不适用", "未定")] == ["2", "1", "0", "0", "1"]
    assert watched.complaints == []


@pytest.mark.browser
def test_who_settled_an_appeal_is_shown_and_an_empty_one_is_refused_in_chinese(browser: Any, server: Review) -> None:
    rule = next(f.rule for f in CARDS["t1/b"].findings if f.verdict is Verdict.FAIL)
    _, told = post(server, "/api/appeal", {"call": "t1/b", "rule": rule, "text": "我没有", "reviewer": "坐席"})
    settled = {"call": "t1/b", "appeal": told["appeals"][0]["id"], "state": "upheld", "text": "", "reviewer": "主管"}
    post(server, "/api/settle", settled)
    watched = Watched(browser)
    watched.open(server.address + "call/t1/b")
    page = watched.page
    box = page.locator(f'.finding[data-rule="{rule}"]')
    assert "→ 主管 申诉成立" in box.inner_text()
    page.fill("#reviewer", "坐席")
    box.locator("summary").click()
    box.locator("button.appeal").click()
    page.wait_for_function("() => document.querySelector('#review .error').textContent")
    assert page.inner_text("#review .error") == "请先写明内容或理由"
    page.goto(server.address + "agreement")
    page.wait_for_selector("body[data-ready]")
    assert rule in page.inner_text("#parts")
    assert all("400" in said for said in watched.complaints)


@pytest.mark.browser
def test_a_call_with_much_left_to_review_stays_before_those_that_are_done(browser: Any, server: Review) -> None:
    asked = {
        place: [f.rule for f in card.findings if f.verdict in (Verdict.FAIL, Verdict.UNSURE)]
        for place, card in CARDS.items()
    }
    watched = Watched(browser)

    def listed() -> list[tuple[str, str]]:
        watched.open(server.address)
        lines = watched.page.locator("#parts table tr").all()[1:]
        return [(line.locator("td").first.inner_text(), line.locator("td").last.inner_text()) for line in lines]

    first, second = "t1/call 一", "t1/b"
    assert listed() == [(first, "0/5"), (second, "0/5"), ("x", "0/3")]
    post(server, "/api/judge", {**JUDGED, "call": first, "rule": asked[first][-1], "verdict": "pass"})
    assert listed() == [(first, "1/5"), (second, "0/5"), ("x", "0/3")]  # one click of five
    for rule in asked[first]:
        post(server, "/api/judge", {**JUDGED, "call": first, "rule": rule, "verdict": "pass"})
    assert listed() == [(second, "0/5"), ("x", "0/3"), (first, "5/5")]
    assert watched.complaints == []


@pytest.mark.browser
def test_what_is_being_written_elsewhere_stays(browser: Any, server: Review) -> None:
    first, second = [f.rule for f in CARDS["t1/b"].findings if f.verdict is Verdict.FAIL][:2]
    for _ in range(2):
        post(server, "/api/appeal", {"call": "t1/b", "rule": first, "text": "我没有", "reviewer": "坐席"})
    watched = Watched(browser)
    watched.open(server.address + "call/t1/b")
    page = watched.page
    page.fill("#reviewer", "主管")
    one, other = (page.locator(f'.finding[data-rule="{rule}"]') for rule in (first, second))
    answers = one.locator("li input")
    answers.nth(0).fill("听过了，")
    page.fill("#comments textarea", "写到一半")
    with page.expect_response("**/api/judge"):
        other.locator("button.agree").click()
        answers.nth(0).press("End")
    page.wait_for_selector('body[data-saved="1"]')
    page.keyboard.type("属实")  # the place of writing is where it was
    assert answers.nth(0).input_value() == "听过了，属实"
    assert page.input_value("#comments textarea") == "写到一半" and "主管" in other.inner_text()
    answers.nth(1).fill("另一条")
    one.locator("button.upheld").nth(0).click()
    page.wait_for_selector('body[data-saved="2"]')
    assert "主管 申诉成立: 听过了，属实" in one.inner_text()
    assert answers.count() == 1 and answers.input_value() == "另一条"
    appeal = server.desk.database.appeals()[0]["id"]
    settled = {"call": "t1/b", "appeal": appeal, "state": "rejected", "text": "", "reviewer": "别人"}
    assert post(server, "/api/settle", settled)[0] == 200
    page.locator("#say-comment").click()
    page.wait_for_selector('body[data-saved="3"]')
    assert "别人" in one.inner_text() and answers.input_value() == "另一条"  # settled by somebody else meanwhile
    assert one.locator("button.upheld").count() == 0 and one.locator(".rev li").count() == 2
    assert watched.complaints == []


@pytest.mark.browser
@pytest.mark.parametrize(
    ("language", "said"),
    [("zh", "没有保存，复核服务没有应答"), ("en", "Not saved: the review server does not answer")],
)
def test_a_server_that_is_gone_is_told_and_nothing_written_is_lost(
    browser: Any, server: Review, language: Any, said: str
) -> None:
    server.desk.language = language
    watched = Watched(browser)
    watched.open(server.address + "call/t1/b")
    page = watched.page
    page.fill("#reviewer", "王复核")
    box = page.locator(".finding:visible").last
    box.scroll_into_view_if_needed()
    box.locator('input[type="text"]').first.fill("其实做到了")
    for gone in (lambda route: route.abort(), lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>")):
        page.route("**/api/judge", gone)
        box.locator("button.agree, button.rule").first.click()
        told = page.locator("#review .error", has_text=said)
        told.wait_for()
        top, bottom = told.evaluate("el => [el.getBoundingClientRect().top, el.getBoundingClientRect().bottom]")
        assert 0 <= top < bottom <= page.evaluate("innerHeight")  # where the reviewer looks
        assert box.locator('input[type="text"]').first.input_value() == "其实做到了"
        page.unroute("**/api/judge")
    assert list(server.desk.database.latest()) == []
    box.locator("button.agree, button.rule").first.click()
    page.wait_for_selector('body[data-saved="1"]')
    assert page.inner_text("#review .error") == "" and "其实做到了" in box.inner_text()
    assert not any(said.startswith("error:") for said in watched.complaints)


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 1300])
def test_nothing_is_wider_than_the_window(browser: Any, server: Review, width: int) -> None:
    for _ in range(2):
        _, told = post(server, "/api/appeal", {"call": "t1/b", "rule": "V5", "text": "我没有", "reviewer": "坐席"})
    settled = {"call": "t1/b", "appeal": told["appeals"][0]["id"], "state": "upheld", "text": "", "reviewer": "主管"}
    post(server, "/api/settle", settled)
    post(server, "/api/judge", {"call": "t1/b", "rule": "V5", "verdict": "pass", "comment": "", "reviewer": "王"})
    watched = Watched(browser, width=width)
    for path in ("", "agreement", "call/t1/b"):
        watched.open(server.address + path)
        assert watched.page.evaluate("document.documentElement.scrollWidth") == width, path


@pytest.mark.browser
def test_hostile_calls_and_comments_do_nothing(browser: Any, server: Review) -> None:
    post(server, "/api/comment", {"call": "x", "text": HOSTILE, "reviewer": HOSTILE})
    watched = Watched(browser)
    watched.open(server.address + "call/x")
    assert HOSTILE in watched.page.inner_text("#comments")
    assert "owned" not in watched.page.title() and watched.page.locator("main img, main script").count() == 0
    assert watched.complaints == []


def test_a_recording_outside_the_folder_is_not_served(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "passwd.wav").write_bytes(b"RIFF")
    (tmp_path / "recordings").mkdir()
    card = make_scorecard(1)
    facts: WavFacts = card.call.facts
    tricky = replace(card, call=replace(card.call, name="../passwd.wav", facts=facts))
    assert find_recording(tmp_path / "recordings", "t1/b", tricky) is None
    (tmp_path / "recordings" / "link.wav").symlink_to(tmp_path / "passwd.wav")
    assert find_recording(tmp_path / "recordings", "link", tricky) is None


@pytest.mark.parametrize(
    "name", ["2026-05-06 09:00/call.wav", "a?b/c*d.wav", "x~y/.call.WAV", "plain/call.wav", "加密/呼叫.wave"]
)
def test_a_recording_is_found_whatever_its_folder_is_called(name: str, tmp_path: Path) -> None:
    recording = tmp_path / name
    recording.parent.mkdir(parents=True)
    recording.touch()
    (recording.parent / "other.wav").touch()
    card = replace(CARDS["x"], call=replace(CARDS["x"].call, name="masked.wav"))
    place = scorecard_name(name).removesuffix(".scorecard.json")
    assert find_recording(tmp_path, place, card) == recording


def test_a_damaged_recording_keeps_nobody_from_the_page(server: Review, tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "x.wav").write_bytes(b"RIFF")
    server.desk.recordings = tmp_path / "recordings"
    assert ask(server, "GET", "/call/x")[0] == 200


def test_one_page_is_made_at_a_time(server: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    making, most = [], []

    def slowly(*_: Any, **__: Any) -> bytes:
        making.append(1)
        most.append(len(making))
        time.sleep(0.1)
        making.pop()
        return b"page"

    monkeypatch.setattr("analyzer.review.server.render_call_page", slowly)
    visitors = [threading.Thread(target=ask, args=(server, "GET", "/call/x")) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert most == [1, 1, 1, 1]


def test_an_address_that_cannot_be_listened_on_says_which_option_to_change(server: Review) -> None:
    with pytest.raises(UsageError, match="--port"):
        Review(server.desk, port=server.server_port)
    with pytest.raises(UsageError, match="--host"):
        Review(server.desk, host="192.0.2.1", port=0, token="t" * 20)
