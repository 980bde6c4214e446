"""The benchmark: `python -m tests.bench`. Prints tables, writes JSON, and says which targets are met.

Everything is measured in one run on one machine, ours beside the empty pygls server and `ruff server`.
Figures of a busy machine are worth little: the load average is printed with them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from tests.bench import corpus, notebook, throughput

ROOT = Path(__file__).parents[2]
FLOOR, OURS, RUFF = "empty pygls", "ml-lsp", "ruff server"
SERVERS = {
    FLOOR: [sys.executable, str(Path(__file__).with_name("floor_server.py"))],
    OURS: [sys.executable, "-m", "ml_lsp", "server"],
    RUFF: [str(Path(sysconfig.get_path("scripts")) / "ruff"), "server"],
}
Rows = dict[int, dict[str, dict[str, Any]]]


def main() -> int:
    """Measure what the command line asks for; 1 if a target is missed and `--gate` is given."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer edits and starts")
    parser.add_argument("--only", choices=["server", "notebook", "opening", "check"], help="one part")
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "bench.json", help="where figures go")
    parser.add_argument("--gate", action="store_true", help="exit code 1 if a target is missed")
    options = parser.parse_args()
    cache = user_cache_path("ml-lsp-bench", ensure_exists=True)
    found: dict[str, Any] = {"load before": os.getloadavg()[0]}
    if options.only in (None, "server"):
        found["server"] = servers(cache, options.quick)
    if options.only in (None, "notebook"):
        found["notebook"] = notebook.measure(SERVERS[OURS], _env(), cache, corpus.notebook_cells(cache))
    if options.only in (None, "opening"):
        found["opening"] = opening(cache)
    if options.only in (None, "check"):
        found["check"] = throughput.measure(corpus.checked_folder(cache), cache)
    found["load after"] = os.getloadavg()[0]
    options.json.parent.mkdir(parents=True, exist_ok=True)
    corpus.as_json(options.json, found)
    print("\n".join(_report(found)))
    verdicts = targets(found)
    print("\n".join(f"{'met   ' if met else 'MISSED'}  {text}" for text, met in verdicts))
    return int(options.gate and not all(met for _, met in verdicts))


def _env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def servers(cache: Path, quick: bool) -> Rows:
    """The measurements of `latency`, by size and server; the servers take turns within a size."""
    rows: Rows = {}
    for size, file in corpus.measured_files(cache).items():
        rows[size] = {}
        for name, command in SERVERS.items():
            print(f"measuring {name} at {size} lines", file=sys.stderr)
            rows[size][name] = _latency(file, command, cache / "row.json", quick)
    return rows


def _latency(file: Path, command: list[str], out: Path, quick: bool) -> dict[str, Any]:
    amount = ["--edits", "15", "--starts", "2"] if quick else ["--edits", "60", "--starts", "7"]
    place = ["--mode", "push", "--env", f"PYTHONPATH={ROOT}", "--json", str(out)]
    run = [sys.executable, "-m", "tests.bench.latency", *amount, *place, str(file), "--", *command]
    subprocess.run(run, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    [row] = json.loads(out.read_text())
    return dict(row)


def opening(cache: Path) -> dict[str, float]:
    """Milliseconds of the first review of 5,000 lines and of a bare walk over its tree."""
    file = corpus.measured_files(cache)[5_000]
    run = [sys.executable, "-m", "tests.bench.opening", str(file)]
    done = subprocess.run(run, cwd=ROOT, check=True, capture_output=True, text=True)
    walk, review = map(float, done.stdout.split())
    return {"walk": walk, "review": review}


def _report(found: dict[str, Any]) -> list[str]:
    lines = [f"load {found['load before']:.1f} -> {found['load after']:.1f}; milliseconds, MiB"]
    if "server" in found:
        head = ("lines", "server", "start", "open", "warm open", "key p50", "key p95", "burst", "RSS")
        lines.append(("{:>6}  {:<12}" + "{:>11}" * 7).format(*head))
        for size, row in found["server"].items():
            for name, figures in row.items():
                values = [_figure(figures, *path) for path in _COLUMNS]
                lines.append(f"{size:>6}  {name:<12}" + "".join(f"{value:>11.1f}" for value in values))
    if "notebook" in found:
        lines.append(
            "notebook of {cells:.0f} cells: open {open:.1f}, key p50 {p50:.1f}, p95 {p95:.1f}".format(
                **found["notebook"]
            )
        )
    if "opening" in found:
        lines.append(
            "5,000 lines: ast.parse + ast.walk {walk:.1f}, first review {review:.1f}".format(
                **found["opening"]
            )
        )
    if "check" in found:
        lines += [f"{name}: {speed:,.0f} lines a second" for name, speed in found["check"].items()]
    return lines


_COLUMNS = (
    ("start", "p50"),
    ("open", "p50"),
    ("reopen_ms",),
    ("edits", "p50"),
    ("edits", "p95"),
    ("burst", "settled_ms"),
    ("usage", "own_rss_mib"),
)


def _figure(row: Any, *path: str) -> float:
    for key in path:
        row = row.get(key) if isinstance(row, dict) else None
    return float("nan") if row is None else float(row)


def targets(found: dict[str, Any]) -> list[tuple[str, bool]]:
    """Each target with whether this run meets it."""
    verdicts = []
    if "server" in found:
        verdicts += _server_targets(found["server"])
    if "opening" in found:
        ratio = found["opening"]["review"] / found["opening"]["walk"]
        verdicts.append((f"first review at most 10 times a bare walk: {ratio:.1f}", ratio <= 10))
    if "check" in found:
        ratio = found["check"]["ml-lsp check"] / found["check"]["torchfix"]
        verdicts.append((f"check at least 15 times torchfix: {ratio:.1f}", ratio >= 15))
    return verdicts


def _server_targets(rows: Rows) -> list[tuple[str, bool]]:
    def key(size: int, name: str) -> float:
        return _figure(rows[size][name], "edits", "p50")

    over = {size: key(size, OURS) - key(size, FLOOR) for size in corpus.SIZES}
    start = _figure(rows[1_000][OURS], "start", "p50") / _figure(rows[1_000][FLOOR], "start", "p50")
    memory = _figure(rows[5_000][OURS], "usage", "own_rss_mib")
    burst = _figure(rows[5_000][OURS], "burst", "settled_ms")
    verdicts = [
        (
            f"key at {size} lines at most 3 times the empty server: {key(size, OURS) / key(size, FLOOR):.2f}",
            key(size, OURS) <= 3 * key(size, FLOOR),
        )
        for size in (100, 1_000)
    ]
    for size, factor in ((5_000, 1), (20_000, 3)):
        ratio = key(size, RUFF) / key(size, OURS)
        verdicts.append(
            (f"key at {size} lines at least {factor} times faster than ruff: {ratio:.1f}", ratio > factor)
        )
    shown = ", ".join(f"{size}: {value:.1f}" for size, value in over.items())
    return [
        *verdicts,
        (f"time over the empty server does not grow with the file: {shown}", over[20_000] <= over[100] + 2),
        (f"burst at 5,000 lines settled within 50 ms: {burst:.1f}", burst <= 50),
        (f"memory at 5,000 lines, without the jedi worker, under 120 MiB: {memory:.0f}", memory < 120),
        (f"start at most 1.3 times the empty server: {start:.2f}", start <= 1.3),
    ]


if __name__ == "__main__":
    sys.exit(main())
