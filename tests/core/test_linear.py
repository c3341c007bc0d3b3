"""Linear layers by oneDNN: the same function as torch's own, and MKL's part only as it is everywhere."""

import os
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from stages.core.linear import Linear, linear


@pytest.mark.parametrize("shape", [(1, 5), (7, 5), (2, 3, 5), (0, 5)])
@pytest.mark.parametrize("bias", [True, False])
def test_it_is_torchs_linear_with_its_gradients(shape: tuple[int, ...], bias: bool) -> None:
    torch.manual_seed(1)
    layer, x = Linear(5, 4, bias=bias), torch.randn(*shape, requires_grad=True)
    ours = layer(x)
    theirs = F.linear(x, layer.weight, layer.bias)
    torch.testing.assert_close(ours, theirs)
    wanted = [x, *layer.parameters()]
    direction = torch.randn_like(ours)
    found = torch.autograd.grad(ours, wanted, direction)
    torch.testing.assert_close(found, torch.autograd.grad(theirs, wanted, direction))


def test_its_weights_are_those_of_torchs_layer() -> None:
    torch.manual_seed(2)
    ours = Linear(3, 2).state_dict()
    torch.manual_seed(2)
    torch.testing.assert_close(dict(ours), dict(nn.Linear(3, 2).state_dict()), rtol=0, atol=0)


def test_other_precisions_are_torchs() -> None:
    x, weight = torch.randn(3, 5, dtype=torch.float64), torch.randn(4, 5, dtype=torch.float64)
    assert torch.equal(linear(x, weight), F.linear(x, weight))
    with torch.autocast("cpu", torch.bfloat16):
        assert linear(x.float(), weight.float()).dtype == torch.bfloat16


def test_mkl_computes_no_layer_and_takes_the_code_of_every_maker() -> None:
    code = (
        "import stages, torch; from stages.core.linear import Linear; "
        "x = torch.ones(64, 64, requires_grad=True); "
        "Linear(64, 64)(x).sum().backward(); print('layer done', flush=True); x @ x"
    )
    environment = {name: value for name, value in os.environ.items() if name != "MKL_CBWR"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment | {"MKL_VERBOSE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    before, after = done.stdout.split("layer done")
    assert "GEMM" not in before
    assert all("CNR:COMPATIBLE" in line for line in after.splitlines() if "CNR:" in line)
    assert ("CNR:" in after) == torch.backends.mkl.is_available()  # type: ignore[no-untyped-call]
