"""musegen: make music with a learning machine, and see how it learns."""

__version__ = "0.1.0"
