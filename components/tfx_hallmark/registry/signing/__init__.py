"""Signing of versions with OpenSSF model-signing; all but `files` and `bundle` need the extra `[signing]`."""
