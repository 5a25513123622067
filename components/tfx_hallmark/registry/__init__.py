"""The registry core: versions, releases, the gate and the event log; nothing here needs TensorFlow."""
