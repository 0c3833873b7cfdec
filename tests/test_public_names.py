"""What `from analyzer import …` offers, and what each error says."""

import pickle
import subprocess
import sys

import pytest

import analyzer
from analyzer import errors

ERRORS = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.AnalyzerError)]


def test_every_public_name_is_there() -> None:
    for name in analyzer.__all__:
        assert getattr(analyzer, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = analyzer.nothing


def test_importing_the_package_loads_no_engine() -> None:
    code = "import analyzer, sys; print(sorted(m for m in ('numpy', 'faster_whisper', 'librosa') if m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("kind", ERRORS, ids=lambda k: k.__name__)
def test_errors_say_what_was_seen_and_what_to_do_and_survive_pickling(kind: type[errors.AnalyzerError]) -> None:
    error = kind("area.reason", "7 channels, at most 2 expected", "Export one call per file.")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (again.code, again.seen, again.todo) == (error.code, error.seen, error.todo)
    assert str(error) == "area.reason: 7 channels, at most 2 expected. Export one call per file."
