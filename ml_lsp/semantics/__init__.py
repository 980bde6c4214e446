"""Trees to facts an ML engineer has words for."""
