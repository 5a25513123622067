"""Shows a lineage graph: as a tree of text, or laid out and drawn."""
