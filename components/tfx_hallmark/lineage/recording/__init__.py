"""Records the event log in ML Metadata, and tells what the two do not agree on."""
