"""Notifications: events sent to webhooks and told to people."""
