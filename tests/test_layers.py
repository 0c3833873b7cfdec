"""Data flows one way: a module imports only from its own folder or from folders before it."""

import ast
from pathlib import Path

import pytest

import analyzer

ROOT = Path(analyzer.__file__).parent
BASE = {"spans", "errors", "settings", "versions", "__init__"}
ORDER = ["call", "speech", "measure", "rules", "pipeline", "outputs", "archive", "review", "cli"]


def layer(parts: tuple[str, ...]) -> str:
    """The folder or root module a dotted path below `analyzer` belongs to."""
    return parts[0] if parts else "__init__"


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layer"
            names = [node.module or ""]
        else:
            continue
        found |= {layer(tuple(n.split(".")[1:])) for n in names if n.split(".")[0] == "analyzer"}
    return found - BASE


def modules() -> list[Path]:
    return sorted(p for p in ROOT.rglob("*.py") if p.parent != ROOT or p.stem == "pipeline")


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_imports_only_from_folders_before_it(path: Path) -> None:
    here = layer(path.relative_to(ROOT).with_suffix("").parts)
    if here == "testing":  # helps the tests: below it everything but the outer edges
        assert not imports(path) & {"archive", "review", "cli"}
        return
    allowed = set(ORDER[: ORDER.index(here) + 1])
    assert imports(path) <= allowed, f"{path.name} in {here} reaches forward"


@pytest.mark.parametrize("stem", sorted(BASE - {"__init__"}))
def test_the_root_helpers_import_nothing_of_ours(stem: str) -> None:
    for node in ast.walk(ast.parse((ROOT / f"{stem}.py").read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith("analyzer."), stem
