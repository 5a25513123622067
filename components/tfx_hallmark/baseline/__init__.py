"""StableBaseline: hands what serves by default to the evaluator."""
