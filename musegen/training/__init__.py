"""Training: a loop that yields reports, and runs, which are folders."""
