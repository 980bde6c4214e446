"""Python texts to test on: the standard library, installed packages, and made-up ones for hypothesis."""

from __future__ import annotations

import sysconfig
from pathlib import Path

from hypothesis import strategies as st

_PIECES = (
    "import torch\n", "from torch import nn, load as read\n", "x = 1\n", "\n", "# note\n", "    ", "\t",
    "def f(a, b=2):\n    return a\n", "async def g():\n    await f()\n", "@deco\n", "@deco(\n  1)\ndef h(): pass\n",
    "class A:\n", "class B(nn.Module):\n    '''doc'''\n    y = 1\n    def __init__(self):\n        self.a = []\n",
    "    def m(self):\n        x = self.a\n        x += 1\n        return x\n", "    z = 3\n",
    "    @property\n    def p(self): return 1\n", "if x:\n    y = 2\nelse:\n    y = 3\n", "else:\n", "try:\n    a()\n",
    "except E as e:\n    pass\n", "finally:\n    pass\n", "for i in range(3):\n    f(i)\n", "(", ")", "[", "}", '"', "'",
    '"""', "'''", '"""doc\n"""\n', "\\\n", "\\", "é", "😀", "\r\n", "\r", "\f", "\u2028", "lambda: 0", "x = '''a\nb'''\n",
    "with torch.no_grad():\n    f(\n        1,\n    )\n", "match x:\n    case 1:\n        pass\n", "class C: pass\n",
    "\ufeff",
)  # fmt: skip

texts = st.lists(st.sampled_from(_PIECES), max_size=24).map("".join)
new_texts = st.sampled_from(_PIECES) | st.text(max_size=4)


@st.composite
def edits(draw: st.DrawFn, text: str) -> tuple[int, int, str]:
    """A range of `text` and what to put there."""
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 30)))
    return start, end, draw(new_texts)


def library_files(most: int) -> list[Path]:
    """Python files of the standard library and of the packages installed beside it, in a fixed order."""
    paths = sysconfig.get_paths()
    found = sorted(Path(paths["stdlib"]).glob("*.py")) + sorted(Path(paths["purelib"]).rglob("*.py"))
    step = max(1, len(found) // most)
    return found[::step]


# A rule of one project, as its team writes it: lint-rules/acme/old-loader.yaml.
TEAM_PAGE = """\
severity: warning
tier: default
area: data-pipeline
title: The old loader
message: "`{name}` reads the whole file; use `stream`."
fix: {title: "Use `stream`", safe: true}
why: It takes all memory.
match:
  call: acme.data.load_all
  replace_call: acme.data.stream
examples:
  - name: by module
    code: |
      import acme.data
      rows = acme.data.load_all("x")  # expect: acme/old-loader `acme.data.load_all`
    fixed: |
      import acme.data
      rows = acme.data.stream("x")  # expect: acme/old-loader `acme.data.load_all`
  - name: the new one
    code: |
      from acme.data import stream
      rows = stream("x")
"""
