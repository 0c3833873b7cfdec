import json
import os
import unicodedata
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from analyzer.call.metadata import Manifest, merge, read_sidecar
from analyzer.call.record import understand
from analyzer.call.types import CallMetadata, Role
from analyzer.errors import MetadataError

AGENT, CUSTOMER = Role.AGENT, Role.CUSTOMER


def read(fields: dict[str, object]) -> CallMetadata:
    return understand(fields, "sidecar")


# Every switch's field, with a value for each party. None: the field doesn't decide it.
RELEASES = [
    ({"ReleaseInitiator": "agent"}, "agent"),
    ({"ReleaseInitiator": "customer"}, "customer"),
    ({"OnHookSource": "坐席"}, "agent"),
    ({"OnHookSource": "2"}, None),
    ({"HangupType": 1}, "system"),
    ({"HangupType": "2"}, "agent"),
    ({"HangupType": 3}, "customer"),
    ({"HangupType": 4}, None),
    ({"discon_symbol": "AGENT"}, "agent"),
    ({"discon_symbol": "CUSTOMER"}, "customer"),
    ({"HungUpSide": "seat"}, "agent"),
    ({"HungUpSide": "user"}, "customer"),
    ({"HungUpSide": "system"}, "system"),
    ({"released_by": "user"}, None),
    ({"DisconnectReason": "CUSTOMER_DISCONNECT"}, "customer"),
    ({"DisconnectReason": "AGENT_DISCONNECT"}, "agent"),
    ({"DisconnectReason": "AGENT_NETWORK_DISCONNECT"}, "system"),
    ({"DisconnectReason": "TELECOM_PROBLEM"}, "system"),
    ({"DisconnectReason": "THIRD_PARTY_DISCONNECT"}, None),
    ({"DisconnectReason": "BARGED"}, None),
    ({"DisconnectReason": "OTHER"}, None),
    ({"disconnectType": "system"}, "system"),
    ({"disconnectType": "peer"}, None),
    ({"disconnectType": "client"}, None),
    ({"hangup_dir": 1}, None),
    ({"hangup_dir": 1, "direction": "inbound"}, "customer"),
    ({"hangup_dir": 1, "direction": "outbound"}, "agent"),
    ({"hangup_dir": 2, "direction": "inbound"}, "agent"),
    ({"hangup_dir": "2", "direction": "呼出"}, "customer"),
    ({"hangup_dir": 3}, "system"),
    ({"callRelDirection": 1, "direction": "呼入"}, "customer"),
    ({"sip_hangup_disposition": "recv_bye"}, None),
    ({"sip_hangup_disposition": "recv_bye", "leg": "agent"}, "agent"),
    ({"sip_hangup_disposition": "recv_bye", "leg": "customer"}, "customer"),
    ({"sip_hangup_disposition": "send_bye", "leg": "customer"}, None),
    ({"sip_hangup_disposition": "recv_bye", "leg": "a"}, None),
    ({"sip_hangup_disposition": "recv_bye", "leg": "caller", "direction": "inbound"}, "customer"),
    ({"agent_sip_hangup_disposition": "recv_bye", "customer_sip_hangup_disposition": "send_bye"}, "agent"),
    ({"agent_sip_hangup_disposition": "send_bye", "customer_sip_hangup_disposition": "recv_bye"}, "customer"),
    ({"agent_sip_hangup_disposition": "send_bye", "customer_sip_hangup_disposition": "send_bye"}, "system"),
    ({"agent_sip_hangup_disposition": "recv_bye", "customer_sip_hangup_disposition": "recv_bye"}, None),
    ({"挂断方": "坐席"}, "agent"),
    ({"挂断方": "客户挂断"}, "customer"),
    ({"先挂断方": "客服"}, "agent"),
    ({"挂机方": "系统"}, "system"),
    ({"挂断类型": "座席主动挂断"}, "agent"),
    ({"挂断方": "主叫", "呼叫方向": "呼入"}, "customer"),
    ({"挂断方": "被叫", "呼叫方向": "呼入"}, "agent"),
    ({"挂断方": "主叫"}, None),
    ({"挂断方": "未知"}, None),
    ({"released_by": "agent", "HungUpSide": "user"}, None),
    ({"released_by": "agent", "HungUpSide": "seat"}, "agent"),
    ({"released_by": True}, None),
    ({"released_by": ["agent"]}, None),
    ({"released_by": ""}, None),
]


@pytest.mark.parametrize(("fields", "party"), RELEASES, ids=lambda v: json.dumps(v, ensure_ascii=False))
def test_who_released_the_call(fields: dict[str, object], party: str | None) -> None:
    metadata = read(fields)
    assert metadata.released_by == party
    if party is None:
        assert metadata.released_by_field is None
        said = [v for v in fields.values() if v != "" and v not in ("inbound", "outbound", "呼入", "呼出")]
        assert bool(said) == ("unclear" in metadata.extra)
    else:
        assert metadata.released_by_field in fields


def test_a_contradiction_keeps_what_both_fields_said() -> None:
    metadata = read({"released_by": "agent", "HungUpSide": "user"})
    assert metadata.extra["unclear"] == {"HungUpSide": "user", "released_by": "agent"}


ROLES = [
    ({"roles": ["agent", "customer"]}, (AGENT, CUSTOMER)),
    ({"roles": "customer,agent"}, (CUSTOMER, AGENT)),
    ({"roles": "坐席|客户"}, (AGENT, CUSTOMER)),
    ({"roles": ["agent"]}, (AGENT,)),
    ({"roles": ["agent", "agent"]}, None),
    ({"roles": ["agent", "boss"]}, None),
    ({"roles": ["agent", "customer", "customer"]}, None),
    ({"roles": {"0": "customer", "1": "agent"}}, (CUSTOMER, AGENT)),
    ({"roles": {"1": "customer", "2": "agent"}}, (CUSTOMER, AGENT)),
    ({"roles": {"left": "agent", "right": "customer"}}, (AGENT, CUSTOMER)),
    ({"roles": {"agent": "right", "customer": "left"}}, (CUSTOMER, AGENT)),
    ({"roles": {"agent": 1, "customer": 0}}, (CUSTOMER, AGENT)),
    ({"agent_channel": "left"}, (AGENT, CUSTOMER)),
    ({"agent_channel": 0}, (AGENT, CUSTOMER)),
    ({"agent_channel": 1}, None),  # the left counted from 1, or the right from 0
    ({"agent_channel": 2}, (CUSTOMER, AGENT)),
    ({"agent_channel": 1, "customer_channel": 0}, (CUSTOMER, AGENT)),
    ({"agent_channel": 1, "customer_channel": 2}, (AGENT, CUSTOMER)),
    ({"agent_channel": 1, "customer_channel": 1}, None),
    ({"坐席声道": "右"}, (CUSTOMER, AGENT)),
    ({"左声道": "客户", "右声道": "客服"}, (CUSTOMER, AGENT)),
    ({"left_channel": "agent", "right_channel": "agent"}, None),
    ({"agent_channel": "left", "customer_channel": 1}, None),
]


@pytest.mark.parametrize(("fields", "roles"), ROLES, ids=lambda v: json.dumps(v, ensure_ascii=False))
def test_roles_by_channel(fields: dict[str, object], roles: tuple[Role, ...] | None) -> None:
    metadata = read(fields)
    assert metadata.roles == roles
    assert (roles is None) == ("unclear" in metadata.extra)


def test_the_plain_fields() -> None:
    metadata = read(
        {"CallId": 8100, "AgentName": "张三", "工号": "8027", "班组": "投诉一组", "方向": "呼入",
         "开始时间": "2024/05/06 07:08:09", "是否回拨": "是", "customer_phone": "13800000000"}
    )  # fmt: skip
    assert (metadata.call_id, metadata.agent_id, metadata.team) == ("8100", "8027", "投诉一组")
    assert (metadata.direction, metadata.is_callback) == ("inbound", True)
    assert metadata.start_time == "2024-05-06T07:08:09"
    assert metadata.extra == {"ignored_fields": 1}
    assert b"13800000000" not in msgspec.json.encode(metadata)


def test_a_nested_record_of_a_cloud_contact_centre() -> None:
    metadata = read(
        {"Data": {"ContactId": "c-1", "Agent": {"Username": "li"}, "InitiationMethod": "CALLBACK",
                  "InitiationTimestamp": "2024-05-06T07:08:09Z", "DisconnectReason": "CUSTOMER_DISCONNECT"}}
    )  # fmt: skip
    assert (metadata.call_id, metadata.agent_id, metadata.direction) == ("c-1", "li", "outbound")
    assert (metadata.is_callback, metadata.released_by) == (True, "customer")
    assert metadata.start_time == "2024-05-06T15:08:09+08:00"
    assert not metadata.extra


@pytest.mark.parametrize("empty", [None, "", " - ", "无", [], {}])
def test_an_empty_field_hides_no_nested_one(empty: object) -> None:
    nested = {"call": {"start_time": "2024-05-06 07:08", "hangup_by": "agent", "channels": {"left_channel": "agent"}}}
    outer = {"start_time": empty, "hangup_by": empty, "channels_left_channel": empty}
    for fields in ({**outer, **nested}, {**nested, **outer}):
        assert read(fields) == read(nested)
    assert read(nested).start_time == "2024-05-06T07:08:00"
    assert read({"agent_id": "7", "call": {"agent_id": "8"}}).agent_id == "7"


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("20240506070809", "2024-05-06T07:08:09"),
        (20240506070809, "2024-05-06T07:08:09"),
        ("202405060708", "2024-05-06T07:08:00"),
        (202405060708, "2024-05-06T07:08:00"),
        ("20240506070809+09:00", "2024-05-06T07:08:09+09:00"),
        ("20240506T070809", "2024-05-06T07:08:09"),
        ("20240506 07:08", "2024-05-06T07:08:00"),
        ("20241306070809", None),
        ("2024050607", None),  # seven in the morning of a day in May, or a second of 2034
        (2024050607, None),
        ("20240506112", None),
        (20240506112, None),
        (13800000000, None),  # a telephone
        (171497928900, None),
        (1714979289.5, "2024-05-06T15:08:09.500000+08:00"),
        (float("nan"), None),
        (1714979289, "2024-05-06T15:08:09+08:00"),
        ("1714979289000", "2024-05-06T15:08:09+08:00"),
        (1714951800, "2024-05-06T07:30:00+08:00"),  # the day before in UTC
        ("2024-05-05T23:30:00Z", "2024-05-06T07:30:00+08:00"),
        ("2024-05-06T07:30:00+09:00", "2024-05-06T07:30:00+09:00"),
        ("2024/5/6 9:03", "2024-05-06T09:03:00"),
        ("2024-5-16 19:03:04", "2024-05-16T19:03:04"),
        ("2024/12/6", "2024-12-06T00:00:00"),
        ("2024/13/6 9:03", None),
        ("6/5/2024 9:03", None),  # the sixth of May or the fifth of June
        ("2024-05-06 07:08", "2024-05-06T07:08:00"),
        ("20240506", "2024-05-06T00:00:00"),
        ("yesterday", None),
        (12, None),
        (True, None),
        (1e300, None),
    ],
)
def test_start_times(value: object, time: str | None) -> None:
    assert read({"start_time": value}).start_time == time


def test_numbers_for_a_direction_are_read_for_the_switch_that_documents_them() -> None:
    assert read({"Direction": 1}).direction is None
    assert read({"Direction": 1, "HungUpSide": "user"}).direction == "outbound"


def test_sidecars_beside_the_recording(tmp_path: Path) -> None:
    assert read_sidecar(tmp_path / "call.wav") is None
    (tmp_path / "call.wav.json").write_text('{"agent_id": "2"}', "utf-8")
    found = read_sidecar(tmp_path / "call.wav")
    assert found is not None and (found.agent_id, found.source) == ("2", "sidecar")
    (tmp_path / "call.json").write_bytes('\ufeff{"工号": "1"}'.encode())
    assert read_sidecar(tmp_path / "call.wav").agent_id == "1"
    (tmp_path / "call.json").write_bytes('{"班组": "一组"}'.encode("gb18030"))
    assert read_sidecar(tmp_path / "call.wav").team == "一组"


@pytest.mark.parametrize("path", ["", ".", "/"])
def test_a_path_without_a_name_has_no_sidecar(path: str) -> None:
    assert read_sidecar(Path(path)) is None


def test_the_truth_of_a_composed_call_is_no_sidecar_where_one_would_stand(tmp_path: Path) -> None:
    truth = Path(__file__).parents[2] / "fixtures" / "audio" / "ending-none.truth.json"
    (tmp_path / "call.json").write_bytes(truth.read_bytes())
    assert read_sidecar(tmp_path / "call.wav") is None


def test_results_of_ours_and_truth_files_are_no_sidecars(tmp_path: Path) -> None:
    (tmp_path / "call.truth.json").write_text('{"agent_id": "1"}')
    (tmp_path / "call.json").write_text('{"schema_version": "1.0", "findings": [], "agent_id": "1"}')
    assert read_sidecar(tmp_path / "call.wav") is None


BAD_SIDECARS = {
    "not json": (b"{agent: 1}", "metadata.not_json"),
    "cut": (b'{"agent_id": "1"', "metadata.not_json"),
    "empty": (b"", "metadata.not_json"),
    "a list": (b"[1]", "metadata.not_an_object"),
    "too deep": (b"[" * 100_000, "metadata.not_json"),
    "deep object": (b'{"a":' * 50_000, "metadata.not_json"),
    "too large": (b'{"a": "' + b"x" * (1 << 20) + b'"}', "metadata.too_large"),
    "bytes": (b"\xff\xfe\x00\x81", "metadata.not_text"),
    "surrogate": (b'{"a": "\\ud800"}', "metadata.not_json"),
}


@pytest.mark.parametrize("name", BAD_SIDECARS)
def test_bad_sidecars_are_refused_with_a_code(name: str, tmp_path: Path) -> None:
    data, code = BAD_SIDECARS[name]
    (tmp_path / "call.json").write_bytes(data)
    with pytest.raises(MetadataError) as caught:
        read_sidecar(tmp_path / "call.wav")
    assert caught.value.code == code
    assert "call.json" in caught.value.seen


def test_a_sidecar_of_any_depth_and_size_is_bounded(tmp_path: Path) -> None:
    deep: object = {"agent_id": "deep"}
    for _ in range(200):
        deep = {"data": deep}
    assert read({"x": deep}).agent_id is None
    many = read({f"f{i}": i for i in range(5000)})
    assert many.extra == {"ignored_fields": 5000}
    assert read({"agent_id": "9" * 10_000}).agent_id is None
    os.mkfifo(tmp_path / "call.json")
    assert read_sidecar(tmp_path / "call.wav") is None


def manifest(folder: Path, text: str | bytes, name: str = "calls.csv") -> Manifest:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Manifest.load(path)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_manifests(mark: str, encoding: str, tmp_path: Path) -> None:
    text = "录音文件,工号,挂断方\r\n甲/一.wav,8027,坐席\r\n\r\n甲/二.wav,8028,客户\r\n".replace(",", mark)
    loaded = manifest(tmp_path, text.encode(encoding))
    assert len(loaded) == 2
    found = loaded.for_call(tmp_path / "甲" / "一.wav")
    assert found is not None and (found.agent_id, found.released_by, found.source) == ("8027", "agent", "manifest")
    assert loaded.for_call(tmp_path / "一.wav") is None  # the same name elsewhere is another call
    assert list(loaded.paths()) == [tmp_path / "甲" / "一.wav", tmp_path / "甲" / "二.wav"]


def test_jsonl_manifests_and_absolute_paths(tmp_path: Path) -> None:
    lines = [{"path": str(tmp_path / "a.wav"), "roles": ["customer", "agent"]}, {"path": "./b/../b.wav", "team": "x"}]
    loaded = manifest(tmp_path, "\n".join(map(json.dumps, lines)), "calls.jsonl")
    assert loaded.for_call(tmp_path / "a.wav").roles == (CUSTOMER, AGENT)
    assert loaded.for_call(tmp_path / "b.wav").team == "x"


@pytest.mark.parametrize(
    "text", ["\n\r\npath;工号\na.wav;8027\n", " ;\npath;工号;;\na.wav;8027;;\n", "path;;工号;\na.wav;x;8027;y\n"]
)
def test_csv_as_spreadsheets_leave_it(text: str, tmp_path: Path) -> None:
    found = manifest(tmp_path, text).for_call(tmp_path / "a.wav")
    assert found is not None and found.agent_id == "8027"


@pytest.mark.parametrize("row", ["NFC", "NFD"])
@pytest.mark.parametrize("disk", ["NFC", "NFD"])
def test_names_are_the_same_however_their_accents_are_written(
    row: Literal["NFC", "NFD"], disk: Literal["NFC", "NFD"], tmp_path: Path
) -> None:
    name = "한글/Müller 客服.wav"
    loaded = manifest(tmp_path, f"path,agent_id\n{unicodedata.normalize(row, name)},7\n")
    found = loaded.for_call(tmp_path / unicodedata.normalize(disk, name))
    assert found is not None and found.agent_id == "7"
    assert loaded.unmatched() == ()


def test_two_recordings_whose_names_only_look_the_same_have_a_row_each(tmp_path: Path) -> None:
    names = [unicodedata.normalize(form, "é.wav") for form in ("NFC", "NFD")]
    loaded = manifest(tmp_path, "path,agent_id\n" + "".join(f"{name},{i}\n" for i, name in enumerate(names)))
    assert [loaded.for_call(tmp_path / name).agent_id for name in names] == ["0", "1"]
    loaded = manifest(tmp_path, "path,agent_id\nq\u0323\u0307.wav,1\nq\u0307\u0323.wav,2\n")
    assert loaded.for_call(tmp_path / "q\u0307\u0323.wav").agent_id == "2"


BAD_MANIFESTS = {
    "no path column below blank lines": ("\n\nagent_id;x\n1;2\n", "line 3"),
    "same column twice below a blank line": ("\npath;path\na;b\n", "line 2"),
    "no path column": ("agent_id\n1\n", "line 1"),
    "same column twice": ("path,path\na,b\n", "line 1"),
    "path missing in a row": ("path,agent_id\n,1\n", "line 2"),
    "a recording twice": ("path,agent_id\na.wav,1\n./a.wav,2\n", "line 3"),
    "more cells than columns": ("path,agent_id\na.wav,1,2\n", "line 2"),
    "open quote": ('path,agent_id\na.wav,"1\n', "line"),
    "broken json": ('{"path": "a.wav"}\n{oops}\n', "line 2"),
    "json that is no object": ('{"path": "a.wav"}\n[1]\n', "line 2"),
    "endless line": ('{"path": "a.wav"}\n{"path": "' + "x" * 70_000 + '"}\n', "line 2"),
    "endless cell": ("path,agent_id\na.wav," + "x" * 200_000 + "\n", "line"),
}


@pytest.mark.parametrize("name", BAD_MANIFESTS)
def test_bad_manifests_name_the_line(name: str, tmp_path: Path) -> None:
    text, where = BAD_MANIFESTS[name]
    with pytest.raises(MetadataError) as caught:
        manifest(tmp_path, text, "calls.csv" if name != "x" else "calls.jsonl")
    assert caught.value.code == "metadata.bad_row"
    assert where in caught.value.seen


def test_a_manifest_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MetadataError) as caught:
        Manifest.load(tmp_path / "calls.csv")
    assert caught.value.code == "metadata.unreadable"


def test_merging_takes_the_first_that_says_something() -> None:
    options = CallMetadata(roles=(CUSTOMER, AGENT), source="options")
    row = CallMetadata(
        roles=(AGENT, CUSTOMER), agent_id="1", released_by="agent", released_by_field="x", source="manifest"
    )
    side = CallMetadata(agent_id="2", team="t", source="sidecar", extra={"unclear": {"a": "b"}})
    merged = merge(options, row, side)
    assert (merged.roles, merged.agent_id, merged.team) == ((CUSTOMER, AGENT), "1", "t")
    assert (merged.released_by, merged.released_by_field) == ("agent", "x")
    assert merged.source == "options+manifest+sidecar"
    assert merged.extra == {"unclear": {"a": "b"}}
    assert merge(None, side) == side
    assert merge() == CallMetadata()


def test_a_manifest_and_a_sidecar_that_contradict_each_other_accuse_nobody() -> None:
    row = CallMetadata(released_by="agent", released_by_field="a", roles=(AGENT, CUSTOMER), source="manifest")
    side = CallMetadata(released_by="customer", released_by_field="b", roles=(CUSTOMER, AGENT), source="sidecar")
    merged = merge(row, side, side)
    assert (merged.released_by, merged.released_by_field, merged.roles) == (None, None, None)
    assert set(merged.extra["conflicts"]) == {"released_by", "roles"}
    assert merge(merged, side) == merged  # merging again changes nothing
    options = CallMetadata(roles=(AGENT, CUSTOMER), source="options")
    assert merge(options, row, side).roles == options.roles
    assert merge(options, row, side).released_by is None
    assert merge(merge(options, row), side) == merge(options, row, side)


def test_metadata_survives_encoding() -> None:
    metadata = read({"released_by": "agent", "roles": ["agent", "customer"], "hangup_dir": 9})
    assert msgspec.json.decode(msgspec.json.encode(metadata), type=CallMetadata) == metadata
