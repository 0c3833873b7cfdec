"""What a module of ours imports, for tests that nothing is forgotten where code is named."""

import ast
from pathlib import Path

import analyzer


def imported_from(start: str) -> set[str]:
    """Every module of ours that a module imports, itself included."""
    root = Path(analyzer.__file__).parent
    waiting, seen = [start], set()
    while waiting:
        name = waiting.pop()
        path = root / name.replace(".", "/")
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if name in seen or not path.exists():
            continue
        seen.add(name)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("analyzer."):
                module = node.module.removeprefix("analyzer.")
                waiting += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return seen
