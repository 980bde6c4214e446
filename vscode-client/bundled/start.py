"""Starts the server that comes with the extension: its packages first, whatever else this Python has."""

import os
import sys
from pathlib import Path

PACKAGES = str(Path(__file__).resolve().parent / "packages")

sys.path.insert(0, PACKAGES)
# Processes that the server starts with this Python need the same packages.
os.environ["PYTHONPATH"] = PACKAGES
os.environ["PYTHONSAFEPATH"] = "1"

from ml_lsp.cli import main  # noqa: E402  (only importable from here on)

sys.exit(main())
