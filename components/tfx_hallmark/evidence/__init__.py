"""Reads TFMA's results into the plain evidence on which the gate decides."""
