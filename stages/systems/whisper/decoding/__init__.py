"""From windows of audio to tokens and text: greedy, sampled, or by beam search."""

from stages.systems.whisper.decoding.decode import Decoded, decode, detect_languages
from stages.systems.whisper.decoding.options import Options

__all__ = ["Decoded", "Options", "decode", "detect_languages"]
