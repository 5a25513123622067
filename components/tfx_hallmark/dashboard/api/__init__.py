"""The JSON API: the answers of the commands, as `--json` prints them. Reads only."""
