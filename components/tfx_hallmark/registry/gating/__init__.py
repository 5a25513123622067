"""Whether one version is better than another, from what is on record."""
