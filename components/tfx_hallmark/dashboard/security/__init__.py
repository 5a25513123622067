"""What keeps the page from being used by anybody but its readers."""
