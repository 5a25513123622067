"""ServingMonitor: holds new data against what serves."""
