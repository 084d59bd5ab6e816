"""The door to TensorFlow: chosen, and imported without the lines that it writes to everybody's terminal."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading

_NOISE = re.compile(rb"WARNING: All log messages before absl|[IWE]0000 |To enable the following instructions:|\s*$")
_LOADING = threading.Lock()


def load_backend() -> None:
    """Imports Keras on TensorFlow, once; who asks meanwhile waits.

    Keras is kept from forgetting its state: Streamlit has it do so after every run of a page, in whatever thread, and
    the variables of a model that is being built in another one would lose half their names.
    """
    with _LOADING:
        if "tensorflow" not in sys.modules:
            _import()
        import keras

        keras.backend.clear_session = lambda: None


def _import() -> None:
    """Imports both quietly.

    TensorFlow reports on processors and drivers while it is imported, before any setting can silence it. Those lines
    are left out; whatever else is written to stderr meanwhile is passed on when the import is done.
    """
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
