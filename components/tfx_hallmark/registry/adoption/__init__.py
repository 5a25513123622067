"""Taking over, in place, what something else has published."""
