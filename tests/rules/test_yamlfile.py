import os
import time
from pathlib import Path

import pytest
import yaml

from analyzer.errors import StandardError
from analyzer.rules import yamlfile
from analyzer.rules.pack import load_standard
from analyzer.rules.yamlfile import MAX_BYTES, parse_yaml, read_yaml


def test_values_and_lines() -> None:
    file = parse_yaml("a: 1\nb:\n  - x\n  - {c: 2.5, d: no}\ne: '3'\nf: 12:30\n", "t.yaml")
    assert file.data == {"a": 1, "b": ["x", {"c": 2.5, "d": "no"}], "e": "3", "f": "12:30"}
    assert file.line_of(("b", 1, "d")) == 4
    assert file.line_of(("b", 1, "absent")) == 4
    assert file.line_of(("e",)) == 5


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("a: &x 1\n", "anchor", 1),
        ("a: 1\nb: *x\n", "alias", 2),
        ("a: !!python/object/apply:os.system ['true']\n", "tag", 1),
        ("a: 1\nb: 2\na: 3\n", "twice", 3),
        ("a: 1\n--- \nb: 2\n", "second document", 2),
        ("a: {b: 1\n", "", 1),
        ("<<: {a: 1}\n", "merge", 1),
        ("{[1]: 2}\n", "plain text", 1),
        ("a: \x07\n", "", 1),
        ("a: 1\nb: 1.0e999\n", "1.0e999 is too large", 2),
    ],
)
def test_refused_with_its_line(text: str, what: str, line: int) -> None:
    with pytest.raises(StandardError) as caught:
        parse_yaml(text, "t.yaml")
    assert caught.value.code == "standard.yaml"
    assert what in caught.value.seen
    assert f"t.yaml, line {line}" in caught.value.seen


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yamlfile._Loader])
@pytest.mark.parametrize("sign", ["\x01", "\x7f", "\ufffe"])
def test_a_sign_that_no_yaml_holds_has_its_line(monkeypatch: pytest.MonkeyPatch, loader: type, sign: str) -> None:
    monkeypatch.setattr(yamlfile, "_Loader", loader)
    text = "名称: 我们的服务标准\n" * 9 + f"organisation: 某{sign}某\n" + "# 说明\n" * 40
    with pytest.raises(StandardError, match=r"t\.yaml, line 10: unacceptable character"):
        parse_yaml(text, "t.yaml")


RULE = "- id: R1\n  name: 甲\n  examples:\n    pass:\n      - |\n        客服: 您好\n        用户: 喂\n    fail: [x]\n"


@pytest.mark.parametrize(
    ("right", "wrong", "line", "todo"),
    [
        ("  name", "   name", 2, "Indent the line with 2 blanks, as line 1; it has 3"),
        ("  name", " name", 2, "Indent the line with 2 blanks, as line 1; it has 1"),
        ("  name", "name", 2, "Indent the line with 2 blanks, as line 1; it has 0"),
        ("  examples", "   examples", 3, "Indent the line with 2 blanks, as line 2; it has 3"),
        ("    fail", "     fail", 8, "Indent the line with 4 blanks, as line 4; it has 5"),
        ("        客服", "      客服", 6, "Indent the lines of a text or call alike, and deeper than line 5"),
        ("        用户", "      用户", 7, "Indent the lines of a text or call alike, and deeper than line 5"),
        ("    pass", "  pass", 8, "Indent the line with 2 blanks, as line 4; it has 4"),
        ("- id", "-id", 1, "Write a blank behind the -"),
        ("[x]", "【x】】: 1", 8, "Write [ where 【 stands"),
        ("甲", "{a: ｛b: 1｝}", 2, "Write { where ｛ stands"),
        ("甲", '"\\d+"', 2, "Put what holds a \\ in single quotes"),
        ("甲", '"说"不行""', 2, "A quote inside a text ends it"),
        ("甲", '"没有完', 2, "Close the quote that begins at that line"),
        ("[x]", "['x, y]", 8, "Close the quote that begins at that line"),
        ("甲", "坐席说: 不归", 2, "holds a colon and a blank, in quotes"),
    ],
)
def test_what_is_no_yaml_is_told_how_to_mend_it(right: str, wrong: str, line: int, todo: str) -> None:
    assert parse_yaml(RULE, "rules/r.yaml").data[0]["examples"]["pass"] == ["客服: 您好\n用户: 喂\n"]
    with pytest.raises(StandardError) as caught:
        parse_yaml(RULE.replace(right, wrong), "rules/r.yaml")
    assert f"rules/r.yaml, line {line}: " in caught.value.seen
    assert todo in caught.value.todo


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 50_000, "- " * 100_000])
def test_deep_nesting_is_refused_quickly(text: str) -> None:
    start = time.process_time()
    with pytest.raises(StandardError):
        parse_yaml(text, "t.yaml")
    assert time.process_time() - start < 2


def test_too_large(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    path.write_bytes(b"a" * (MAX_BYTES + 1))
    with pytest.raises(StandardError, match="file_too_large"):
        read_yaml(path, "big.yaml")


def test_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "gbk.yaml"
    path.write_bytes("a: 1\nb: 您好\n".encode("gbk"))
    with pytest.raises(StandardError, match="line 2: not UTF-8"):
        read_yaml(path, "gbk.yaml")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(StandardError, match="file_missing"):
        read_yaml(tmp_path / "no.yaml", "no.yaml")


@pytest.mark.parametrize("name", ["rules/odd.yaml", "clauses.yaml", "pack.yaml"])
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_pipe_or_device_in_a_pack_is_refused(name: str, kind: str, tmp_path: Path) -> None:
    pack = tmp_path / "house"
    (pack / "rules").mkdir(parents=True)
    (pack / "pack.yaml").write_text("id: house\nversion: '1'\nname: 样\nextends: base\n", "utf-8")
    (pack / name).unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(pack / name)
    else:
        (pack / name).symlink_to("/dev/zero")
    with pytest.raises(StandardError) as caught:
        load_standard(str(pack)) if name != "pack.yaml" else read_yaml(pack / name, name)
    assert caught.value.code == "standard.not_a_file"
    assert name in caught.value.seen
