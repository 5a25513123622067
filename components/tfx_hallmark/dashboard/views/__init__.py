"""What each page shows, as plain values; no request and no HTML in sight."""
