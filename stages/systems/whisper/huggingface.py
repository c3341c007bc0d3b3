"""The layout of Hugging Face's transformers: names of tensors and the files beside them."""

import re
from collections.abc import Mapping
from typing import Any

from stages.core.errors import BadDataError
from stages.systems.whisper.mel import HOP, N_FFT, SAMPLE_RATE
from stages.systems.whisper.presets import Dimensions
from stages.systems.whisper.tokenizer import Tokenizer

OUTPUT = "proj_out.weight"  # the transposed embedding again, if it is there at all

_FIXED = {
    "encoder.positional_embedding": "encoder.embed_positions.weight",
    "decoder.positional_embedding": "decoder.embed_positions.weight",
    "decoder.token_embedding.weight": "decoder.embed_tokens.weight",
    "encoder.ln_post.weight": "encoder.layer_norm.weight",
    "encoder.ln_post.bias": "encoder.layer_norm.bias",
    "decoder.ln.weight": "decoder.layer_norm.weight",
    "decoder.ln.bias": "decoder.layer_norm.bias",
}
_PARTS = {
    "attn.query": "self_attn.q_proj",
    "attn.key": "self_attn.k_proj",
    "attn.value": "self_attn.v_proj",
    "attn.out": "self_attn.out_proj",
    "attn_ln": "self_attn_layer_norm",
    "cross_attn.query": "encoder_attn.q_proj",
    "cross_attn.key": "encoder_attn.k_proj",
    "cross_attn.value": "encoder_attn.v_proj",
    "cross_attn.out": "encoder_attn.out_proj",
    "cross_attn_ln": "encoder_attn_layer_norm",
    "mlp.0": "fc1",
    "mlp.2": "fc2",
    "mlp_ln": "final_layer_norm",
}
_BLOCK = re.compile(r"(encoder|decoder)\.blocks\.(\d+)\.(.+)\.(weight|bias)")


def rename(name: str) -> str:
    """Their name of one of our tensors."""
    if block := _BLOCK.fullmatch(name):
        side, number, part, kind = block.groups()
        return f"model.{side}.layers.{number}.{_PARTS[part]}.{kind}"
    return f"model.{_FIXED.get(name, name)}"


def read_dimensions(config: Mapping[str, Any]) -> Dimensions:
    """The shape of a model by their config.json.

    Raises:
        BadDataError: it is no Whisper model's.
    """
    if config.get("model_type") != "whisper":
        raise BadDataError(f"model_type {config.get('model_type')!r} is not 'whisper'")
    try:
        return Dimensions(
            n_mels=config["num_mel_bins"],
            n_audio_ctx=config["max_source_positions"],
            n_audio_state=config["d_model"],
            n_audio_head=config["encoder_attention_heads"],
            n_audio_layer=config["encoder_layers"],
            n_vocab=config["vocab_size"],
            n_text_ctx=config["max_target_positions"],
            n_text_state=config["d_model"],
            n_text_head=config["decoder_attention_heads"],
            n_text_layer=config["decoder_layers"],
        )
    except KeyError as error:
        raise BadDataError(f"config.json has no {error}") from error


def configs(dims: Dimensions, tokenizer: Tokenizer) -> dict[str, dict[str, Any]]:
    """The JSON files beside the tensors, by name. Their tokeniser's files are not written."""
    special = tokenizer.special
    ends = {
        "bos_token_id": special.end_of_text,
        "eos_token_id": special.end_of_text,
        "pad_token_id": special.end_of_text,
        "decoder_start_token_id": special.start_of_transcript,
    }
    shape = {
        "num_mel_bins": dims.n_mels,
        "max_source_positions": dims.n_audio_ctx,
        "d_model": dims.n_audio_state,
        "encoder_attention_heads": dims.n_audio_head,
        "encoder_layers": dims.n_audio_layer,
        "encoder_ffn_dim": 4 * dims.n_audio_state,
        "vocab_size": dims.n_vocab,
        "max_target_positions": dims.n_text_ctx,
        "decoder_attention_heads": dims.n_text_head,
        "decoder_layers": dims.n_text_layer,
        "decoder_ffn_dim": 4 * dims.n_text_state,
        "num_hidden_layers": dims.n_audio_layer,
    }
    names = {
        "architectures": ["WhisperForConditionalGeneration"],
        "model_type": "whisper",
        "is_encoder_decoder": True,
    }
    generation = {
        "is_multilingual": special.multilingual,
        "lang_to_id": {f"<|{code}|>": special.language(code) for code in special.languages},
        "task_to_id": {"transcribe": special.transcribe, "translate": special.translate},
        "no_timestamps_token_id": special.no_timestamps,
        "max_initial_timestamp_index": 50,
        "max_length": dims.n_text_ctx,
        "suppress_tokens": list(tokenizer.annotations),
        "begin_suppress_tokens": [*tokenizer.encode(" "), special.end_of_text],
    }
    seconds = round(dims.seconds)
    front_end = {
        "feature_extractor_type": "WhisperFeatureExtractor",
        "feature_size": dims.n_mels,
        "sampling_rate": SAMPLE_RATE,
        "hop_length": HOP,
        "n_fft": N_FFT,
        "chunk_length": seconds,
        "n_samples": seconds * SAMPLE_RATE,
        "nb_max_frames": dims.frames,
        "padding_value": 0.0,
        "processor_class": "WhisperProcessor",
    }
    return {
        "config.json": {**names, **shape, **ends, "torch_dtype": "float32"},
        "generation_config.json": {**generation, **ends},
        "preprocessor_config.json": front_end,
    }
