"""Rules and files for the tests of the command line."""

from pathlib import Path

import pytest

from ml_lsp.catalogue import parse_rule

PAGE = """
severity: {severity}
tier: {tier}
area: training-loop
title: {title}
message: "`{{name}}` is wrong; mind <b>this</b>."
fix: {{title: "Use `good`", safe: {safe}}}
why: |
  Because of **numbers**.

  ```python
  x = bad()
  ```
references: [https://example.org/why]
match: {{call: torch.bad}}
examples:
  - name: plain
    code: |
      bad()  # expect: {id}
    fixed: |
      good()
"""


def demo_rule(id, severity="warning", tier="default", safe="true", title="Bad is bad"):
    text = PAGE.format(id=id, severity=severity, tier=tier, safe=safe, title=title)
    return parse_rule(text, id, Path(f"{id}.yaml"))


@pytest.fixture
def rules():
    return (
        demo_rule("torch/bad-call", "critical"),
        demo_rule("torch/worse-call", "warning", safe="false"),
        demo_rule("torch/doubtful", "info", "review"),
        demo_rule("yaml/bad-value", "hint"),
    )
