"""JSON-RPC as pygls 2.1.1 speaks it, with its faults repaired: every request is answered, nothing leaks."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

from lsprotocol import types as lsp
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInternalError,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcParseError,
    JsonRpcRequestCancelled,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol

from ml_lsp.server.documents import Documents

log = logging.getLogger(__name__)

Message = dict[str, Any]
T = TypeVar("T")


class Ready(NamedTuple):
    """The result of a request as JSON that is sent as it is, without the detour over lsprotocol objects."""

    value: Any


class Protocol(LanguageServerProtocol):
    """The protocol of one connection.

    Repairs, each with a test in tests/server/test_protocol.py: futures of notifications are dropped when they
    are done; a request that is not understood, comes too early or too late is answered with its error; a
    request whose cancellation has already arrived is not begun.
    """

    backlog = 0
    """How many messages of the client have arrived and wait behind the one that is handled now."""

    def receive(self, bodies: Iterable[bytes]) -> None:
        """Handle the bodies of messages that arrived together, in order."""
        messages = [message for message in map(self._decode, bodies) if message is not None]
        cancelled = {_cancelled_id(message) for message in messages} - {None}
        for position, message in enumerate(messages):
            self.backlog = len(messages) - position - 1
            if "method" in message and _is_id(message.get("id")) and message["id"] in cancelled:
                self._send_error(message["id"], JsonRpcRequestCancelled())
            elif (refusal := self._refusal(message)) is not None:
                self._refuse(message, refusal)
            else:
                self._deliver(message)

    def _decode(self, body: bytes) -> Message | None:
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as error:
            self._send_error(None, JsonRpcParseError(f"Parse Error: {error}"))
            return None
        if not isinstance(message, dict) or message.get("jsonrpc") != self.VERSION:
            ident = message.get("id") if isinstance(message, dict) else None
            self._send_error(ident, JsonRpcInvalidRequest("Invalid Request: not a JSON-RPC 2.0 object"))
            return None
        return message

    def _refusal(self, message: Message) -> JsonRpcException | None:
        """Why a message cannot be handled in the present state of the connection, if it cannot."""
        method = message.get("method")
        if method is None or (method in (lsp.EXIT, lsp.INITIALIZE) and self._workspace is None):
            return None
        if self._workspace is None:
            return JsonRpcServerNotInitialized()
        if method == lsp.INITIALIZE:
            return JsonRpcInvalidRequest("Invalid Request: already initialized")
        if self._shutdown and method != lsp.EXIT:
            return JsonRpcInvalidRequest("Invalid Request: the server is shutting down")
        return None

    def _deliver(self, message: Message) -> None:
        try:
            structured = self.structure_message(message)
        except JsonRpcException as error:
            cause = error.__cause__ or error.__context__ or error
            self._refuse(message, JsonRpcInvalidParams(f"Invalid Params: {_reason(cause)}"))
            return
        try:
            self.handle_message(structured)
        except Exception as error:  # one message must not end the connection
            log.exception("%s could not be handled", message.get("method", "an answer"))
            self._refuse(message, JsonRpcInternalError(f"Internal Error: {_reason(error)}"))

    def _handle_response(
        self, msg_id: str | int, result: Any = None, error: lsp.ResponseError | None = None
    ) -> None:
        future = self._request_futures.get(msg_id)
        if future is not None and future.done():  # nobody waits for the answer any more
            del self._request_futures[msg_id]
        else:
            super()._handle_response(msg_id, result, error)

    def _handle_cancel_notification(self, msg_id: Any) -> None:
        if _is_id(msg_id):
            super()._handle_cancel_notification(msg_id)

    def _refuse(self, message: Message, error: JsonRpcException) -> None:
        """Answer a request with `error`; an answer of the client ends its question; the rest is logged."""
        if "id" not in message:
            log.warning("ignored %s: %s", message.get("method"), error.message)
        elif "method" in message:
            self._send_error(message["id"], error)
        elif (future := self._request_futures.pop(message["id"], None)) is not None and not future.done():
            future.set_exception(error)

    def _send_error(self, ident: Any, error: JsonRpcException) -> None:
        failure = {"code": error.code, "message": error.message}
        self._send_data({"jsonrpc": self.VERSION, "id": ident, "error": failure})

    def notify_ready(self, method: str, params: Message) -> None:
        """Send a notification whose parameters are JSON already."""
        self._send_data({"jsonrpc": self.VERSION, "method": method, "params": params})

    def _send_response(
        self, msg_id: str | int, result: Any = None, error: lsp.ResponseError | None = None
    ) -> None:
        if error is None and isinstance(result, Ready):
            self._send_data({"jsonrpc": self.VERSION, "id": msg_id, "result": result.value})
        else:
            super()._send_response(msg_id, result, error)

    def _execute_handler(
        self,
        msg_id: str | int,
        handler: Callable[..., Any],
        callback: Callable[[Any], None],
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        super()._execute_handler(msg_id, handler, callback, args, kwargs)
        future = self._request_futures.get(msg_id)
        if future is not None:
            future.add_done_callback(lambda _: self._request_futures.pop(msg_id, None))

    def to_json(self, value: Any) -> Any:
        """An lsprotocol object as JSON."""
        return self._converter.unstructure(value)

    def from_json(self, value: Any, kind: type[T]) -> T:
        """JSON as an lsprotocol object."""
        return self._converter.structure(value, kind)

    def open_workspace(self, params: lsp.InitializeParams, encoding: str) -> None:
        """Keep documents in `Documents` from here on; called while `initialize` is answered."""
        folders = params.workspace_folders or []
        self._workspace = Documents(params.root_uri, lsp.TextDocumentSyncKind.Incremental, folders, encoding)

    def cancel_requests(self) -> None:
        """Cancel what is under way but the request that is handled now."""
        for ident, future in list(self._request_futures.items()):
            if ident != self.msg_id and not future.done():
                future.cancel()


def _is_id(value: object) -> bool:
    return isinstance(value, str | int)


def _cancelled_id(message: Message) -> str | int | None:
    if message.get("method") != lsp.CANCEL_REQUEST:
        return None
    params = message.get("params")
    ident = params.get("id") if isinstance(params, dict) else None
    return ident if _is_id(ident) else None


def _reason(error: BaseException) -> str:
    """The innermost reasons of a failed conversion, on one line."""
    inner = getattr(error, "exceptions", None)
    if inner:
        return "; ".join(_reason(item) for item in inner)
    notes = getattr(error, "__notes__", [])
    return " ".join(map(str, (*notes, f"{type(error).__name__}: {error}")))
