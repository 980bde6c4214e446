"""DeepSpeed's engines, what configures them, and how scripts start them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_lsp.semantics.body import Body
from ml_lsp.semantics.config.engines import engine_of, initialized, sharded_by, zero_of
from ml_lsp.semantics.config.launches import launches
from ml_lsp.semantics.values import Result
from ml_lsp.shelf import Shelf
from tests.semantics.bodies import body, inquiry, scope_named

CODE = """\
import deepspeed

def train(model, teacher, path):
    engine, optimizer, _, _ = deepspeed.initialize(model=model, config={config})
    use({expression})

class Trainer:
    def __init__(self, model):
        self.engine, *_ = deepspeed.initialize(model=model)
        self.other = model

    def run(self):
        return self.engine, self.other
"""


def first_use(expression: str, config: str = "path") -> tuple[object, object, object]:
    scope = inquiry(CODE.format(config=config, expression=expression)).function("train")
    assert scope is not None
    call = scope.calls[-1]
    return scope, scope.value(call.node.args[0]), scope.calls[:-1]


@pytest.mark.parametrize(
    ("expression", "is_engine", "is_sharded"),
    [
        ("engine", True, True),
        ("engine.module", False, True),
        ("model", False, True),
        ("teacher", False, False),
        ("optimizer", False, False),
    ],
)
def test_what_an_engine_holds(expression: str, is_engine: bool, is_sharded: bool) -> None:
    scope, value, before = first_use(expression)
    assert (engine_of(scope, value) is not None) is is_engine  # type: ignore[arg-type]
    assert (sharded_by(scope, value, before) is not None) is is_sharded  # type: ignore[arg-type]


def test_an_engine_kept_on_the_instance() -> None:
    class_ = inquiry(CODE.format(config="path", expression="1")).class_("Trainer")
    assert class_ is not None
    run = class_.methods["run"]
    kept = [run.value(node) for node in run.node.body[0].value.elts]  # type: ignore[union-attr]
    assert [engine_of(run, value) is not None for value in kept] == [True, False]


@pytest.mark.parametrize(
    ("config", "stage", "gathers"),
    [
        ('{"zero_optimization": {"stage": 3}}', 3, False),
        ('{"zero_optimization": {"stage": 2, "stage3_gather_16bit_weights_on_model_save": True}}', 2, True),
    ],
)
def test_zero_of_a_dict(config: str, stage: int, gathers: bool) -> None:
    asked = inquiry(CODE.format(config=config, expression="engine"))
    made = next(one.call.value for one in initialized(Body((scope_named(asked, "train"),))))
    assert isinstance(made, Result)
    zero = zero_of(asked, made)
    assert zero is not None
    assert (zero.stage, zero.gathers) == (stage, gathers)


def test_zero_is_not_known_of_settings_made_elsewhere() -> None:
    asked = inquiry(CODE.format(config="path", expression="engine"))
    made = next(one.call.value for one in initialized(Body((scope_named(asked, "train"),))))
    assert isinstance(made, Result)
    assert zero_of(asked, made) is None


def test_launches_of_scripts(tmp_path: Path) -> None:
    script = tmp_path / "run.sh"
    script.write_text(
        "#!/bin/sh\n# deepspeed --num_gpus 1 old.py\ndeepspeed --num_gpus 4 \\\n  train.py --x\n"
        "torchrun --nnodes 2 --nproc_per_node=8 a.py\npython -m torch.distributed.launch --nproc_per_node 2 b.py\n"
        "deepspeed c.py\npython train.py\n"
    )
    found = launches(Shelf().project([tmp_path], [script]))
    assert [launch.processes for launch in found] == [4, None, 2, None]
    assert found[0].text.endswith("train.py --x")


SLURM = "#SBATCH --gpus-per-node=a100:4\n"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("run.sh", "N=2\ndeepspeed --num_gpus $N a.py\n", [2]),
        ("run.sh", 'export N=2\ntorchrun --nproc_per_node "${N}" a.py\n', [2]),
        ("run.sh", "N=2\nread N\ndeepspeed --num_gpus $N a.py\n", [None]),
        ("run.sh", "N=${1:-2}\ndeepspeed --num_gpus $N a.py\n", [None]),
        ("run.sh", "deepspeed --num_gpus $N a.py\n", [None]),
        (
            "Makefile",
            "N=2\nall:\n\tdeepspeed --num_gpus ${N} a.py\n\tdeepspeed --num_gpus 4 a.py\n",
            [None, 4],
        ),
        ("job.sbatch", SLURM + "deepspeed a.py\n", [4]),
        ("job.sbatch", SLURM + "#SBATCH -N 1\ndeepspeed a.py\n", [4]),
        ("job.sbatch", SLURM + "#SBATCH --nodes=2\ndeepspeed a.py\n", [None]),
        ("job.sbatch", SLURM + "#SBATCH -n 4\ndeepspeed a.py\n", [None]),
        ("job.sbatch", SLURM + SLURM + "deepspeed a.py\n", [None]),
        ("job.sbatch", SLURM + "deepspeed --include localhost:0 a.py\n", [None]),
        ("job.sbatch", SLURM + "srun deepspeed a.py\npython a.py --deepspeed b.json\n", [None, None]),
        ("job.sbatch", SLURM + "deepspeed --num_gpus 2 a.py\n", [2]),
    ],
)
def test_what_fixes_the_number_of_processes(
    tmp_path: Path, name: str, text: str, expected: list[int | None]
) -> None:
    script = tmp_path / name
    script.write_text(text)
    found = launches(Shelf().project([tmp_path], [script]))
    assert [launch.processes for launch in found] == expected


def test_what_is_whose() -> None:
    code = """
        import deepspeed

        def f(net, sgd, other):
            engine, optimizer, _, schedule = deepspeed.initialize(model=net, optimizer=sgd)
            here(engine, net, sgd, optimizer, schedule, other)
    """
    found = body(code)
    (made,) = initialized(found)
    (call,) = (call for call in found.calls if call is not made.call)
    values = [call.scope.value(node) for node in call.node.args]
    assert [made.is_engine(value) for value in values] == [True, False, False, False, False, False]
    assert [made.is_model(value) for value in values] == [False, True, False, False, False, False]
    assert [made.is_optimizer(value) for value in values] == [False, False, True, True, False, False]
    assert [made.is_scheduler(value) for value in values] == [False, False, False, False, True, False]


def test_an_engine_kept_in_self() -> None:
    code = """
        import deepspeed

        class Trainer:
            def __init__(self, model, other):
                self.engine = deepspeed.initialize(model=model)[0]
                self.other = other

            def f(self):
                self.engine.step()
                self.other.step()
    """
    scope = scope_named(inquiry(code), "f")
    receivers = [call.receiver for call in scope.calls]
    assert [value is not None and engine_of(scope, value) is not None for value in receivers] == [True, False]
