"""The contrastive loss against its definition, on one rank and on several."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from stages.systems.clip.loss import contrastive_loss
from tests.systems.clip import contrast_rank
from tests.systems.clip.contrast_rank import features


def reference(images: torch.Tensor, texts: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """The definition, row by row."""
    total = torch.zeros((), dtype=images.dtype)
    for row in range(len(images)):
        by_image = torch.stack([scale * images[row] @ text for text in texts])
        by_text = torch.stack([scale * texts[row] @ image for image in images])
        total = total - by_image.log_softmax(0)[row] - by_text.log_softmax(0)[row]
    return total / (2 * len(images))


def test_the_loss_is_the_definition():
    images, texts, scale = features(7)
    loss, right = contrastive_loss(images, texts, scale)
    assert loss.item() == pytest.approx(reference(images, texts, scale).item(), abs=1e-12)
    assert right.item() == pytest.approx(
        ((images @ texts.T).argmax(1) == torch.arange(7)).double().mean().item()
    )


def test_equal_features_cost_the_logarithm_of_the_batch():
    same = F.normalize(torch.ones(8, 4), dim=1)
    loss, _ = contrastive_loss(same, same, torch.tensor(10.0))
    assert loss.item() == pytest.approx(torch.tensor(8.0).log().item(), abs=1e-6)


def test_the_loss_is_computed_in_float32_under_autocast():
    images, texts, _ = (each.float() for each in features(4))
    with torch.autocast("cpu", torch.bfloat16):
        loss, _ = contrastive_loss(images, texts, torch.tensor(3.0))
    assert loss.item() == pytest.approx(contrastive_loss(images, texts, torch.tensor(3.0))[0].item())


def test_ranks_together_have_the_loss_and_gradients_of_one(tmp_path: Path):
    world = 2
    program = [sys.executable, contrast_rank.__file__]
    ranks = [subprocess.Popen([*program, str(rank), str(world), str(tmp_path)]) for rank in range(world)]
    assert [rank.wait(timeout=300) for rank in ranks] == [0] * world
    images, texts, scale = (each.requires_grad_() for each in features())
    loss = reference(images, texts, scale)
    loss.backward()
    ours = json.loads((tmp_path / "result.json").read_text())
    for numbers, each in zip(ours, (loss, images.grad, texts.grad, scale.grad), strict=True):
        torch.testing.assert_close(torch.tensor(numbers, dtype=torch.float64), each.detach().flatten())
