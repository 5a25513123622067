"""Reads and writes ML Metadata. Needs the extra `lineage`, and neither TFX nor TensorFlow."""
