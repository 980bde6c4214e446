"""A rule's page as Markdown, for the terminal, a hover, a report and the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ml_lsp.catalogue import Example, Rule
from ml_lsp.finding import Finding, Fix, Tier

_EXPECT = re.compile(r"[ \t]*(?:#|//)[ \t]*(?:todo-)?expect:[^\n]*")


def rule_page(rule: Rule) -> str:
    """The whole page: what, why, an example before and after, references, and how to silence it."""
    return _page(rule, _remedy(rule))


def finding_page(rule: Rule, finding: Finding) -> str:
    """The page of a finding's rule, with the fix that is offered for this very finding."""
    return _page(rule, _offered(finding.fix) if finding.fix else "There is no automatic fix here.")


def fix_title(rule: Rule) -> str:
    """What a rule's fix is called where no code is at hand: `{optimizer}` stands as `optimizer`."""
    return re.sub(r"\{(\w*)\}", r"\1", rule.fix.title) if rule.fix else ""


def _page(rule: Rule, remedy: str) -> str:
    return "\n\n".join(part.strip("\n") for part in _parts(rule, remedy)) + "\n"


def _parts(rule: Rule, remedy: str) -> Iterator[str]:
    yield f"# {rule.title}"
    yield f"`{rule.id}` | {rule.severity.value} | {_tier(rule)} | {rule.area}"
    yield remedy
    yield "## Why"
    yield rule.why
    example = _telling(rule)
    if example:
        yield "## Example"
        yield from _shown(example)
        if example.fixed is not None:
            yield "After the fix:"
            yield _fenced(_EXPECT.sub("", example.fixed), example.file)
    yield "## Silence it"
    yield (
        f"On one line `# ml-lsp: ignore[{rule.id}]`, in a file `# ml-lsp: ignore-file[{rule.id}]` above the\n"
        + (f'first statement, everywhere `ignore = ["{rule.id}"]` in the settings.')
    )
    if rule.references:
        yield "## References"
        yield "\n".join(f"- <{reference}>" for reference in rule.references)


def _tier(rule: Rule) -> str:
    return "on by default" if rule.tier is Tier.DEFAULT else "on in the review profile"


def _remedy(rule: Rule) -> str:
    return _offered(Fix(fix_title(rule), (), rule.fix.safe)) if rule.fix else "There is no automatic fix."


def _offered(fix: Fix) -> str:
    how = "safe, also on save" if fix.safe else "on request, for review"
    return f"Fix ({how}): {fix.title}."


def _telling(rule: Rule) -> Example | None:
    """The example that shows most: one with a fix if there is one, else the first that is reported."""
    reported = [example for example in rule.examples if "expect:" in example.text]
    return next((example for example in reported if example.fixed is not None), next(iter(reported), None))


def _shown(example: Example) -> Iterator[str]:
    """The example's own text, named where there are other files, and those."""
    if example.files:
        yield f"`{example.file}`:"
    cells = [f"# cell {number}\n{cell.source}" for number, cell in enumerate(example.cells, 1)]
    yield _fenced(_EXPECT.sub("", "\n\n".join(cells) or example.code), example.file)
    for name, text in example.files.items():
        yield f"`{name}`:"
        yield _fenced(text, name)


def _fenced(code: str, file: str) -> str:
    language = {
        "py": "python",
        "ipynb": "python",
        "yml": "yaml",
        "yaml": "yaml",
        "json": "json",
        "toml": "toml",
    }.get(file.rpartition(".")[2], "")
    fence = "`" * max(3, 1 + max((len(ticks) for ticks in re.findall(r"`+", code)), default=0))
    return f"{fence}{language}\n{code.rstrip()}\n{fence}"
