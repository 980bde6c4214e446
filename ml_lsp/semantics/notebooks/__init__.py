"""Facts about notebooks: cells, the names they bind, and the order they run in."""
