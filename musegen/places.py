"""Where the app and what it ships lie: in a checkout beside the package, in a wheel inside it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
ROOT = _PACKAGE / "_app" if (_PACKAGE / "_app" / "app.py").exists() else _PACKAGE.parent
"""Folder that holds ``app.py``, ``pages/`` and ``assets/``."""

ASSETS = ROOT / "assets"
CHECKPOINTS = ASSETS / "checkpoints"
ORIGINALITY = ASSETS / "originality.npz"
"""What tells copies of the training music, see musegen/studio/originality.py."""

COMPOSER = "seq2seq"
"""Name of the checkpoint that the app composes with: the one that measured best, see docs/gates.md."""

EXAMPLES = ASSETS / "examples"
RUNS = ASSETS / "runs"
"""Curves and samples of the runs that made the shipped checkpoints; the lab shows them."""


def user_cache() -> Path:
    """Folder for what can be made again (parsed corpora); ``MUSEGEN_CACHE`` names another. Made when missing."""
    return _user_folder("MUSEGEN_CACHE", "XDG_CACHE_HOME", ".cache", "Library/Caches")


def user_data() -> Path:
    """Folder for what the user made (runs); ``MUSEGEN_DATA`` names another. Made when missing."""
    return _user_folder("MUSEGEN_DATA", "XDG_DATA_HOME", ".local/share", "Library/Application Support")


def user_checkpoints() -> Path:
    """Folder of the user's own checkpoints; ``MUSEGEN_CHECKPOINTS`` names another. Made when missing."""
    folder = Path(os.environ.get("MUSEGEN_CHECKPOINTS") or user_data() / "checkpoints")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def user_lessons() -> Path:
    """Folder of what models were taught with the user's music, a folder each. Made when missing."""
    folder = user_data() / "taught"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _user_folder(setting: str, xdg: str, linux: str, mac: str) -> Path:
    if os.environ.get(setting):
        folder = Path(os.environ[setting])
    elif sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "musegen"
    elif sys.platform == "darwin":
        folder = Path.home() / mac / "musegen"
    else:
        folder = Path(os.environ.get(xdg) or Path.home() / linux) / "musegen"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
