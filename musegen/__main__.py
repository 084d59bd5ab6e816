"""``python -m musegen``: the same as the command ``musegen``."""

import sys

from musegen.cli import main

if __name__ == "__main__":
    sys.exit(main())
