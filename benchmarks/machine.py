"""What a result was measured on, and where it is written."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

import psutil

HERE = Path(__file__).resolve().parent
LOAD = [round(value, 2) for value in psutil.getloadavg()]  # before the script has done anything
PACKAGES = ("musegen", "tensorflow", "keras", "numpy", "streamlit")


def processor() -> str:
    """The processor's name as the system gives it."""
    if Path("/proc/cpuinfo").exists():
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def commit() -> str:
    """The commit of the checkout, with a + if something in it has changed; "" away from a checkout."""
    git = ["git", "-C", str(HERE)]
    done = subprocess.run([*git, "describe", "--always", "--dirty=+"], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def spread(values: list[float]) -> dict[str, float]:
    """Median, smallest and largest of some measurements."""
    return {"median": round(median(values), 4), "min": round(min(values), 4), "max": round(max(values), 4)}


def facts() -> dict[str, object]:
    """When, on what, and with which versions something is measured."""
    return {
        "measured": time.strftime("%Y-%m-%d"),
        "commit": commit(),
        "machine": {
            "processor": processor(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
            "system": platform.platform(terse=True),
            "load_before": LOAD,
        },
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
    }


def write(name: str, target: str, results: dict[str, object]) -> None:
    """Writes ``name.json`` beside the script, with the machine and the versions, and prints it."""
    about = facts()
    order = {key: about.pop(key) for key in ("measured", "commit")}
    text = json.dumps({**order, "target": target, "results": results, **about}, indent=1, ensure_ascii=False) + "\n"
    (HERE / f"{name}.json").write_text(text, "utf-8")
    print(text)
