"""The contrastive loss, over the pairs of all ranks.

Source: Radford et al., 2021, figure 3. Each rank scores its own rows against everybody's columns ("local
loss"), so that no rank holds the whole square matrix. Shapes: B pairs of a rank, W ranks, E channels.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from stages.core import distributed


def contrastive_loss(images: Tensor, texts: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """Symmetric cross-entropy of the cosines, float32 whatever the autocast.

    Args:
        images: unit features [B, E], equally many on each rank.
        texts: unit features [B, E] of their captions.
        scale: the factor of the cosines, [].

    Returns:
        The mean over this rank's rows, [], whose mean over ranks is the loss of the whole batch; and the
        share of its images that score their own caption highest, [].
    """
    with torch.autocast(images.device.type, enabled=False):
        all_images = distributed.all_gather_with_grad(images)
        all_texts = distributed.all_gather_with_grad(texts)
        by_image = scale * images @ all_texts.T  # [B, W B]
        by_text = scale * texts @ all_images.T
        answers = torch.arange(len(images), device=images.device) + distributed.rank() * len(images)
        loss = (F.cross_entropy(by_image, answers) + F.cross_entropy(by_text, answers)) / 2
        right = (by_image.argmax(dim=1) == answers).float().mean()
    return loss, right.detach()
