"""Memory and CPU time of a process and all below it, from /proc (Linux)."""

from __future__ import annotations

import collections
import os
import pathlib


def process_tree(pid):
    children = collections.defaultdict(list)
    for entry in (path.name for path in pathlib.Path("/proc").iterdir()):
        if entry.isdigit():
            try:
                stat = pathlib.Path("/proc", entry, "stat").read_text()
            except OSError:
                continue
            children[int(stat.rpartition(")")[2].split()[1])].append(int(entry))
    found, todo = [], [pid]
    while todo:
        p = todo.pop()
        found.append(p)
        todo.extend(children[p])
    return found


def tree_usage(pid):
    """RSS, PSS, peak RSS in MiB and CPU seconds of a process and all below it; `own_rss_mib` of it alone."""
    total = collections.Counter()
    for p in process_tree(pid):
        try:
            for line in pathlib.Path(f"/proc/{p}/status").read_text().splitlines():
                key, _, value = line.partition(":")
                if key in ("VmRSS", "VmHWM"):
                    total[key] += int(value.split()[0])
                if key == "VmRSS" and p == pid:
                    total["own"] = int(value.split()[0])
            for line in pathlib.Path(f"/proc/{p}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total["Pss"] += int(line.split()[1])
            fields = pathlib.Path(f"/proc/{p}/stat").read_text().rpartition(")")[2].split()
            ticks = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            fine = 0  # in nanoseconds, but without the threads that have ended; ticks have those
            for task in pathlib.Path(f"/proc/{p}/task").glob("*/schedstat"):
                fine += int(task.read_text().split()[0])
            total["cpu"] += max(ticks, fine / 1e9)
            total["processes"] += 1
        except (OSError, IndexError):
            continue
    return {
        "rss_mib": round(total["VmRSS"] / 1024, 1),
        "own_rss_mib": round(total["own"] / 1024, 1),
        "pss_mib": round(total["Pss"] / 1024, 1),
        "peak_rss_mib": round(total["VmHWM"] / 1024, 1),
        "processes": total["processes"],
        "cpu_s": round(total["cpu"], 4),
    }
