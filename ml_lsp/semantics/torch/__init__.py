"""Facts about code that uses PyTorch."""
