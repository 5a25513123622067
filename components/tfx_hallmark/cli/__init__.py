"""The command `hallmark`. It reads the registry alone: no TensorFlow, TFX or ML Metadata."""
