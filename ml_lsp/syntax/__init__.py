"""Text to trees: segments of Python, notebooks, YAML, JSON and TOML."""
