"""The routes of the pages: from a request to a view, from a view to a template."""
