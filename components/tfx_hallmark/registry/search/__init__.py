"""Finds versions of a model by what is known of them: a small language, its fields, and the search itself."""
