"""A wheel works away from the checkout: the app, what it shows and what it plays travel inside it."""

import email
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    from hatchling.builders.wheel import WheelBuilder

    (path,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("dist")), versions=["standard"])
    return Path(path)


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder that holds what an installer would put into site-packages."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(installed, tmp_path, *words):
    """Runs Python with the unpacked wheel first on the path, far from the checkout."""
    env = {**os.environ, "PYTHONPATH": str(installed)}
    return subprocess.run([sys.executable, *words], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)


def package(requirement):
    """The name of the package that a requirement asks for."""
    return re.match(r"[\w-]+", requirement)[0]


def shipped(folder):
    """Files below a folder of the checkout, by path from the root."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_the_app_and_all_assets(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {"app.py", ".streamlit/config.toml", *shipped("pages"), *shipped("assets")}
    assert not {name for name in wanted if f"musegen/_app/{name}" not in names}
    assert shipped("musegen") <= names
    assert not [name for name in names if name.startswith(("tests/", "docs/", "benchmarks/"))]
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_there_is_something_to_hear_and_a_composer():
    assets = shipped("assets")
    assert "assets/LICENSES.md" in assets
    assert any(name.startswith("assets/examples/") and name.endswith(".musicxml") for name in assets)
    for name in ("card.json", "weights.npz"):
        assert f"assets/checkpoints/composer/{name}" in assets


def test_the_wheel_says_what_it_needs(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("METADATA"))
        facts = email.message_from_bytes(archive.read(name))
        (entries,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "musegen = musegen.cli:main" in archive.read(entries).decode()
        assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
    assert set(facts["Requires-Python"].split(",")) == {">=3.11", "<3.14"}
    assert facts["License-Expression"] == "MIT"
    needed = {package(line) for line in facts.get_all("Requires-Dist") if "extra" not in line}
    assert needed == {package(line).replace("_", "-") for line in PROJECT["dependencies"]}


def test_the_installed_command_line_works(installed, tmp_path):
    example = next((installed / "musegen" / "_app" / "assets" / "examples").glob("*.musicxml"))
    done = run(installed, tmp_path, "-m", "musegen", "inspect", "--json", str(example))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["format"] == "MusicXML"


def test_the_installed_package_finds_its_own_app(installed, tmp_path):
    script = "import musegen.places as p; print(p.ROOT); print((p.CHECKPOINTS / 'composer/card.json').is_file())"
    done = run(installed, tmp_path, "-c", script)
    assert done.stdout.splitlines() == [str(installed / "musegen" / "_app"), "True"], done.stderr


def test_every_dependency_has_its_reason():
    text = (ROOT / "docs/decisions/dependencies.md").read_text("utf-8")
    declared = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]
    assert not [package(line) for line in declared if f"`{package(line)}`" not in text]


def test_every_asset_has_its_licence():
    text = (ROOT / "assets/LICENSES.md").read_text("utf-8")
    folders = {path.name for path in (ROOT / "assets").iterdir() if path.is_dir()} - {"checkpoints"}
    folders |= {f"checkpoints/{path.name}" for path in (ROOT / "assets/checkpoints").iterdir()}
    assert not [name for name in folders if f"`{name}" not in text]
    pieces = json.loads((ROOT / "assets/examples/index.json").read_text("utf-8"))
    assert pieces
    for piece in pieces:
        assert piece["licence"] in text
        assert piece["credit"]
        assert piece["kind"] == "machine" or f"| {piece['title']} (" in text, piece["title"]


def test_the_readme_has_the_two_commands():
    text = (ROOT / "README.md").read_text("utf-8")
    for command in (
        "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/musegen app",
        'python3 -m venv .venv && .venv/bin/pip install -e ".[test]" && .venv/bin/python -m pytest',
    ):
        assert f"\n{command}\n" in text
    linked = [word.split(")")[0] for word in text.split("](")[1:]]
    assert not [path for path in linked if "://" not in path and not (ROOT / path.split("#")[0]).exists()]


def test_continuous_integration_runs_the_command_of_the_readme():
    script = (ROOT / ".ci/run").read_text("utf-8")
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert '-m venv .venv && .venv/bin/pip install -e ".[test]" && .venv/bin/python -m pytest' in script
    assert "://" not in script  # where packages come from is the machine's business
