"""Measure what a person at an editor waits for when a language server reviews a Python file.

One file, standard library only, hand-written JSON-RPC framing.  Linux (/proc) for memory and CPU.

    python -m tests.bench.latency [options] FILE [FILE ...] -- SERVER [ARG ...]

    latency.py train.py -- ruff server
    latency.py --mode pull --edits 50 --json out.json small.py big.py -- ty server
    latency.py --init-options '{"debounce": 0}' --edit-kind syntax train.py -- mylsp --stdio

Stages, each bounded in time, so that a run ends whatever the server does:

  start     process start -> initialize response                     (--starts processes)
  open      didOpen, sent right after `initialized` -> first diagnostics   (same processes)
  reopen    didOpen of a second copy in the warm server -> first diagnostics
  edits     single-character edits at one place in the middle of the file, each timed from
            didChange to the diagnostics of that version; p50, p95, max
  actions   codeAction on a diagnostic, codeAction/resolve, source.fixAll over the file
  hover     hover on the edited name
  burst     50 edits 10 ms apart: last edit -> diagnostics of the last version; publishes counted
  memory    RSS, PSS and peak RSS of the process tree; CPU time per edit

Which diagnostics answer an edit:
  push, server sends versions   first publish whose version is >= the edit's version
  push, no versions             first publish after the edit (the harness lets the server fall quiet
                                between edits, so that a late publish is not taken for an answer)
  pull                          textDocument/diagnostic sent right behind didChange -> its response;
                                an answer of ServerCancelled or ContentModified is asked again

The edit kinds:
  name      insert / delete one letter at the head of a name that is read  (stays valid; an
            undefined name comes and goes, so the diagnostics do change)
  comment   insert / delete one letter in a trailing comment               (nothing changes: shows
            whether the server republishes, and what a no-op edit costs)
  newline   insert / delete an empty line                                  (everything below moves)
  syntax    insert / delete an opening bracket                             (the file is broken on
            every other edit, as it is while a person types)
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile

from tests.bench.client import ServerGone, Timeout
from tests.bench.session import Session, same_uri
from tests.bench.site import find_site
from tests.bench.stages import stage_actions, stage_burst, stage_edits, stage_hover, summary
from tests.bench.usage import tree_usage


def measure(options, path, trace):
    """All stages for one file; a dictionary, whatever happens."""
    text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
    site, text = find_site(text, options.edit_kind)
    out = {
        "file": str(path),
        "lines": text.count("\n") + 1,
        "bytes": len(text.encode()),
        "server": options.server,
        "label": options.label,
        "mode": None,
        "edit_kind": options.edit_kind,
        "loadavg": [os.getloadavg()[0]],
        "site": {"line": site.line + 1, "column": site.column, "name": site.name},
    }
    folder = pathlib.Path(tempfile.mkdtemp(prefix="latency-"))
    try:
        workspace = folder.resolve()
        for extra in options.add:
            shutil.copy(extra, workspace / pathlib.Path(extra).name)
        (workspace / "ml_file.py").write_text(text)
        (workspace / "ml_copy.py").write_text(text)
        starts, opens, totals = [], [], []
        for run in range(options.starts):
            s = Session(options, workspace, text, options.max_seconds, trace)
            try:
                starts.append(s.initialize())
                ms, end = s.open()
                opens.append(ms)
                totals.append((end - s.client.t_start) * 1e3 if end else None)
                if run < options.starts - 1:
                    continue
                out["mode"] = "pull" if s.pull else "push"
                out["server_info"], out["sync"] = s.info, {0: "none", 1: "full", 2: "incremental"}[s.sync]
                out["position_encoding"] = s.capabilities.get("positionEncoding")
                out["open_diagnostics"] = len(s.diagnostics)
                s.client.quiet(max(0.5, options.gap), 10)
                mine = [p for p in s.client.publishes if same_uri(p.uri, s.uri)]
                out["versioned"] = bool(mine) and mine[-1].version is not None if not s.pull else None
                out["open_publishes"] = len(mine)
                if mine and not s.pull:
                    s.diagnostics = mine[-1].diagnostics
                out["settled_diagnostics"] = len(s.diagnostics)
                ms, _ = s.open(workspace / "ml_copy.py", text)
                out["reopen_ms"] = round(ms, 2) if ms is not None else None
                s.client.notify(
                    "textDocument/didClose", {"textDocument": {"uri": (workspace / "ml_copy.py").as_uri()}}
                )
                s.client.quiet(max(0.3, options.gap), 5)
                out["edits"] = stage_edits(s, site, options)
                if options.edit_kind in ("name", "syntax"):  # a diagnostic to act on
                    s.edit(*site.insertion(), timeout=min(options.timeout, 10))
                    s.client.quiet(options.gap, 5)
                    out["actions"] = stage_actions(s, options)
                    s.edit(*site.deletion(), timeout=min(options.timeout, 10))
                    s.client.quiet(options.gap, 5)
                else:
                    out["actions"] = stage_actions(s, options)
                out["hover"] = stage_hover(s, site, options)
                if options.burst:
                    out["burst"] = stage_burst(s, site, options)
                if options.save and s.capabilities.get("textDocumentSync"):
                    n = len(s.client.publishes)
                    t = s.client.notify(
                        "textDocument/didSave", {"textDocument": {"uri": s.uri}, "text": s.text}
                    )
                    publish = s.client.wait_publish(
                        n, lambda p, uri=s.uri: same_uri(p.uri, uri), min(options.timeout, 10)
                    )
                    out["save_ms"] = round((publish.t - t) * 1e3, 2) if publish else None
                out["usage"] = tree_usage(s.client.process.pid)
                out["server_messages"] = dict(s.client.counts)
                out["errors_logged"] = [
                    p.get("message", "")[:300]
                    for _, m, p in s.client.notifications
                    if m in ("window/logMessage", "window/showMessage")
                    and isinstance(p, dict)
                    and p.get("type") == 1
                ][:5]
            except (ServerGone, Timeout) as error:
                out["failed"] = f"{type(error).__name__}: {error}"
                out["stderr"] = s.client.stderr_tail()
                break
            finally:
                out["clean_exit"] = s.client.stop()
        out["start"], out["open"], out["total"] = summary(starts), summary(opens), summary(totals)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        out["loadavg"].append(os.getloadavg()[0])  # of the whole machine: how busy it was
    return out


COLUMNS = [
    ("server", lambda r: r["label"]),
    ("lines", lambda r: r["lines"]),
    ("mode", lambda r: (r.get("mode") or "?") + {True: "+v", False: "", None: ""}[r.get("versioned")]),
    ("start", lambda r: num(r, "start", "p50")),
    ("open", lambda r: num(r, "open", "p50")),
    ("total", lambda r: num(r, "total", "p50")),
    ("reopen", lambda r: num(r, "reopen_ms")),
    ("edit p50", lambda r: num(r, "edits", "p50")),
    ("min", lambda r: num(r, "edits", "min")),
    ("p95", lambda r: num(r, "edits", "p95")),
    ("max", lambda r: num(r, "edits", "max")),
    ("n", lambda r: num(r, "edits", "n", 0)),
    ("miss", lambda r: num(r, "edits", "missing", 0)),
    ("cpu/edit", lambda r: num(r, "edits", "cpu_ms_per_edit")),
    ("action", lambda r: num(r, "actions", "p50")),
    ("resolve", lambda r: num(r, "actions", "resolve", "p50")),
    ("fixAll", lambda r: num(r, "actions", "fix_all", "p50")),
    ("hover", lambda r: num(r, "hover", "p50")),
    ("burst", lambda r: num(r, "burst", "settled_ms")),
    ("pubs", lambda r: num(r, "burst", "publishes", 0)),
    ("rss MiB", lambda r: num(r, "usage", "rss_mib", 0)),
    ("diags", lambda r: num(r, "settled_diagnostics", 0)),
]


def num(row, *path):
    digits = 1
    if isinstance(path[-1], int):
        *path, digits = path
    for key in path:
        row = row.get(key) if isinstance(row, dict) else None
    if row is None:
        return "-"
    return f"{row:.{digits}f}" if isinstance(row, (int, float)) else str(row)


def table(rows):
    cells = [[name for name, _ in COLUMNS]] + [[str(get(r)) for _, get in COLUMNS] for r in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(COLUMNS))]
    lines = ["  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in cells]
    lines.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join(lines)


def parse_arguments(argv):
    if "--" in argv:
        cut = argv.index("--")
        argv, server = argv[:cut], argv[cut + 1 :]
    else:
        server = []
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="%(prog)s [options] FILE [FILE ...] -- SERVER [ARG ...]",
    )
    add = parser.add_argument
    add("files", nargs="+", type=pathlib.Path, metavar="FILE")
    add("--label", help="name for the tables (default: the server's program name)")
    add(
        "--mode",
        choices=["push", "pull", "auto"],
        default="auto",
        help="push: do not offer pull diagnostics; pull: use it; auto: pull where the server has it",
    )
    add("--edit-kind", choices=["name", "comment", "newline", "syntax"], default="name")
    add("--edits", type=int, default=30, metavar="N", help="single-character edits (default 30)")
    add(
        "--gap",
        type=float,
        default=0.2,
        metavar="S",
        help="seconds without a publish before the next edit (default 0.2)",
    )
    add("--burst", type=int, default=50, metavar="N", help="edits in the burst; 0 for none (default 50)")
    add("--burst-gap", type=float, default=10, metavar="MS", help="between them (default 10 ms)")
    add("--actions", type=int, default=20, metavar="N", help="codeAction requests (default 20)")
    add("--starts", type=int, default=3, metavar="N", help="fresh processes for start and open (default 3)")
    add("--save", action="store_true", help="also time didSave -> publish")
    add("--timeout", type=float, default=30, metavar="S", help="for one answer (default 30)")
    add("--stage-seconds", type=float, default=60, metavar="S", help="for one stage (default 60)")
    add(
        "--max-seconds",
        type=float,
        default=300,
        metavar="S",
        help="for one process, after which it is killed (default 300)",
    )
    add("--init-options", type=json.loads, metavar="JSON", help="initializationOptions")
    add(
        "--settings",
        type=json.loads,
        metavar="JSON",
        help="what workspace/configuration answers, by section; also sent as didChangeConfiguration",
    )
    add(
        "--encodings",
        type=lambda s: s.split(","),
        default=["utf-16"],
        metavar="LIST",
        help="position encodings to offer (default utf-16, as VS Code does)",
    )
    add(
        "--add",
        action="append",
        default=[],
        metavar="PATH",
        help="copy a file into the workspace (a configuration, say); repeatable",
    )
    add("--env", action="append", default=[], metavar="NAME=VALUE", help="repeatable")
    add("--verify", action="store_true", help="keep the harness's own copy of the text while editing")
    add("--json", type=pathlib.Path, metavar="PATH", help="write all figures there")
    add("--trace", type=pathlib.Path, metavar="PATH", help="write the messages there (slows the client)")
    options = parser.parse_args(argv)
    if not server:
        parser.error("give the server's command line after --")
    # the server runs in another folder: paths given from here are made whole
    server = [
        str(pathlib.Path(a).absolute()) if os.sep in a and pathlib.Path(a).exists() else a for a in server
    ]
    if shutil.which(server[0]) is None:
        parser.error(f"no such program: {server[0]}")
    options.server = server
    options.label = options.label or pathlib.Path(server[0]).name
    options.env = {**os.environ, **dict(pair.split("=", 1) for pair in options.env)}
    return options


def main(argv=None):
    options = parse_arguments(sys.argv[1:] if argv is None else argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server is ended too
    trace = options.trace.open("w") if options.trace else None
    rows = []
    for path in options.files:
        rows.append(measure(options, path, trace))
        if options.json:
            options.json.write_text(json.dumps(rows, indent=1) + "\n")
    print(table(rows))
    print(
        "times in ms; start: process -> initialize; open: didOpen -> first diagnostics; total: process ->"
        " first diagnostics;\nburst: last of the row -> its diagnostics; pubs: publishes in the burst;"
        " +v: publishes carry a version"
    )
    failed = [r for r in rows if r.get("failed")]
    for r in failed:
        print(
            f"FAILED {r['label']} {r['file']}: {r['failed']}\n{r.get('stderr', '')[-800:]}", file=sys.stderr
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
