"""The command line: the verbs of the studio, files in and out, training, measures, and the app.

Exit codes: 0 done; 1 it broke off on the way (Ctrl-C, a full disk, a fault of musegen's own); 2 refused, because the
arguments, a file or a setting can't be used. What was made goes to stdout, one path a line; sentences and progress
bars go to stderr. ``inspect`` and ``convert`` between scores load neither TensorFlow nor any other heavy library.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

from musegen.cli.arguments import build_parser
from musegen.cli.console import say
from musegen.errors import MusegenError

DONE, BROKE_OFF, REFUSED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        arguments: Without the program's name; None = those of this process.

    Returns:
        The exit code, see above. Arguments that can't be understood raise SystemExit(2), ``--help`` SystemExit(0), as
        argparse does.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a title in Chinese must not break a terminal that can't show it
            stream.reconfigure(errors="backslashreplace")
    options = build_parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except MusegenError as error:
        say(str(error))
        return REFUSED
    except KeyboardInterrupt:
        say("Stopped.")
        return BROKE_OFF
    except BrokenPipeError:  # the reader of our output went away: nobody is left to be told
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKE_OFF
    except OSError as error:
        say(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}.")
        return BROKE_OFF
    except Exception as error:
        if os.environ.get("MUSEGEN_DEBUG"):
            traceback.print_exc()
        say(
            f"This is a fault in musegen, not in what you asked for ({type(error).__name__}: {error}). "
            "Set MUSEGEN_DEBUG=1 to see where, and please report it."
        )
        return BROKE_OFF
