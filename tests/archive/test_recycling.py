from pathlib import Path

from scripted import Scripted, lines, make_archive, tree

from analyzer.archive import machine
from analyzer.archive.batch import BatchOptions, run_batch


def test_a_worker_makes_way_after_so_many_calls(tmp_path: Path) -> None:
    archive, script = make_archive(tmp_path / "in", 6), Scripted(str(tmp_path / "log"))
    run_batch(BatchOptions(sources=(archive,), out=tmp_path / "calm", workers=0), script)
    before = len(lines(script.log, "load"))
    options = BatchOptions(sources=(archive,), out=tmp_path / "out", workers=1, recycle_calls=3)
    report = run_batch(options, script)
    assert (report.done, report.not_done) == (10, 0)
    assert len(lines(script.log, "load")) - before == 4  # 3 + 3 + 3 + 1
    assert tree(tmp_path / "out") == tree(tmp_path / "calm")


def test_a_worker_makes_way_when_it_has_grown(tmp_path: Path) -> None:
    archive, script = make_archive(tmp_path / "in", 1, broken=False), Scripted(str(tmp_path / "log"))
    (archive / "fat.wav").write_bytes((archive / "客服" / "twin.wav").read_bytes())  # the first in order
    options = BatchOptions(sources=(archive,), out=tmp_path / "out", workers=1, recycle_bytes=100 << 20)
    assert run_batch(options, script).outcomes == {"scored": 4}
    assert len(lines(script.log, "load")) == 2


def test_what_a_process_holds() -> None:
    import os

    assert 10 << 20 < machine.resident(os.getpid()) < 10 << 30
    assert machine.resident(1 << 30) == 0
