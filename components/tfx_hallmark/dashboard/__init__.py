"""The web page over a registry root, and the same pages as files. Needs the extra `ui`."""
