import errno
import fcntl
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import OutputError
from analyzer.outputs.files import make_folder, remove, scorecard_name, sweep_stale, write_atomic


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.rglob("*"))


def test_a_file_is_written_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "通话.json"
    write_atomic(path, b"one")
    write_atomic(path, iter([b"t", b"wo"]))
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert names(tmp_path) == ["folder", "new", "通话.json"]


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
@pytest.mark.parametrize("kind", ["ENOSPC", "EDQUOT", "EROFS", "EIO"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    step: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "call.json"
    write_atomic(path, b"old")

    def fail(*_: object, **__: object) -> None:
        raise OSError(getattr(errno, kind), "no")

    def pieces() -> object:
        yield b"new"
        fail()

    if step != "write":
        monkeypatch.setattr(os, step, fail)
    with pytest.raises(OutputError) as caught:
        write_atomic(path, pieces() if step == "write" else b"new")
    wanted = {"ENOSPC": "disk_full", "EDQUOT": "disk_full", "EROFS": "read_only", "EIO": "not_written"}
    assert caught.value.code == f"output.{wanted[kind]}"
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["call.json"]


def test_a_full_disk_is_named() -> None:
    with pytest.raises(OutputError) as caught, Path("/dev/full").open("wb", buffering=0) as file:
        try:
            file.write(b"x")
        except OSError as error:
            from analyzer.outputs.files import output_error

            raise output_error(error, Path("x")) from error
    assert caught.value.code == "output.disk_full"


def test_a_file_in_the_way_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(OutputError) as caught:
        write_atomic(tmp_path / "taken" / "call.json", b"")
    assert caught.value.code == "output.not_a_folder"


def test_a_folder_in_the_way_of_a_file_is_named_and_stays(tmp_path: Path) -> None:
    (tmp_path / "call.json").mkdir()
    with pytest.raises(OutputError) as caught:
        write_atomic(tmp_path / "call.json", b"")
    assert caught.value.code == "output.is_a_folder" and "call.json" in caught.value.seen
    remove(tmp_path / "call.json")
    assert names(tmp_path) == ["call.json"]


def test_killed_writers_leave_no_torn_file_and_what_they_leave_is_swept(tmp_path: Path) -> None:
    path = tmp_path / "call.json"
    write_atomic(path, b"0" * 100_000)
    program = (
        "import sys; from pathlib import Path; from analyzer.outputs.files import write_atomic\n"
        "n = 0\nprint('ready', flush=True)\n"
        "while True:\n n += 1; write_atomic(Path(sys.argv[1]), [b'%d' % (n % 10)] * 100_000)"
    )
    for turn in range(5):
        with subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            try:
                process.wait(0.01 * (turn + 1))
            except subprocess.TimeoutExpired:
                process.kill()
        data = path.read_bytes()
        assert len(data) == 100_000 and len(set(data)) == 1
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / ".analyzer-1-1.tmp").write_bytes(b"left")
    make_old(tmp_path / "sub" / ".analyzer-1-1.tmp")
    (tmp_path / "sub" / "keep.tmp").write_bytes(b"not ours")
    left = len(names(tmp_path)) - 3
    assert sweep_stale(tmp_path) == left >= 1
    assert names(tmp_path) == ["call.json", "keep.tmp", "sub"]


def make_old(path: Path) -> None:
    days_ago = path.stat().st_mtime - 2 * 24 * 3600
    os.utime(path, (days_ago, days_ago))


def test_what_a_killed_run_left_is_in_nobodys_way_though_all_have_the_same_number(tmp_path: Path) -> None:
    for number in range(3000):  # the first process of a container is always number 1
        (tmp_path / f".analyzer-{os.getpid()}-{number}.tmp").write_bytes(b"torn")
    write_atomic(tmp_path / "call.json", b"whole")
    assert (tmp_path / "call.json").read_bytes() == b"whole"


def test_sweeping_spares_those_who_still_write(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from analyzer.outputs.files import write_atomic\n"
        "def pieces():\n yield b'1'; print('ready', flush=True); sys.stdin.readline(); yield b'2'\n"
        "write_atomic(Path(sys.argv[1]), pieces())"
    )
    for path, dies in ((tmp_path / "a" / "call.json", False), (tmp_path / "b.json", True)):
        command = [sys.executable, "-c", program, str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            (left,) = path.parent.glob(".analyzer-*.tmp")
            make_old(left)  # however long it takes
            assert sweep_stale(tmp_path) == 0
            if dies:
                process.kill()
            process.communicate(b"\n")
        assert path.exists() is not dies
        assert sweep_stale(tmp_path) == dies
    assert names(tmp_path) == ["a", "call.json"]
    assert sweep_stale(tmp_path / "nowhere") == 0


def test_what_another_machine_writes_is_left_for_a_day(tmp_path: Path) -> None:
    young, old = tmp_path / ".analyzer-00000000-1.tmp", tmp_path / ".analyzer-00000000-2.tmp"
    young.write_bytes(b"")
    old.write_bytes(b"")
    make_old(old)
    (tmp_path / ".analyzer-3.tmp").symlink_to(tmp_path / "elsewhere")
    assert sweep_stale(tmp_path) == 1
    assert names(tmp_path) == [young.name, ".analyzer-3.tmp"]


def test_what_is_swept_before_it_is_locked_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, swept = fcntl.flock, list[Path]()

    def swept_first(fd: int, how: int) -> None:
        if not swept:
            swept.extend(tmp_path.glob(".analyzer-*.tmp"))
            swept[0].unlink()
        lock(fd, how)

    monkeypatch.setattr(fcntl, "flock", swept_first)
    write_atomic(tmp_path / "call.json", b"whole")
    assert names(tmp_path) == ["call.json"] and len(swept) == 1


def test_folders_of_any_depth_are_made_and_searched(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*"d" * 1100)
    write_atomic(deep / "call.json", b"")
    assert (deep / "call.json").exists()
    left = deep / ".analyzer-1-1.tmp"
    left.write_bytes(b"")
    make_old(left)
    assert sweep_stale(tmp_path) == 1
    while deep != tmp_path:  # what removes the folder of a test goes down by calling itself
        (deep / "call.json").unlink(missing_ok=True)
        deep.rmdir()
        deep = deep.parent


def test_removing(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a", b"")
    remove(tmp_path / "a")
    remove(tmp_path / "a")
    assert names(tmp_path) == []
    make_folder(tmp_path / "b" / "c")
    make_folder(tmp_path / "b" / "c")


@pytest.mark.parametrize(
    ("relative", "name"),
    [
        ("call.wav", "call.scorecard.json"),
        ("一组/投诉 3.wav", "一组/投诉 3.scorecard.json"),
        ("a/b/c.d.wav", "a/b/c.d.scorecard.json"),
        ("call.WAV", "call.WAV.scorecard.json"),
        ("call.wave", "call.wave.scorecard.json"),
    ],
)
def test_usual_names_stay(relative: str, name: str) -> None:
    assert scorecard_name(relative) == name


def test_strange_names_are_safe_and_distinct() -> None:
    strange = [
        "call.WAV", "call.wave", ".wav", "..wav", ".hidden.wav", "a\nb.wav", "a_b.wav", "a:b.wav", 'a"b.wav',
        "x" * 300 + ".wav", "x" * 301 + ".wav", os.fsdecode(b"\xc8\xa5.wav"), os.fsdecode(b"\xc8\xa6.wav"),
        "测" * 100 + ".wav", "a /b.wav",
        "a/b.wav", "a./b.wav", "../up.wav", "up.wav", "call~1.wav", "", "call.WAV.wav", "call.wave.wav",
        "call.wav.wav", "call.wav", "call.WAV.WAV", "call", "a/call.WAV", "a/call.WAV.wav", "call.wAvE.wav",
        "call.wAvE", ".wave", ".wave.wav", "call.scorecard.json/x.wav", "call.scorecard.json~/x.wav",
        "index.json/x.wav", "a/INDEX.csv/x.wav", "call.html/x.wav",
    ]  # fmt: skip
    made = [scorecard_name(s) for s in strange]
    assert len(set(made)) == len(made)
    for name in made:
        name.encode("utf-8")
        assert all(part not in ("", ".", "..") and len(part.encode()) < 255 for part in name.split("/"))


def test_no_folder_is_called_as_what_we_write_beside_it() -> None:
    ours = {"call.scorecard.json", "call.html", "index.json", "index.csv", "CALL.Scorecard.JSON"}
    assert not {scorecard_name(f"{name}/x.wav").split("/")[0] for name in ours} & ours
    for ordinary in ("team.json", "index", "html", "scorecard.json", "index.json.d"):
        assert scorecard_name(f"{ordinary}/index.html.wav") == f"{ordinary}/index.html.scorecard.json"


@given(
    st.lists(
        st.text(st.characters(blacklist_characters="\0"), min_size=1, max_size=40), min_size=2, max_size=6, unique=True
    )
)
def test_no_two_recordings_share_a_name(paths: list[str]) -> None:
    endings = (".wav", ".WAV", ".wave", ".WAV.wav", ".wave.wav", "")
    relative = {os.path.normpath(p).lstrip("/") + ending for p in map(_encodable, paths) for ending in endings}
    relative -= {"", ".", ".."}
    made = {scorecard_name(r) for r in relative}
    assert len(made) == len(relative)
    assert not any(part in ("..", ".", "") for name in made for part in name.split("/"))


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
