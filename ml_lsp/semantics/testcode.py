"""Which files are tests: code that is wrong on purpose, or runs once, is no mistake there."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from ml_lsp.semantics.scope import Scope

_FOLDERS = frozenset({"tests", "test", "testing"})
_FILE = re.compile(r"test_\w*\.py\Z|\w*_test\.py\Z|conftest\.py\Z")
# A folder of tests keeps whole projects to run on below this name; they are not tests themselves.
_SAMPLES = "projects"


@lru_cache(maxsize=256)
def is_test_path(path: Path) -> bool:
    """Whether a file belongs to tests by its name, or by a folder it lies in."""
    folders = path.parts[:-1]
    in_tests = any(part in _FOLDERS and _SAMPLES not in folders[index:] for index, part in enumerate(folders))
    return in_tests or bool(_FILE.match(path.name))


def is_test_code(scope: Scope) -> bool:
    """Whether a scope stands in a file of tests."""
    return is_test_path(scope.inquiry.module.path)
