"""The towers are the published ones: sizes, names, and numbers."""

import json
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from stages.core.errors import BadDataError
from stages.systems.clip import official
from stages.systems.clip.model import LARGEST_LOGIT_SCALE, Clip, count_parameters
from stages.systems.clip.presets import PRESETS, SAMPLE
from tests.systems.clip import golden

PUBLISHED = json.loads((golden.FOLDER / "published.json").read_text())


@pytest.fixture(scope="module")
def sample_model() -> Clip:
    torch.manual_seed(0)
    return Clip(PRESETS[SAMPLE]).eval()


def test_the_nine_published_sizes_are_all_there():
    assert PRESETS.keys() - {SAMPLE} == PUBLISHED.keys()


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameter_counts_are_the_published_ones(name: str):
    with torch.device("meta"):
        model = Clip(PRESETS[name])
    assert count_parameters(PRESETS[name]) == PUBLISHED[name]["parameters"]
    assert sum(each.numel() for each in model.visual.parameters()) == PUBLISHED[name]["visual"]
    assert len(model.state_dict()) == PUBLISHED[name]["tensors"]


@pytest.mark.parametrize("name", golden.ARCHITECTURES)
def test_features_loss_and_gradients_are_those_of_the_published_code(name: str):
    architecture = golden.ARCHITECTURES[name]
    expected = np.load(golden.FOLDER / f"{name}.npz")
    with torch.device("meta"):
        template = Clip(architecture).state_dict()
    assert sorted(template) == sorted(expected["keys"])
    model = official.from_official(golden.weights(template))
    images, tokens = golden.images(architecture.image_size), golden.tokens()
    np.testing.assert_allclose(model.encode_image(images).detach(), expected["image_features"], atol=1e-4)
    np.testing.assert_allclose(model.encode_text(tokens).detach(), expected["text_features"], atol=1e-4)
    image_features, text_features, scale = model(images, tokens[:3])
    logits = scale * image_features @ text_features.T
    np.testing.assert_allclose(logits.detach(), expected["logits"], atol=1e-4)
    answers = torch.arange(3)
    loss = (F.cross_entropy(logits, answers) + F.cross_entropy(logits.T, answers)) / 2
    loss.backward()
    assert loss.item() == pytest.approx(float(expected["loss"]), abs=1e-5)
    norms = {name: each.grad.norm().item() for name, each in model.named_parameters()}
    for parameter, norm in zip(expected["names"], expected["gradient_norms"], strict=True):
        assert norms[parameter] == pytest.approx(norm, rel=1e-3, abs=1e-5), parameter


@pytest.mark.parametrize("name", golden.ARCHITECTURES)
def test_a_published_state_dict_tells_its_own_sizes(name: str):
    architecture = golden.ARCHITECTURES[name]
    state = Clip(architecture).state_dict()
    half = {key: each.half() if each.is_floating_point() else each for key, each in state.items()}
    extra = {key: torch.tensor(0) for key in ("input_resolution", "context_length", "vocab_size")}
    model = official.from_official(half | extra)
    assert official.architecture_of(state) == architecture
    assert {each.dtype for each in model.parameters()} == {torch.float32}
    assert not model.training


@pytest.mark.parametrize("damage", ["missing", "shape", "unknown"])
def test_a_foreign_state_dict_is_refused(damage: str):
    state = dict(Clip(golden.ARCHITECTURES["vit"]).state_dict())
    if damage == "missing":
        del state["token_embedding.weight"]
    elif damage == "shape":
        state["visual.proj"] = state["visual.proj"][:, :-1]
    else:
        state["decoder.weight"] = torch.zeros(1)
    with pytest.raises(BadDataError, match="no published CLIP checkpoint"):
        official.from_official(state)


def test_the_text_tower_sees_only_what_comes_before(sample_model: Clip):
    text = PRESETS[SAMPLE].text
    tokens = torch.randint(1, text.vocabulary - 2, (3, text.context))
    tokens[:, 6] = text.vocabulary - 1
    other = tokens.clone()
    other[:, 7:] = torch.randint(1, text.vocabulary - 2, (3, text.context - 7))
    with torch.inference_mode():
        whole = sample_model.encode_text(tokens)
        torch.testing.assert_close(sample_model.encode_text(other), whole)
        torch.testing.assert_close(sample_model.encode_text(tokens[:, :7]), whole)
        other[:, 2] += 1
        assert not torch.allclose(sample_model.encode_text(other), whole, atol=1e-3)


def test_forward_gives_unit_features(sample_model: Clip):
    architecture = PRESETS[SAMPLE]
    images = torch.randn(3, 3, architecture.image_size, architecture.image_size)
    tokens = torch.tensor([[1, 5, architecture.text.vocabulary - 1]] * 3)
    image_features, text_features, scale = sample_model(images, tokens)
    assert image_features.shape == text_features.shape == (3, architecture.embed)
    torch.testing.assert_close(image_features.norm(dim=1), torch.ones(3))
    torch.testing.assert_close(text_features.norm(dim=1), torch.ones(3))
    assert scale.item() == pytest.approx(1 / 0.07)


def test_the_temperature_is_clamped_from_one_side_only():
    model = Clip(golden.ARCHITECTURES["vit"])
    with torch.no_grad():
        model.logit_scale.fill_(9.0)
        model.after_step()
        assert model.logit_scale.exp().item() == pytest.approx(LARGEST_LOGIT_SCALE)
        model.logit_scale.fill_(-3.0)
        model.after_step()
    assert model.logit_scale.item() == -3.0


def test_initial_weights_have_the_published_spread():
    torch.manual_seed(0)
    model = Clip(golden.ARCHITECTURES["resnet"])
    width = model.text_projection.shape[0]
    block = model.transformer.resblocks[0]
    assert model.token_embedding.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert model.positional_embedding.std().item() == pytest.approx(0.01, rel=0.1)
    assert block.attn.in_proj_weight.std().item() == pytest.approx(width**-0.5, rel=0.05)
    assert block.attn.out_proj.weight.std().item() == pytest.approx(width**-0.5 / 2, rel=0.05)
    assert block.mlp.c_fc.weight.std().item() == pytest.approx((2 * width) ** -0.5, rel=0.05)
    assert model.visual.layer1[0].bn3.weight.abs().max().item() == 0
    assert model.logit_scale.item() == pytest.approx(math.log(1 / 0.07))


def test_an_image_size_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="multiple"):
        Clip(golden.ARCHITECTURES["vit"].model_copy(update={"image_size": 33}))
    with pytest.raises(ValueError, match="multiple"):
        Clip(golden.ARCHITECTURES["resnet"].model_copy(update={"image_size": 48}))
