"""Which files of old versions may go, and deleting them."""
