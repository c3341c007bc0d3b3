"""The ten systems: one protocol, one registry.

A system is a folder with the same file names as its siblings. `system.py` holds the class `System`, which
`stages.train` and `stages.evaluate` run without knowing which of the ten it is. Importing this module costs
nothing: what the protocol only names, torch above all, is not imported to read the registry.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from stages.core.errors import BadConfigError

if TYPE_CHECKING:
    import torch

    from stages.core.evaluation import Claim, Evaluation
    from stages.core.params import Params
    from stages.core.state import State


class System(Protocol):
    """One published system: how it starts, how it takes a step, how it is measured.

    A system is constructed with its checked params, the root seed and the folder that holds the corpora
    (`data/shards`). Everything it draws comes from `stages.core.seeds`.
    """

    Params: ClassVar[type[Params]]
    claims: ClassVar[tuple[Claim, ...]]
    corpora: ClassVar[tuple[str, ...]]  # folders below data/shards that it reads

    def __init__(self, params: Any, seed: int, shards: Path) -> None: ...

    @property
    def steps(self) -> int:
        """How many steps a whole run takes."""
        ...

    def init(self, device: torch.device) -> State:
        """The state before the first step; the same on every machine."""
        ...

    def batch(self, step: int, rank: int = 0, world: int = 1) -> Any:
        """The input of one step: a pure function of the step, so that any worker may prepare it."""
        ...

    def step(self, state: Any, batch: Any) -> Mapping[str, float]:
        """Advance the state by one step and say how it went."""
        ...

    def config(self) -> dict[str, Any]:
        """What is needed besides the weights to use the trained model, as JSON."""
        ...

    def evaluate(self, tensors: Mapping[str, torch.Tensor], device: torch.device) -> Evaluation:
        """Measure published weights on held-out data."""
        ...


@dataclass(frozen=True)
class Card:
    """What the registry knows of a system before its code is loaded."""

    title: str
    authors: str
    year: int
    summary: str


REGISTRY: Mapping[str, Card] = {
    "whisper": Card(
        "Robust Speech Recognition via Large-Scale Weak Supervision",
        "Radford, Kim, Xu, Brockman, McLeavey, Sutskever",
        2022,
        "One encoder-decoder transcribes, translates and identifies languages from weakly labelled audio.",
    ),
    "clip": Card(
        "Learning Transferable Visual Models From Natural Language Supervision",
        "Radford, Kim, Hallacy, Ramesh, Goh, Agarwal, Sastry, Askell, Mishkin, Clark, Krueger, Sutskever",
        2021,
        "Predicting which caption goes with which image yields zero-shot classifiers.",
    ),
    "glide": Card(
        "GLIDE: Towards Photorealistic Image Generation and Editing with Text-Guided Diffusion Models",
        "Nichol, Dhariwal, Ramesh, Shyam, Mishkin, McGrew, Sutskever, Chen",
        2021,
        "Text-conditional diffusion, guided by a classifier-free direction or by CLIP.",
    ),
    "double_descent": Card(
        "Deep Double Descent: Where Bigger Models and More Data Hurt",
        "Nakkiran, Kaplun, Bansal, Yang, Barak, Sutskever",
        2019,
        "Test error falls, rises and falls again with model size, epochs and data.",
    ),
    "infogan": Card(
        "InfoGAN: Interpretable Representation Learning by Information Maximizing "
        "Generative Adversarial Nets",
        "Chen, Duan, Houthooft, Schulman, Sutskever, Abbeel",
        2016,
        "A generative adversarial network whose codes come to mean something, unsupervised.",
    ),
    "seq2seq": Card(
        "Sequence to Sequence Learning with Neural Networks",
        "Sutskever, Vinyals, Le",
        2014,
        "Deep LSTMs translate, better so when the source is read in reverse.",
    ),
    "adversarial": Card(
        "Intriguing Properties of Neural Networks",
        "Szegedy, Zaremba, Sutskever, Bruna, Erhan, Goodfellow, Fergus",
        2013,
        "Imperceptible perturbations fool networks, and fool other networks too.",
    ),
    "word2vec": Card(
        "Distributed Representations of Words and Phrases and their Compositionality",
        "Mikolov, Sutskever, Chen, Corrado, Dean",
        2013,
        "Skip-gram with negative sampling and subsampling learns vectors that add.",
    ),
    "rotorcraft": Card(
        "Energy-aware path planning of an amphibious rotorcraft through concave fields",
        "a design of our own after the published abstract; the full text was not to be had",
        2020,
        "Plans flights through air and water that reach the goal and save energy.",
    ),
    "empowerment": Card(
        "Intrinsic Motivation in Dynamical Control Systems",
        "Tiomkin, Nemenman, Polani, Tishby",
        2022,
        "Controls dynamical systems without reward, by keeping options open.",
    ),
}


def is_built(name: str) -> bool:
    """Whether this repository can train the system yet."""
    return importlib.util.find_spec(f"stages.systems.{name}") is not None


def load(name: str) -> type[System]:
    """The class of a system; its code is imported only now.

    Raises:
        BadConfigError: there is no such system, or it is not built yet.
    """
    if name not in REGISTRY:
        raise BadConfigError(f"no system '{name}'; there are: {', '.join(REGISTRY)}")
    if not is_built(name):
        raise BadConfigError(f"'{name}' is not built yet; built: {', '.join(filter(is_built, REGISTRY))}")
    system: type[System] = importlib.import_module(f"stages.systems.{name}.system").System
    return system


def artifact(name: str, folder: Path) -> Any:
    """A trained system as its training published it: the `Artifact` of its `artifact.py`.

    Args:
        name: of the system.
        folder: the published weights, as data/models/clip/weights.

    Raises:
        BadConfigError: there is no such system, it is not built yet, or nobody has needed its model so far.
        BadDataError: the folder is missing or damaged.
    """
    load(name)
    module = f"stages.systems.{name}.artifact"
    if importlib.util.find_spec(module) is None:
        raise BadConfigError(f"'{name}' has no {module}, which would load its published model")
    return importlib.import_module(module).Artifact(folder)
