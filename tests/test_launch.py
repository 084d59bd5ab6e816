"""Starting the app."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from musegen import launch
from musegen.errors import MusegenError
from musegen.places import ROOT


@pytest.fixture
def taken():
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind((launch.ADDRESS, 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_in_use_is_refused_or_passed_over(taken, monkeypatch):
    with pytest.raises(MusegenError, match=rf"Port {taken} is in use .* --port"):
        launch.free_port(taken)
    monkeypatch.setattr(launch, "FIRST_PORT", taken)
    assert taken < launch.free_port() < taken + 50


def test_the_server_serves_this_machine_only():
    command = launch.server_command(8650)
    assert command[command.index("--server.address") + 1] == "127.0.0.1"
    assert command[command.index("--server.port") + 1] == "8650"
    assert str(ROOT / "app.py") in command


def test_waiting_ends_when_the_server_does():
    with subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"]) as gone:
        began = time.monotonic()
        assert not launch.wait_until_up("http://127.0.0.1:9", gone, patience_s=300)
        assert time.monotonic() - began < 200


def test_a_missing_app_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(launch, "ROOT", tmp_path)
    with pytest.raises(MusegenError, match="The app is missing"):
        launch.run_app(open_browser=False)


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent to a process by a signal")
def test_the_app_starts_and_ends_with_ctrl_c():
    port = launch.free_port()
    program = [sys.executable, "-m", "musegen", "app", "--port", str(port), "--no-open"]
    env = {**os.environ, "MUSEGEN_WAKE": "0"}
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, text=True) as app:
        try:
            url = f"http://127.0.0.1:{port}"
            assert launch.wait_until_up(url, app, patience_s=180)
            with urllib.request.urlopen(url, timeout=60) as page:
                assert b"<title>" in page.read()
            app.send_signal(signal.SIGINT)
            server_gone = app.wait(60)
        finally:
            app.kill()
        printed = app.stdout.read()
    assert server_gone == 0, printed
    assert "Traceback" not in printed
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0  # nobody is left listening
