"""Versions and the git commits that they were trained from: tags on these commits, and links to them."""
