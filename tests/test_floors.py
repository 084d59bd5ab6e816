"""The floors of docs/architecture.md hold: imports only go down, and heavy libraries stay in their rooms."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# On the ground floor the errors know where their words lie, the value uses the errors, and the theory the value.
GROUND = {
    "musegen/errors": {"musegen/places"},
    "musegen/score": {"musegen/errors"},
    "musegen/theory": {"musegen/score", "musegen/errors"},
}
LEARNING = ("musegen/models", "musegen/training", "musegen/checkpoint")


@cache
def floors() -> dict[str, int]:
    """Room (a path without its ending, as in "musegen/lanes") -> floor, from the table in docs/architecture.md."""
    rooms = {}
    for floor, cell in re.findall(r"^\| (\d) \| ([^|]+) \|", (ROOT / "docs/architecture.md").read_text("utf-8"), re.M):
        for name in re.findall(r"`([^`]+)`", cell):
            room = name.removesuffix(".py").strip("/")
            rooms[room if room in ("app", "pages") or "/" in room else f"musegen/{room}"] = int(floor)
    return rooms


def files() -> list[Path]:
    found = [ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "musegen").rglob("*.py")]
    return [path for path in found if path.exists()]


def name_of(path: Path) -> str:
    """ "musegen/formats/midi" of a file; a package's own __init__ is named as the package."""
    return path.relative_to(ROOT).with_suffix("").as_posix().removesuffix("/__init__")


def room_of(name: str) -> str | None:
    """The room that a module is, or lies in; None for a package that rooms lie in."""
    if name.startswith("pages"):
        return "app"  # app.py is the door to the pages: one room
    inside = [room for room in floors() if name == room or name.startswith(room + "/")]
    return max(inside, key=len, default=None)


def floor_of(name: str) -> int:
    """Whoever imports a room runs the packages around it first, so those lie as low as their lowest room."""
    room = room_of(name)
    around = [floor for other, floor in floors().items() if other.startswith(name + "/")]
    assert room or around, f"Give {name} a place in the table of docs/architecture.md."
    return floors()[room] if room else min(around)


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file, as a dotted name ("from a import b" gives "a.b")."""
    package = [*path.relative_to(ROOT).parent.parts]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            yield from (".".join([*base, *filter(None, [node.module]), alias.name]) for alias in node.names)


def own_imports(path: Path) -> set[str]:
    """The project's modules among them, by name; what is no module (a class, a function) by the module it is in."""
    names = set()
    for dotted in imports(path):
        name = dotted.replace(".", "/")
        if name.split("/")[0] not in ("musegen", "pages", "app"):
            continue
        is_module = (ROOT / f"{name}.py").exists() or (ROOT / name).is_dir()
        names.add(name if is_module else name.rsplit("/", 1)[0])
    return names


def test_the_table_is_read():
    assert floors()["musegen/score"] == 0
    assert floors()["musegen/evaluation"] == 1
    assert floors()["app"] == 6
    assert room_of("musegen/formats/midi") == "musegen/formats"
    assert floor_of("musegen") == 0


def test_every_module_has_a_place_in_the_table():
    packages = {name_of(p.parent / "__init__.py") for p in files()}
    homeless = {name_of(p) for p in files() if room_of(name_of(p)) is None} - packages
    assert not homeless, f"Give these a place in the table of docs/architecture.md: {sorted(homeless)}"


@pytest.mark.parametrize("path", files(), ids=name_of)
def test_imports_go_down(path):
    name = name_of(path)
    room = room_of(name)
    for other in own_imports(path) - {"musegen"}:
        if room is not None and room_of(other) == room:
            continue
        if other in GROUND.get(name, ()):
            continue
        if room is None and other.startswith(name + "/"):  # a package may gather its own rooms
            continue
        assert floor_of(other) < floor_of(name), f"{name} imports {other}, which is not on a lower floor"


@pytest.mark.parametrize("path", files(), ids=name_of)
def test_heavy_libraries_stay_in_their_rooms(path):
    name = name_of(path)
    used = set(imports(path))
    tops = {dotted.split(".")[0] for dotted in used}
    assert "streamlit" not in tops or name.split("/")[0] in ("app", "pages")
    assert not tops & {"tensorflow", "keras"} or name.startswith(LEARNING)
    assert not any(dotted.startswith("matplotlib.pyplot") for dotted in used), "a Figure, never pyplot"


def test_listening_needs_no_tensorflow():
    light = [
        name_of(p).replace("/", ".")
        for p in files()
        if name_of(p).startswith("musegen") and not name_of(p).startswith((*LEARNING, "musegen/__main__"))
    ]
    assert "musegen.score" in light
    script = f"""
import importlib, sys
for name in {light!r}:
    importlib.import_module(name)
    heavy = {{"tensorflow", "keras", "streamlit"}} & set(sys.modules)
    assert not heavy, f"importing {{name}} loads {{heavy}}"
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
