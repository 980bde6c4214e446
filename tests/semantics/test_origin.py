"""Where texts and paths come from."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.origin import origin
from tests.reading import marked

CODE = """
import io, os, sys
import requests
from fastapi import UploadFile
from huggingface_hub import hf_hub_download

def f(url, path, upload: UploadFile, sent: UploadFile | None = None):
    session = requests.get(url, stream=True)
    with requests.get(url) as response:
        here(EXPRESSION)
"""
SOURCES = ("requests.get", "os.environ", "huggingface_hub.hf_hub_download")


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("requests.get(url).text", "network"),
        ("io.BytesIO(session.content)", "network"),
        ("response.read().decode()", "network"),
        ("os.environ['X']", "environment"),
        ("os.environ.get('X', '')", "environment"),
        ("f'{path}: {session.text}'", "network"),
        ("upload.file", "upload"),
        ("sent.file", "upload"),
        ("hf_hub_download(url)", "network"),
        ("open(os.environ['X'])", None),
        ("open(path)", None),
        ("sys.argv[1]", None),
        ("f.parse(session.text)", None),
        ("len(session.text)", None),
    ],
)
def test_origin(expression: str, kind: str | None) -> None:
    scope, node = marked(CODE.replace("EXPRESSION", expression))
    found = origin(scope.value(node), SOURCES)
    assert (found.kind if found else None) == kind


def test_a_downloaded_file_holds_what_was_downloaded() -> None:
    scope, node = marked(CODE.replace("EXPRESSION", "open(hf_hub_download(url))"))
    assert origin(scope.value(node), SOURCES) is None
    assert origin(scope.value(node), SOURCES, through_files=True) is not None
