"""Training a version a second time from what is on record, and saying how near the result comes."""
