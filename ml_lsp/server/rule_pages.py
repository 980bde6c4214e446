"""The page of a rule as Markdown, for hovers and the command that explains a rule."""

from __future__ import annotations

from ml_lsp.catalogue import Rule


def to_markdown(rule: Rule) -> str:
    """What a rule reports and why, with its first example and its remedy."""
    parts = [f"### {rule.title}", f"`{rule.id}` · {rule.severity.value} · {rule.area}", rule.why.strip()]
    example = next((item for item in rule.examples if item.code and "expect:" in item.code), None)
    if example:
        parts.append(f"```python\n{_without_marks(example.code)}\n```")
        if example.fixed:
            parts.append(f"Better:\n```python\n{example.fixed.strip()}\n```")
    if rule.references:
        parts.append("\n".join(f"- <{reference}>" for reference in rule.references))
    parts.append(f"[Rule page]({rule.page_url})")
    return "\n\n".join(parts)


def _without_marks(code: str) -> str:
    return "\n".join(line.split("  # expect:")[0] for line in code.strip().splitlines())
