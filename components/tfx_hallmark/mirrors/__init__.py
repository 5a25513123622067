"""Mirrors: tools which people look at already, kept in step with the registry."""
