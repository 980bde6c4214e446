"""Starts the server that comes with the extension: its packages first, whatever else this Python has."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "packages"))

from ml_lsp.cli import main

sys.exit(main())
