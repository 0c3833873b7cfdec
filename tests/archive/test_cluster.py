"""The Ray engine on a cluster of two nodes on this machine."""

import logging
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scripted import BUCKET, Scripted, lines, make_archive, tree, wav

from analyzer.archive.batch import BatchOptions, BatchReport, Progress, read_status, run_batch
from analyzer.errors import ModelError, UsageError

pytestmark = pytest.mark.cluster

STORE_BYTES = 80 << 20


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'analyzer[ray]'")
    from ray.cluster_utils import Cluster

    before = dict(os.environ)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    here = str(Path(__file__).resolve().parent)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    logging.getLogger("ray").setLevel(logging.ERROR)
    head = {"num_cpus": 0, "object_store_memory": STORE_BYTES, "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=head)
    for _ in range(2):
        made.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
    yield made
    made.shutdown()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def script(tmp_path: Path) -> Scripted:
    return Scripted(str(tmp_path / "log"))


def on_cluster(cluster: Any, archive: Path, out: Path | str, script: Scripted, **more: Any) -> BatchReport:
    show = more.pop("show", None)
    options = BatchOptions(sources=(archive,), out=out, engine="ray", address=cluster.address, **more)
    return run_batch(options, script, show)


def calm(archive: Path, out: Path, script: Scripted) -> dict[str, bytes]:
    run_batch(BatchOptions(sources=(archive,), out=out, workers=0), replace(script, log=script.log + ".calm"))
    return tree(out)


def test_the_same_bytes_as_without_a_cluster(cluster: Any, tmp_path: Path, script: Scripted) -> None:
    archive, out = make_archive(tmp_path / "in", 8), tmp_path / "out"
    (archive / "a-poison.wav").write_bytes(wav(9))
    report = on_cluster(cluster, archive, out, script)
    assert (report.listed, report.done, report.not_done) == (13, 13, 0)
    assert report.codes == {"audio.not_wav": 1, "audio.no_speech": 1, "machine.worker_died": 1}
    assert len(lines(script.log, "hear a-poison")) == 3
    assert len(lines(script.log, "heard ")) == 10
    (archive / "a-poison.wav").unlink()
    assert on_cluster(cluster, archive, out, script).done == 0
    run_batch(BatchOptions(sources=(archive,), out=out, workers=0), script)
    expected = calm(archive, tmp_path / "calm", script)
    ledger = ".analyzer/ledger.jsonl"
    found = {k: b"".join(x for x in v.splitlines(True) if b"poison" not in x) if k == ledger else v
             for k, v in tree(out).items()}  # fmt: skip
    assert found == expected


def test_results_go_to_a_store(cluster: Any, store: Any, tmp_path: Path, script: Scripted) -> None:
    """The actors know nothing of it: this process writes."""
    archive, out = make_archive(tmp_path / "in", 4), f"s3://{BUCKET}/results"
    on_cluster(cluster, archive, out, script, state=tmp_path / "state")
    expected = {k: v for k, v in calm(archive, tmp_path / "calm", script).items() if not k.startswith(".analyzer/")}
    listed = [one["Key"] for one in store.list_objects_v2(Bucket=BUCKET)["Contents"] if "/.analyzer/" not in one["Key"]]
    found = {key: store.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in listed}
    assert {key.removeprefix("results/"): body for key, body in found.items()} == expected


def test_a_changed_standard_is_judged_from_what_was_heard(cluster: Any, tmp_path: Path, script: Scripted) -> None:
    archive, out = make_archive(tmp_path / "in", 4, broken=False), tmp_path / "out"
    run_batch(BatchOptions(sources=(archive,), out=out, workers=0), script)
    other = replace(script, standard="s2")
    assert on_cluster(cluster, archive, out, other).done == 6
    assert len(lines(script.log, "heard ")) == 6  # those of the first run
    assert tree(out) == calm(archive, tmp_path / "calm", other)


def test_no_more_calls_are_given_out_than_there_are_actors(cluster: Any, tmp_path: Path, script: Scripted) -> None:
    archive, seen = make_archive(tmp_path / "in", 10, broken=False), []

    def show(progress: Progress) -> None:
        seen.append(len(lines(script.log, "hear ")) - progress.done)

    on_cluster(cluster, archive, tmp_path / "out", replace(script, delay_s=0.3), show=show)
    assert len(seen) == 12
    assert max(seen) <= 2
    assert len(lines(script.log, "load")) == 2


def test_a_model_that_is_missing_there_stops_the_run(cluster: Any, tmp_path: Path, script: Scripted) -> None:
    archive = make_archive(tmp_path / "in", 3)
    with pytest.raises(ModelError) as caught:
        on_cluster(cluster, archive, tmp_path / "out", replace(script, broken_model=True))
    assert caught.value.code == "model.missing"
    with pytest.raises(UsageError) as wrong:
        options = BatchOptions(sources=(archive,), out=tmp_path / "out", engine="ray", address="127.0.0.1:1")
        run_batch(options, script)
    assert wrong.value.code == "usage.no_cluster"


def test_a_node_killed_in_mid_run_loses_nothing(cluster: Any, tmp_path: Path, script: Scripted) -> None:
    """Last: afterwards the cluster has one node less."""
    archive, out = make_archive(tmp_path / "in", 20), tmp_path / "out"
    expected = calm(archive, tmp_path / "calm", script)
    killed = threading.Event()

    def kill() -> None:
        while len(lines(script.log, "heard ")) < 5:
            time.sleep(0.02)
        cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)
        killed.set()

    killer = threading.Thread(target=kill)
    killer.start()
    report = on_cluster(cluster, archive, out, replace(script, delay_s=0.25))
    killer.join()
    assert killed.is_set()
    assert (report.done, report.not_done, report.outcomes) == (24, 0, {"scored": 22, "refused": 2})
    assert read_status(out).outcomes == report.outcomes
    assert 23 <= len(lines(script.log, "hear ")) <= 24  # what the killed node was doing was begun once more
    assert len(lines(script.log, "heard ")) <= 23  # one recording holds no speech
    assert tree(out) == expected
