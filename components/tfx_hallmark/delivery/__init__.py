"""Delivery: every event reaches every destination of its root, in order, at least once, after its commit."""
