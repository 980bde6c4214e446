"""How often Python looks for garbage: rarely, where all that is made are trees and what is known of them."""

import gc

_RARELY = (50_000, 20, 100)


def collect_rarely() -> None:
    """Look for garbage after 50,000 new objects for Python's 700: trees are many objects, and none are garbage."""
    gc.set_threshold(*_RARELY)
