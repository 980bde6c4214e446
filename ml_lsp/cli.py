"""The command line: what can be asked, and who answers. What a command needs is imported when it runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from ml_lsp import __version__

FORMATS = ("text", "json", "sarif", "github", "gitlab", "markdown", "html")
_EXIT_CODES = "exit codes: 0 nothing found, 1 findings, 2 could not run"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `ml-lsp` with command-line arguments (those of the process by default); return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception:  # Python's own exit code would be 1, which says "findings"
        import traceback

        traceback.print_exc()
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ml-lsp", description="Reviews machine-learning code.")
    parser.add_argument("--version", action="version", version=f"ml-lsp {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_check(commands)
    _add_review(commands)
    explain = commands.add_parser("explain", help="show the page of a rule")
    explain.add_argument("rule", metavar="RULE", help="its id, as torch/missing-no-grad")
    explain.add_argument("--format", choices=("terminal", "markdown"), default="terminal")
    explain.set_defaults(run=_explain)
    rules = commands.add_parser("rules", help="list all rules")
    rules.add_argument("--format", choices=("table", "json"), default="table")
    rules.set_defaults(run=_rules)
    _add_test(commands)
    server = commands.add_parser("server", help="serve an editor (Language Server Protocol)")
    server.add_argument("--tcp", metavar="HOST:PORT", type=_address, help="listen there instead of stdio")
    server.add_argument("--stdio", action="store_true", help="use standard input and output (as without it)")
    server.set_defaults(run=_server)
    return parser


def _add_check(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = commands.add_parser("check", help="review files and folders", epilog=_EXIT_CODES)
    _add_paths(check)
    check.add_argument("--fix", action="store_true", help="apply safe fixes")
    check.add_argument("--diff", action="store_true", help="show what --fix would change, change nothing")
    check.add_argument("--unsafe-fixes", action="store_true", help="with --fix or --diff: other fixes too")
    check.add_argument("--format", choices=FORMATS, default="text", help="of the report (text)")
    check.add_argument("--statistics", action="store_true", help="only count the findings of each rule")
    check.add_argument("--profile", choices=("default", "review"), default="", help="which rules run")
    check.set_defaults(run=_check)


def _add_review(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    about = "write a review: all rules, also those that need judgement, as a document"
    review = commands.add_parser("review", help=about, epilog=_EXIT_CODES)
    _add_paths(review)
    review.add_argument("--format", choices=FORMATS, default="markdown", help="of the review (markdown)")
    review.set_defaults(run=_check, profile="review")


def _add_test(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    codes = "exit codes: 0 all pass, 1 a page or an example fails, 2 could not run"
    test = commands.add_parser("test", help="try the examples of rule pages", epilog=codes)
    about = "pages, or folders of them (those that `rules` names in the settings)"
    test.add_argument("paths", nargs="*", metavar="PATH", help=about)
    test.add_argument("--format", choices=("text", "json"), default="text", help="of the report (text)")
    test.set_defaults(run=_test)


def _add_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        nargs="*",
        default=["."],
        metavar="PATH",
        help="files, folders, globs, or - for standard input",
    )
    parser.add_argument("--select", action=_Names, metavar="RULES", help="only these: ids, families, globs")
    parser.add_argument("--ignore", action=_Names, metavar="RULES", help="not these: ids, families, globs")
    parser.add_argument("--output-file", metavar="FILE", default="", help="write the report there")
    parser.add_argument("--no-cache", action="store_true", help="look at every file anew")
    parser.add_argument("--jobs", type=_count, default=0, metavar="N", help="processes (all cores)")
    parser.add_argument("--stdin-filename", metavar="FILE", default="stdin.py", help="what - is called")
    parser.add_argument(
        "--force-exclude", action="store_true", help="leave out excluded files even where they are named"
    )


class _Names(argparse.Action):
    """Collects `--select a,b --select c` into one tuple."""

    def __init__(self, option_strings: Sequence[str], dest: str, **rest: object) -> None:
        super().__init__(option_strings, dest, default=(), **rest)  # type: ignore[arg-type]

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        names = tuple(name.strip() for name in str(values).split(",") if name.strip())
        setattr(namespace, self.dest, (*getattr(namespace, self.dest), *names))


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes")
    return int(text)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host.strip("[]"), int(port)


def _check(options: argparse.Namespace) -> int:
    from ml_lsp.checking import CheckOptions, check

    given = {key: value for key, value in vars(options).items() if key != "run"}
    return check(CheckOptions(**{**given, "paths": tuple(options.paths)}))


def _explain(options: argparse.Namespace) -> int:
    from ml_lsp.explaining import explain

    return explain(options.rule, options.format)


def _rules(options: argparse.Namespace) -> int:
    from ml_lsp.explaining import list_rules

    return list_rules(options.format)


def _test(options: argparse.Namespace) -> int:
    from ml_lsp.testing import test

    return test(options.paths, options.format)


def _server(options: argparse.Namespace) -> int:
    from ml_lsp.server import app

    if options.tcp:
        app.run_tcp(*options.tcp)
    else:
        app.run_stdio()
    return 0
