"""The stages of a measurement: edits, actions, hover, a burst."""

from __future__ import annotations

import collections
import statistics
import time

from tests.bench.client import Timeout
from tests.bench.session import same_uri
from tests.bench.usage import tree_usage


def summary(values, digits=2):
    """p50, p95, max of the numbers, with the count of missing answers."""
    got = sorted(v for v in values if v is not None)
    if not got:
        return {"n": 0, "missing": len(values), "p50": None, "p95": None, "max": None}

    def at(q):
        place = q * (len(got) - 1)
        low = int(place)
        high = min(low + 1, len(got) - 1)
        return got[low] + (got[high] - got[low]) * (place - low)

    return {
        "n": len(got),
        "missing": len(values) - len(got),
        "p50": round(at(0.5), digits),
        "p95": round(at(0.95), digits),
        "max": round(got[-1], digits),
        "min": round(got[0], digits),
    }


def stage_edits(s, site, o):
    client, times, publishes = s.client, [], []
    before = tree_usage(client.process.pid)
    stop = time.perf_counter() + o.stage_seconds
    missed_in_a_row = 0
    for i in range(o.edits):
        n0 = len(client.publishes)
        step = site.deletion() if i % 2 else site.insertion()
        ms = s.edit(*step, timeout=o.timeout if not times or times[0] is not None else min(o.timeout, 5))
        client.quiet(o.gap, 5)
        times.append(ms)
        publishes.append(len(client.publishes) - n0)
        missed_in_a_row = 0 if ms is not None else missed_in_a_row + 1
        if missed_in_a_row >= 3 or time.perf_counter() > stop:
            break
    if len(times) % 2:  # leave the file as it was
        s.edit(*site.deletion(), timeout=min(o.timeout, 5))
        client.quiet(o.gap, 5)
    after = tree_usage(client.process.pid)
    out = summary(times)
    out["there"] = summary(times[0::2])["p50"]
    out["back"] = summary(times[1::2])["p50"]
    out["publishes_per_edit"] = round(statistics.mean(publishes), 2) if publishes else None
    out["cpu_ms_per_edit"] = round((after["cpu_s"] - before["cpu_s"]) * 1e3 / max(1, len(times)), 1)
    out["asked"] = o.edits
    return out


def stage_actions(s, o):
    """codeAction on diagnostics near the edit, resolve, and the whole-file fixAll."""
    if not s.capabilities.get("codeActionProvider") or not s.diagnostics:
        return None
    provider = s.capabilities["codeActionProvider"]
    can_resolve = isinstance(provider, dict) and provider.get("resolveProvider")
    times, resolves, kinds, counts, to_resolve = [], [], collections.Counter(), [], None
    stop = time.perf_counter() + o.stage_seconds
    # diagnostics in turn, first those that carry data (where servers keep their fixes)
    pool = sorted(s.diagnostics, key=lambda d: not d.get("data"))[: o.actions]
    for i in range(o.actions):
        diagnostic = pool[i % len(pool)]
        try:
            t, reply = s.client.request(
                "textDocument/codeAction",
                {
                    "textDocument": {"uri": s.uri},
                    "range": diagnostic["range"],
                    "context": {"diagnostics": [diagnostic], "triggerKind": 1},
                },
                o.timeout,
            )
        except Timeout:
            times.append(None)
            break
        times.append((reply.t - t) * 1e3)
        actions = reply.result or []
        counts.append(len(actions))
        for action in actions:
            kinds[action.get("kind") or "(command)"] += 1
            if can_resolve and "edit" not in action and "data" in action:
                to_resolve = action
        if to_resolve and len(resolves) < 10:
            try:
                t, reply = s.client.request("codeAction/resolve", to_resolve, o.timeout)
                resolves.append((reply.t - t) * 1e3)
            except Timeout:
                resolves.append(None)
        if time.perf_counter() > stop:
            break
    fix_all, fix_edits = [], None
    lines = s.text.count("\n") + 1
    for _ in range(5):
        try:
            t, reply = s.client.request(
                "textDocument/codeAction",
                {
                    "textDocument": {"uri": s.uri},
                    "range": {"start": {"line": 0, "character": 0}, "end": {"line": lines, "character": 0}},
                    "context": {"diagnostics": [], "only": ["source.fixAll"], "triggerKind": 2},
                },
                o.timeout,
            )
            action = (reply.result or [None])[0]
            end = reply.t
            if action and can_resolve and "edit" not in action:
                _, resolved = s.client.request("codeAction/resolve", action, o.timeout)
                action, end = resolved.result or action, resolved.t
            fix_all.append((end - t) * 1e3)
            fix_edits = count_edits(action)
        except Timeout:
            fix_all.append(None)
            break
        if time.perf_counter() > stop:
            break
    out = summary(times)
    out.update(
        actions_each=round(statistics.mean(counts), 1) if counts else 0,
        kinds=dict(kinds),
        resolve=summary(resolves) if resolves else None,
        fix_all=summary(fix_all),
        fix_all_edits=fix_edits,
    )
    return out


def count_edits(action):
    edit = (action or {}).get("edit") or {}
    changes = list((edit.get("changes") or {}).values())
    changes += [d.get("edits", []) for d in edit.get("documentChanges") or []]
    return sum(map(len, changes))


def stage_hover(s, site, o):
    if not s.capabilities.get("hoverProvider"):
        return None
    times, filled = [], 0
    stop = time.perf_counter() + o.stage_seconds / 2
    for _ in range(10):
        try:
            t, reply = s.client.request(
                "textDocument/hover",
                {"textDocument": {"uri": s.uri}, "position": {"line": site.line, "character": site.column}},
                o.timeout,
            )
        except Timeout:
            times.append(None)
            break
        times.append((reply.t - t) * 1e3)
        filled += bool(reply.result)
        if time.perf_counter() > stop:
            break
    out = summary(times)
    out["answered"] = filled
    return out


def stage_burst(s, site, o):
    """`--burst` characters typed `--burst-gap` ms apart, then the wait for the last one's answer."""
    client, gap = s.client, o.burst_gap / 1e3
    n0 = len(client.publishes)
    before = tree_usage(client.process.pid)
    asked, cancelled, last, live = 0, 0, None, None
    due = time.perf_counter()
    for i in range(o.burst):
        change_range, new = site.insertion(i)
        last = s.change(change_range, new)
        if s.pull:  # as an editor does: the older question is withdrawn
            if live is not None and client._pending.get(live) is None:
                client.cancel(live)
                cancelled += 1
            live, _ = client.request_async("textDocument/diagnostic", {"textDocument": {"uri": s.uri}})
            asked += 1
        due += gap
        time.sleep(max(0.0, due - time.perf_counter()))
    out = {"edits": o.burst, "gap_ms": o.burst_gap}
    if s.pull:
        ms = None
        end = time.perf_counter() + o.timeout
        while time.perf_counter() < end:
            try:
                reply = client.wait_reply(live, max(0.01, end - time.perf_counter()))
            except Timeout:
                break
            if reply.error:
                live, _ = client.request_async("textDocument/diagnostic", {"textDocument": {"uri": s.uri}})
                continue
            ms = (reply.t - last) * 1e3
            if (reply.result or {}).get("kind") == "full":
                s.diagnostics = reply.result.get("items") or []
            break
        out.update(
            settled_ms=round(ms, 2) if ms is not None else None,
            pulls=asked,
            cancelled=cancelled,
            publishes=len(client.publishes) - n0,
        )
    else:
        version = s.version
        publish = client.wait_publish(n0, lambda p: s._answers(p, version) and p.t > last, o.timeout)
        client.quiet(max(1.0, o.gap), o.timeout)
        mine = [p for p in client.publishes[n0:] if same_uri(p.uri, s.uri)]
        versioned = bool(mine) and mine[-1].version is not None
        after_last = [p for p in mine if p.t > last]
        first = (publish.t - last) * 1e3 if publish else None
        final = (after_last[-1].t - last) * 1e3 if after_last else None
        if after_last:
            s.diagnostics = after_last[-1].diagnostics
        # with versions the answer is known; without, only the last of the row is sure to be it
        settled = first if versioned else final
        out.update(
            settled_ms=round(settled, 2) if settled is not None else None,
            first_after_ms=round(first, 2) if first is not None else None,
            publishes=len(mine),
            versioned=versioned,
            stale=sum(1 for p in after_last if p.version is not None and p.version < version),
        )
    out["cpu_s"] = round(tree_usage(client.process.pid)["cpu_s"] - before["cpu_s"], 2)
    if site.kind == "name":  # does the final answer speak of the final text?
        out["final_text_seen"] = any(
            "q" * o.burst + site.name in str(d.get("message")) for d in s.diagnostics
        )
    s.edit(*site.deletion(o.burst), timeout=min(o.timeout, 10))
    client.quiet(o.gap, 5)
    return out
