"""Write what is generated from the rule pages: `python -m ml_lsp.pages` in a checkout."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from ml_lsp.catalogue import Rule, shipped_rules
from ml_lsp.page import rule_page

ROOT = Path(__file__).parent.parent


def generated() -> dict[Path, str]:
    """The generated files of a checkout with their texts: the index of the rules, and a page for each."""
    rules = shipped_rules()
    pages = {ROOT / "docs" / "rules" / f"{rule.id}.md": rule_page(rule) for rule in rules}
    return {ROOT / "rules" / "README.md": "\n".join(_index(rules)) + "\n", **pages}


def _index(rules: tuple[Rule, ...]) -> Iterator[str]:
    yield "# Rules\n"
    yield f"{len(rules)} rules. This page is generated: `python -m ml_lsp.pages`."
    for family, members in groupby(rules, key=lambda rule: rule.family):
        yield f"\n## {family}\n"
        yield "| rule | severity | tier | fix | what it reports |"
        yield "|---|---|---|---|---|"
        for rule in members:
            fix = "" if rule.fix is None else "safe" if rule.fix.safe else "on request"
            link = f"[{rule.id}](../docs/rules/{rule.id}.md)"
            yield f"| {link} | {rule.severity.value} | {rule.tier.value} | {fix} | {rule.title} |"


def main() -> None:
    """Write the generated files; remove pages of rules that are no more."""
    wanted = generated()
    for path in (ROOT / "docs" / "rules").glob("*/*.md"):
        if path not in wanted:
            path.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
