"""How long one call may take is asked for on the command line."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.archive.batch import BatchOptions, BatchReport
from analyzer.cli.main import cli


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[BatchOptions]:
    """What the archive is asked to do."""
    made: list[BatchOptions] = []

    def run(options: BatchOptions, *rest: Any) -> BatchReport:
        made.append(options)
        return BatchReport(0, 0, 0, {}, {}, 0)

    monkeypatch.setattr("analyzer.archive.batch.run_batch", run)
    monkeypatch.setattr("analyzer.archive.watch.watch", run)
    return made


@pytest.mark.parametrize("command", ["batch", "watch"])
@pytest.mark.parametrize(
    ("option", "seconds"), [((), 3600.0), (("--call-timeout", "180"), 10_800.0), (("--call-timeout", "0.5"), 30.0)]
)
def test_the_limit_is_given_in_minutes(
    command: str, option: tuple[str, ...], seconds: float, asked: list[BatchOptions], tmp_path: Path
) -> None:
    done = CliRunner().invoke(cli, [command, str(tmp_path), "--out", str(tmp_path / "out"), *option])
    assert done.exit_code == 0, done.output
    assert [options.call_timeout_s for options in asked] == [seconds]


@pytest.mark.parametrize("wrong", ["0", "-1", "nan", "long"])
def test_a_limit_that_is_none_is_refused(wrong: str, asked: list[BatchOptions], tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["batch", str(tmp_path), "--call-timeout", wrong])
    assert done.exit_code != 0 and not asked
