"""Version identity, a TFMA gate and atomic publishing for TFX models."""

__version__ = "0.1.0"
