"""The reference pipeline: penguin species from body measurements, gated and published by hallmark."""
