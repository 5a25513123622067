"""TensorBoard: metrics over versions as scalars, a run for each version with HParams, verdict and training curve."""
