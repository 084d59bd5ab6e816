"""Starting the app: a Streamlit server for this machine, and a browser on it once it answers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from types import FrameType
from typing import NoReturn

from musegen.errors import MusegenError
from musegen.places import ROOT

ADDRESS = "127.0.0.1"
FIRST_PORT = 8501
_PATIENCE_S = 120.0


def server_command(port: int) -> list[str]:
    """The command that serves the app; to be run in ``ROOT``, where the app's settings lie."""
    return [
        *(sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")),
        *("--server.address", ADDRESS, "--server.port", str(port), "--server.headless", "true"),
        *("--browser.gatherUsageStats", "false"),
    ]


def free_port(wanted: int | None = None) -> int:
    """The port asked for, or else the first free one from 8501 on.

    Raises:
        MusegenError: It is in use, or none is free.
    """
    for port in [wanted] if wanted else range(FIRST_PORT, FIRST_PORT + 50):
        with socket.socket() as probe:
            if os.name == "posix":  # as the server itself does: a port whose last user has just gone is free
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((ADDRESS, port))
            except OSError:
                continue
            return port
    if wanted:
        raise MusegenError(f"Port {wanted} is in use by another program. Choose another with --port.")
    raise MusegenError(f"All ports from {FIRST_PORT} to {FIRST_PORT + 49} are in use. Choose one with --port.")


def wait_until_up(url: str, server: subprocess.Popen[bytes], patience_s: float = _PATIENCE_S) -> bool:
    """Waits until the server answers; False if it ended first, or took longer than ``patience_s`` seconds."""
    limit = time.monotonic() + patience_s
    while time.monotonic() < limit and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                return True
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    return False


def run_app(port: int | None = None, *, open_browser: bool = True) -> int:
    """Serves the app on 127.0.0.1 until it is stopped.

    Args:
        port: Port, or None for the first free one from 8501 on.
        open_browser: Open the default browser on the app once it answers.

    Returns:
        The server's exit code; 0 after Ctrl-C.

    Raises:
        MusegenError: The port is in use, or the app is not installed.
    """
    if not (ROOT / "app.py").is_file():
        raise MusegenError(f"The app is missing from {ROOT}. Install musegen again.")
    chosen = free_port(port)
    url = f"http://{ADDRESS}:{chosen}"
    server = subprocess.Popen(server_command(chosen), cwd=ROOT)
    previous = signal.signal(signal.SIGTERM, _exit)
    if open_browser:

        def visit() -> None:
            if wait_until_up(url, server):
                webbrowser.open(url)

        threading.Thread(target=visit, daemon=True).start()
    try:
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        signal.signal(signal.SIGTERM, previous)
        _end(server)


def _end(server: subprocess.Popen[bytes]) -> None:
    """Ends the server if it still runs: a terminal's Ctrl-C reaches it too, another sender's does not."""
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(10)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            server.kill()


def _exit(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
