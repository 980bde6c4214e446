"""Text to trees: segments of Python, notebooks, YAML and JSON."""
