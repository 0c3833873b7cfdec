from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest
from click.testing import CliRunner

from analyzer.cli.main import cli
from analyzer.errors import OutputError
from analyzer.outputs.encode import decode_scorecard, encode_json, encode_schema, encode_scorecard, schema
from analyzer.testing.scorecards import make_scorecard


@pytest.mark.parametrize("seed", range(5))
def test_a_scorecard_comes_back_as_it_was(seed: int) -> None:
    scorecard = make_scorecard(seed)
    assert decode_scorecard(encode_scorecard(scorecard)) == scorecard
    assert decode_scorecard(encode_scorecard(scorecard, pretty=True)) == scorecard


def test_the_same_scorecard_is_the_same_bytes_whatever_the_order_of_its_dictionaries() -> None:
    one = replace(make_scorecard(1), redaction={"phone": 1, "email": 2})
    two = replace(make_scorecard(1), redaction={"email": 2, "phone": 1})
    assert encode_scorecard(one) == encode_scorecard(two)
    assert encode_scorecard(one) != encode_scorecard(make_scorecard(1))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("hostile", [False, True])
def test_scorecards_keep_the_schema(seed: int, hostile: bool) -> None:
    jsonschema.validate(json.loads(encode_scorecard(make_scorecard(seed, hostile=hostile))), schema())


def test_the_schema_refuses_a_score_over_100_and_a_finding_without_verdict() -> None:
    good = json.loads(encode_scorecard(make_scorecard(0)))
    checker = jsonschema.Draft202012Validator(schema())
    over = {**good, "score": {**good["score"], "total": 101}}
    assert [e.json_path for e in checker.iter_errors(over)] == ["$.score.total"]
    bare = {**good, "findings": [{k: v for k, v in good["findings"][0].items() if k != "verdict"}]}
    assert not checker.is_valid(bare)


def test_the_schema_is_valid_itself() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert json.loads(encode_schema()) == json.loads(encode_json(schema()))
    assert encode_schema().startswith(b'{\n  "$schema": ') and encode_schema().endswith(b"}\n")


def test_the_command_prints_the_schema_to_the_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    assert CliRunner().invoke(cli, ["schema"]).stdout_bytes == encode_schema()
    monkeypatch.setattr("analyzer.outputs.encode.encode_schema", lambda: b"{}\n")
    assert CliRunner().invoke(cli, ["schema"]).stdout_bytes == b"{}\n"


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[1", b"\xff\xfe", b'{"schema_version":"1.0"}', b"[" * 100_000],
    ids=["empty", "no fields", "cut", "not utf-8", "one field", "deep"],
)
def test_what_is_not_a_scorecard_is_refused(data: bytes) -> None:
    with pytest.raises(OutputError) as caught:
        decode_scorecard(data)
    assert caught.value.code == "output.not_a_scorecard"


def test_a_span_that_runs_backwards_is_refused() -> None:
    scorecard = json.loads(encode_scorecard(make_scorecard(0)))
    scorecard["turns"][0]["span"] = {"start_ms": 5, "end_ms": 4}
    with pytest.raises(OutputError):
        decode_scorecard(json.dumps(scorecard).encode())


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("call/facts/duration_ms", 2**63), ("call/facts/duration_ms", -1), ("call/facts/rate_hz", 2**63),
        ("call/facts/rate_hz", 0), ("hangup/delay_ms", 2**63), ("hangup/delay_ms", -(2**63)),
        ("turns/0/span/end_ms", 2**63), ("turns/0/span/start_ms", -1), ("findings/0/confidence", 1.5),
        ("score/total", 1e15), ("score/sections/0/score", 1e308), ("redaction", {"phone": 2**64}),
        ("call/name", "a\0b"), ("call/name", "9" * 5000),
    ],
)  # fmt: skip
def test_what_the_schema_forbids_is_not_read(place: str, value: object) -> None:
    """A figure that no table holds, or a name that no file can have, would stop whoever reads many scorecards."""
    scorecard = at = json.loads(encode_scorecard(make_scorecard(0)))
    assert jsonschema.Draft202012Validator(schema()).is_valid(scorecard)
    *path, last = (int(step) if step.isdigit() else step for step in place.split("/"))
    for step in path:
        at = at[step]
    at[last] = value
    assert not jsonschema.Draft202012Validator(schema()).is_valid(scorecard)
    with pytest.raises(OutputError) as caught:
        decode_scorecard(json.dumps(scorecard).encode())
    assert caught.value.code == "output.not_a_scorecard"


def test_another_schema_version_is_named() -> None:
    with pytest.raises(OutputError) as caught:
        decode_scorecard(encode_scorecard(replace(make_scorecard(0), schema_version="9.0")))
    assert caught.value.code == "output.schema_version"


@pytest.mark.parametrize("version", ["9.0", "0.3"])
def test_another_schema_version_is_named_where_its_fields_are_others(version: str) -> None:
    scorecard = json.loads(encode_scorecard(make_scorecard(0)))
    del scorecard["turns"]
    with pytest.raises(OutputError) as caught:
        decode_scorecard(json.dumps(scorecard | {"schema_version": version}).encode())
    assert caught.value.code == "output.schema_version"
    assert version in caught.value.seen


@pytest.mark.parametrize(("version", "ours"), [("1.0", True), ("1.7", True), ("10.0", False), ("2.0", False)])
def test_the_schema_takes_the_versions_that_are_read(version: str, ours: bool) -> None:
    scorecard = json.loads(encode_scorecard(make_scorecard(0))) | {"schema_version": version}
    assert jsonschema.Draft202012Validator(schema()).is_valid(scorecard) == ours
    if ours:
        assert decode_scorecard(json.dumps(scorecard).encode()).schema_version == version


@pytest.mark.parametrize("value", [{"a": "\udc80"}, {"a": object()}, {1: 2}])
def test_what_json_cannot_say_is_an_error_of_ours(value: object) -> None:
    with pytest.raises(OutputError):
        encode_json(value)
