"""Measurements of this package; run one with `python -m benchmarks.NAME --help`."""
