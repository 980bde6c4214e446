"""`python -m ml_lsp` is `ml-lsp`."""

import sys
from pathlib import Path

if sys.path and sys.path[0] in ("", str(Path.cwd())) and not sys.flags.safe_path:
    # Python puts the current folder first, and that may be a workspace with a yaml.py of its own.
    del sys.path[0]

from ml_lsp.cli import main

if __name__ == "__main__":
    sys.exit(main())
