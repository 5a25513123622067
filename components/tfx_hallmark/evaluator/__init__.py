"""BaselineEvaluator: TFX's Evaluator, comparing with what serves."""
