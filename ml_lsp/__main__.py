"""`python -m ml_lsp` is `ml-lsp`."""

import sys

from ml_lsp.cli import main

if __name__ == "__main__":
    sys.exit(main())
