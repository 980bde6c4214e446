"""Reads what scripts inside an editor print: for every test a line, `ok - name` or `not ok - name`."""

import re

_LINE = re.compile(r"^(not )?ok - (.*?)(?: # (.*))?$", re.MULTILINE)


def results(output: str) -> dict[str, bool]:
    """Whether each test passed, by name."""
    return {name: not failed for failed, name, _ in _LINE.findall(output)}
