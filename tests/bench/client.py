"""A small LSP client over stdio, with hand-written framing, that notes when each message arrived."""

from __future__ import annotations

import collections
import contextlib
import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time

METHOD_NOT_FOUND = -32601


class ServerGone(Exception):
    pass


class Timeout(Exception):
    pass


class Reply:
    """A response, with the moment its last byte was read."""

    __slots__ = ("error", "result", "t")

    def __init__(self, t, result, error):
        self.t, self.result, self.error = t, result, error


class Publish:
    __slots__ = ("diagnostics", "t", "uri", "version")

    def __init__(self, t, uri, version, diagnostics):
        self.t, self.uri, self.version, self.diagnostics = t, uri, version, diagnostics


class Client:
    """A small LSP client over stdio: a reader and a writer thread, answers to server requests."""

    def __init__(self, command, cwd, settings=None, env=None, trace=None, deadline=None):
        self.settings = settings or {}
        self.trace = trace
        self.publishes: list[Publish] = []
        self.notifications: list[tuple[float, str, object]] = []
        self.server_requests: list[tuple[float, str, object]] = []
        self.registrations: list[dict] = []
        self.counts = collections.Counter()
        self.workspace_folders: list[dict] = []
        self._pending: dict[int, Reply | None] = {}
        self._next_id = 0
        self._changed = threading.Condition()
        self._gone: str | None = None
        self._out: queue.Queue = queue.Queue()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115  # as long as the process
        self.t_start = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            start_new_session=True,
            bufsize=0,
        )
        self._watchdog = None
        if deadline:
            self._watchdog = threading.Timer(deadline, self.kill)
            self._watchdog.daemon = True
            self._watchdog.start()
        threading.Thread(target=self._read_loop, daemon=True).start()
        threading.Thread(target=self._write_loop, daemon=True).start()

    # ---- wire

    def _write_loop(self):
        try:
            while (data := self._out.get()) is not None:
                view = memoryview(data)
                while view:  # an unbuffered pipe takes what it has room for
                    view = view[self.process.stdin.write(view) :]
        except (OSError, ValueError):
            self._lost("the server closed its standard input")

    def _send(self, message):
        body = json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()
        if self.trace:
            self.trace.write(f"--> {body.decode()[:2000]}\n")
        self._out.put(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def _read_loop(self):
        stream = os.fdopen(os.dup(self.process.stdout.fileno()), "rb", buffering=1 << 16)
        try:
            while True:
                length = None
                while True:
                    line = stream.readline()
                    if not line:
                        return self._lost("the server closed its standard output")
                    line = line.strip()
                    if not line:
                        if length is not None:
                            break
                        continue
                    name, _, value = line.partition(b":")
                    if name.lower() == b"content-length":
                        length = int(value)
                body = stream.read(length)
                t = time.perf_counter()  # before parsing: the harness's own work is not counted
                if len(body) < length:
                    return self._lost("the server stopped in the middle of a message")
                if self.trace:
                    self.trace.write(f"<-- {body.decode(errors='replace')[:4000]}\n")
                self._dispatch(t, json.loads(body))
        except Exception as error:  # a broken frame: report, do not hang
            self._lost(f"unreadable output: {error!r}")

    def _lost(self, why):
        with self._changed:
            self._gone = self._gone or why
            self._changed.notify_all()

    def _dispatch(self, t, message):
        method = message.get("method")
        if method is None:
            with self._changed:
                if message.get("id") in self._pending:
                    self._pending[message["id"]] = Reply(t, message.get("result"), message.get("error"))
                    self._changed.notify_all()
            return
        params = message.get("params")
        self.counts[method] += 1
        if "id" in message:
            with self._changed:
                self.server_requests.append((t, method, params))
                self._changed.notify_all()
            known, result = self._answer(method, params)
            if known:
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": result})
            else:
                self._send(
                    {
                        "jsonrpc": "2.0",
                        "id": message["id"],
                        "error": {"code": METHOD_NOT_FOUND, "message": f"no {method} here"},
                    }
                )
            return
        with self._changed:
            if method == "textDocument/publishDiagnostics":
                self.publishes.append(
                    Publish(t, params["uri"], params.get("version"), params.get("diagnostics") or [])
                )
            else:
                self.notifications.append((t, method, params))
            self._changed.notify_all()

    def _answer(self, method, params):
        if method == "workspace/configuration":
            return True, [self._setting(item.get("section")) for item in params.get("items", [])]
        if method == "client/registerCapability":
            with self._changed:
                self.registrations.extend(params.get("registrations", []))
                self._changed.notify_all()
            return True, None
        if method == "client/unregisterCapability":
            gone = {u["id"] for u in params.get("unregisterations", [])}
            self.registrations = [r for r in self.registrations if r["id"] not in gone]
            return True, None
        if method == "workspace/workspaceFolders":
            return True, self.workspace_folders
        if method == "workspace/applyEdit":
            return True, {"applied": False, "failureReason": "the harness applies nothing"}
        if method == "window/showDocument":
            return True, {"success": False}
        if method in ("window/workDoneProgress/create", "window/showMessageRequest") or (
            method.startswith("workspace/") and method.endswith("/refresh")
        ):
            return True, None
        return False, None

    def _setting(self, section):
        value = self.settings
        for part in (section or "").split("."):
            if part:
                value = value.get(part) if isinstance(value, dict) else None
        return value

    # ---- calls

    def notify(self, method, params):
        t = time.perf_counter()
        self._send({"jsonrpc": "2.0", "method": method, "params": params})
        return t

    def request_async(self, method, params):
        with self._changed:
            self._next_id += 1
            ident = self._next_id
            self._pending[ident] = None
        t = time.perf_counter()
        message = {"jsonrpc": "2.0", "id": ident, "method": method}
        if params is not None:
            message["params"] = params
        self._send(message)
        return ident, t

    def wait_reply(self, ident, timeout):
        end = time.perf_counter() + timeout
        with self._changed:
            while self._pending.get(ident) is None:
                if self._gone:
                    raise ServerGone(self._gone)
                left = end - time.perf_counter()
                if left <= 0:
                    raise Timeout
                self._changed.wait(left)
            return self._pending.pop(ident)

    def request(self, method, params, timeout):
        ident, t = self.request_async(method, params)
        return t, self.wait_reply(ident, timeout)

    def cancel(self, ident):
        self.notify("$/cancelRequest", {"id": ident})

    def wait_publish(self, start, accept, timeout):
        """The first publish at index >= start that `accept` takes; None when none came in time."""
        end = time.perf_counter() + timeout
        with self._changed:
            i = start
            while True:
                while i < len(self.publishes):
                    if accept(self.publishes[i]):
                        return self.publishes[i]
                    i += 1
                if self._gone:
                    raise ServerGone(self._gone)
                left = end - time.perf_counter()
                if left <= 0:
                    return None
                self._changed.wait(left)

    def wait_registration(self, method, unless, timeout):
        """Whether the server registers for `method` before `unless` holds (or the time is up)."""
        end = time.perf_counter() + timeout
        with self._changed:
            while not any(r.get("method") == method for r in self.registrations):
                left = end - time.perf_counter()
                if self._gone or left <= 0 or unless():
                    return False
                self._changed.wait(left)
            return True

    def quiet(self, gap, limit):
        """Return once nothing was published for `gap` seconds (or after `limit`)."""
        end = time.perf_counter() + limit
        while True:
            n = len(self.publishes)
            time.sleep(gap)
            if len(self.publishes) == n or time.perf_counter() > end:
                return

    # ---- end

    def stderr_tail(self, size=2000):
        try:
            end = self._stderr.seek(0, os.SEEK_END)
            self._stderr.seek(max(0, end - size))
            return self._stderr.read().decode(errors="replace")
        except (OSError, ValueError):
            return ""

    def stop(self):
        """shutdown, exit, and a kill for what is left.  True when the server went by itself."""
        clean = False
        try:
            if not self._gone:
                self.request("shutdown", None, 5)
                self.notify("exit", None)
                self.process.wait(3)
                clean = True
        except (Timeout, ServerGone, subprocess.TimeoutExpired):
            pass
        self.kill()
        self._out.put(None)
        return clean

    def kill(self):
        if self._watchdog:
            self._watchdog.cancel()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)  # its own session: nobody else's process
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
