"""Makes a project of one's own from the reference pipeline, in the manner of `tfx template copy`."""
