"""Which tests let only some ranks through, and what takes all of them."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.conditions import conditions_at
from ml_lsp.semantics.torch.distributed import is_collective, rank_condition, speaks_of_ranks
from tests.semantics.bodies import function

CODE = """
import os
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel as DDP

def f(rank, args, accelerator, step, lora, net):
    local_rank = int(os.environ["LOCAL_RANK"])
    first = rank == 0
    if TEST:
        here()
"""


@pytest.mark.parametrize(
    "test",
    [
        "rank == 0",
        "not rank",
        "args.rank != 0",
        "local_rank in (-1, 0)",
        "dist.get_rank() == 0 and step % 10 == 0",
        "not (rank > 0 or step)",
        "is_main_process()",
        "accelerator.is_main_process",
        "first",
        "not first",
        'int(os.getenv("RANK", 0)) == 0',
        "rank < 1",
    ],
)
def test_selects_ranks(test: str) -> None:
    assert rank_condition(function(CODE.replace("TEST", test)).calls[-1]) is not None


@pytest.mark.parametrize(
    "test",
    [
        "step == 0",
        "rank != -1",
        "rank >= 0",
        "rank > -1",
        "rank < dist.get_world_size()",
        "dist.is_initialized()",
        "not args.distributed or rank == 0",
        "lora.rank_pattern",
        "dist.get_rank(lora) == 0",
        "dist.get_world_size() > 1",
    ],
)
def test_same_on_all_ranks(test: str) -> None:
    assert rank_condition(function(CODE.replace("TEST", test)).calls[-1]) is None


def test_the_other_branch_and_what_stands_behind_an_exit_are_for_some_ranks() -> None:
    code = """
        def f(rank, step, items):
            first()
            for item in items:
                if rank != 0:
                    continue
                second()
            if rank == 0:
                pass
            else:
                third()
            fourth()
    """
    assert [rank_condition(call) is not None for call in function(code).calls] == [False, True, True, False]
    (condition,) = conditions_at(function(code).calls[2])
    assert not condition.holds


def test_names_that_speak_of_ranks() -> None:
    code = """
        def f(rank, args, step):
            saves = rank == 0
            here(saves, args.is_master, step, f"last_{rank}.pt", args.output)
    """
    scope = function(code)
    (call,) = scope.calls
    assert [speaks_of_ranks(scope, node) for node in call.node.args] == [True, True, False, True, False]


def test_collectives_of_the_default_group() -> None:
    code = """
        import torch.distributed as dist
        from torch.distributed import all_reduce

        def f(x, group, options):
            dist.barrier()
            all_reduce(x)
            all_reduce(x, group=group)
            all_reduce(x, **options)
            dist.send(x, 1)
    """
    assert [is_collective(call) for call in function(code).calls] == [True, True, False, False, False]
