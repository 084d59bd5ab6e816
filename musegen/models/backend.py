"""The door to TensorFlow: chosen, and imported without the lines that it writes to everybody's terminal."""

from __future__ import annotations

import os
import re
import sys
import tempfile

_NOISE = re.compile(rb"WARNING: All log messages before absl|[IWE]0000 |To enable the following instructions:|\s*$")


def load_backend() -> None:
    """Imports Keras on TensorFlow, once.

    TensorFlow reports on processors and drivers while it is imported, before any setting can silence it. Those lines
    are left out; whatever else is written to stderr meanwhile is passed on when the import is done.
    """
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    sys.stderr.flush()
    with tempfile.TemporaryFile() as aside:
        terminal = os.dup(2)
        os.dup2(aside.fileno(), 2)
        try:
            import keras  # noqa: F401
            import tensorflow  # noqa: F401
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
            aside.seek(0)
            for line in aside:
                if not _NOISE.match(line):
                    os.write(2, line)
