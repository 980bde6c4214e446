"""Every notebook, YAML and JSON file under the folder that ML_LSP_CORPUS names is read."""

from __future__ import annotations

import ast
import json
import os
import warnings
from pathlib import Path

import pytest
import yaml

from ml_lsp.syntax.config import parse_json, parse_yaml
from ml_lsp.syntax.config_tree import ConfigError
from ml_lsp.syntax.ipynb import NotebookError, read, replace_sources
from ml_lsp.syntax.notebook import join

CORPUS = os.environ.get("ML_LSP_CORPUS", "")
pytestmark = pytest.mark.skipif(not CORPUS, reason="ML_LSP_CORPUS names no folder of real repositories")


def texts(*endings: str) -> list[str]:
    found = [path for path in Path(CORPUS).rglob("*") if path.suffix in endings and path.is_file()]
    assert found
    return [path.read_bytes().decode("utf-8") for path in found]


def test_notebooks_join_to_python_and_take_new_sources() -> None:
    for text in texts(".ipynb"):
        try:
            notebook = read(text)
        except NotebookError:
            with pytest.raises(json.JSONDecodeError):
                json.loads(text)
            continue
        joined = join(notebook.cells)
        if not joined.broken:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(joined.text)
        new = {index: f"{notebook.cells[index].source}\n# é" for index in joined.indexes}
        changed = replace_sources(text, new)
        assert [read(changed).cells[index].source for index in new] == list(new.values())
        assert replace_sources(changed, {index: notebook.cells[index].source for index in new}) == text


def test_yaml_files_are_read_as_pyyaml_reads_them() -> None:
    for text in texts(".yaml", ".yml"):
        try:
            roots = list(yaml.compose_all(text, yaml.CSafeLoader))
        except yaml.YAMLError:
            with pytest.raises(ConfigError):
                parse_yaml(text)
            continue
        documents = parse_yaml(text)
        assert len(documents) == len(roots)
        for document in documents:
            assert all(text[slice(*node.span)] == node.raw for _, node in document.walk() if node.raw)


def test_json_scalars_stand_where_they_are() -> None:
    for text in texts(".json"):
        try:
            json.loads(text)
        except json.JSONDecodeError:
            with pytest.raises(ConfigError):
                parse_json(text)
            continue
        scalars = (node for _, node in parse_json(text).walk() if node.kind == "scalar")
        assert all(json.loads(text[slice(*node.span)]) == node.value for node in scalars)
