"""DeepSpeed's words: which JSON files configure it, what they say, and who reads them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ml_lsp.semantics.config.config_readers import readers
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.module import Module
from ml_lsp.semantics.testcode import is_test_path
from ml_lsp.syntax.config_tree import Entry, Node

# Keys one of which tells a configuration of DeepSpeed; the second group only together with a batch size.
_TELLING = ("zero_optimization", "train_micro_batch_size_per_gpu")
_USUAL = ("fp16", "bf16", "gradient_clipping", "gradient_accumulation_steps", "optimizer", "scheduler")
# Words of those that fill in "auto" before DeepSpeed sees the file.
_INTEGRATIONS = frozenset({
    "TrainingArguments", "Seq2SeqTrainingArguments", "HfDeepSpeedConfig", "HfTrainerDeepSpeedConfig",
    "Accelerator", "DeepSpeedPlugin", "DeepSpeedStrategy", "SFTConfig", "DPOConfig",
    "GRPOConfig", "HfArgumentParser", "TrlParser",
})  # fmt: skip


@dataclass(frozen=True, eq=False)
class DeepSpeedConfig:
    """A JSON file that configures DeepSpeed; `root` has its keys with places, comments passed over."""

    file: ConfigFile
    root: Node

    def number(self, *path: str) -> int | float | None:
        """The number at a path; None for "auto", for any other value and where there is none."""
        node = self.root.get(*path)
        value = node.value if node is not None else None
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def entry(self, *path: str) -> Entry | None:
        """The key at a path with its value."""
        around = self.root.get(*path[:-1])
        return around.entry(path[-1]) if around is not None else None

    @cached_property
    def readers(self) -> tuple[Module, ...]:
        """The modules of the workspace that name the file, tests left out."""
        return tuple(module for module in readers(self.file) if not is_test_path(module.path))

    @property
    def is_plain(self) -> bool:
        """Whether it certainly reaches `deepspeed.initialize` as it is, with nobody to fill in "auto"."""
        words = [module.words for module in self.readers]
        starts = any("initialize" in found and "deepspeed" in found for found in words)
        return starts and all(found.isdisjoint(_INTEGRATIONS) for found in words)

    @property
    def is_read_strictly(self) -> bool:
        """Whether a module that names the file reads plain JSON (`json.load`, the integrations), or Accelerate does."""
        return self._is_accelerates or any(
            not module.words.isdisjoint(_INTEGRATIONS)
            or ("json" in module.tables.libraries and not module.words.isdisjoint({"load", "loads"}))
            for module in self.readers
        )

    @property
    def _is_accelerates(self) -> bool:
        """Whether a configuration of Accelerate names the file: `deepspeed_config_file: ds_config.json`."""
        project, key = self.file.project, "deepspeed_config_file"
        for other in project.configs() if project is not None else ():
            if other.language == "yaml" and key in other.words:
                named = (node.text for path, node in other.walk() if path and path[-1] == key)
                if any(text.rpartition("/")[2] == self.file.path.name for text in named):
                    return True
        return False


def deepspeed_config(file: ConfigFile) -> DeepSpeedConfig | None:
    """The configuration of DeepSpeed that a JSON file holds, if it is one."""
    root = file.root_with_comments if file.language == "json" else None
    if root is None or root.kind != "mapping":
        return None
    keys = {entry.key.text for entry in root.entries}
    told = not keys.isdisjoint(_TELLING) or ("train_batch_size" in keys and not keys.isdisjoint(_USUAL))
    return DeepSpeedConfig(file, root) if told else None
