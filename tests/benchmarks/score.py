"""What each measure of `score` costs, and what Silero's network costs as its package runs it.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python tests/benchmarks/score.py

prints CPU time on one thread, as a worker has it: microseconds per caption, milliseconds per picture of 256
pixels a side and per second of sound, on captions, pictures and recordings of the sample. Decoding is in the
table too, since no feature comes without it.
"""

import importlib.util
import io
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from stages.core.audio import SAMPLE_RATE, decode, encode_flac, to_pcm
from stages.core.images import decode_rgb
from stages.score import measures
from stages.score.audio.silero import FRAME, speech_probabilities
from stages.score.subjects import Caption, Picture, Sound

SAMPLE = Path("data/sample")
PICTURES, SIDE = 60, 256
SECONDS = 60
ROUNDS = 5


def captions() -> list[tuple[str, str]]:
    """Texts of the sample with their languages."""
    lines = (SAMPLE / "speech/captions/manifest.jsonl").read_text().splitlines()
    return [(line["text"], line["language"]) for line in map(json.loads, lines)]


def pictures() -> list[bytes]:
    """PNG files of 256 x 256 pixels."""
    files = sorted((SAMPLE / "images/clipart").glob("*.png"))[:PICTURES]
    squares = [decode_rgb(file.read_bytes()).resize((SIDE, SIDE)) for file in files]
    return [_png(square) for square in squares]


def recording() -> bytes:
    """A minute of captions as FLAC."""
    files = sorted((SAMPLE / "speech/captions").rglob("*.opus"))
    waves = (decode(file.read_bytes(), ".opus") for file in files)
    joined = np.concatenate([wave for wave, _ in zip(waves, range(60), strict=False)])
    return encode_flac(joined[: SECONDS * SAMPLE_RATE])


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def cost(function: Callable[[Any], object], subjects: Callable[[], Sequence[Any]]) -> float:
    """CPU seconds per subject, the best of some rounds; subjects are fresh each time, nothing is cached."""
    best = float("inf")
    for _ in range(ROUNDS):
        fresh = subjects()
        begin = time.process_time()
        for subject in fresh:
            function(subject)
        best = min(best, (time.process_time() - begin) / len(fresh))
    return best


def rows() -> Iterator[tuple[str, str, float]]:
    """What is measured, the unit, and the cost in it."""
    texts, files, sound = captions(), pictures(), recording()
    samples = to_pcm(decode(sound))
    seconds = len(samples) / SAMPLE_RATE
    for measure in measures.TEXT:
        yield measure.__name__, "µs/caption", 1e6 * cost(measure, lambda: [Caption(*text) for text in texts])
    yield "decoding", "ms/picture", 1e3 * cost(decode_rgb, lambda: files)
    decoded = [decode_rgb(file) for file in files]
    for measure in measures.IMAGE:
        fresh = lambda: [Picture(image.copy()) for image in decoded]
        yield measure.__name__, "ms/picture", 1e3 * cost(measure, fresh)
    yield "decoding", "ms/s of sound", 1e3 * cost(decode, lambda: [sound]) / seconds
    for measure in measures.AUDIO:
        yield (
            measure.__name__,
            "ms/s of sound",
            1e3 * cost(measure, lambda: [Sound(samples, "text")]) / seconds,
        )
    ours, theirs = (1e3 * cost(run, lambda: [samples]) / seconds for run in (speech_probabilities, package()))
    yield "Silero's network, ours", "ms/s of sound", ours
    yield "Silero's network, its package", "ms/s of sound", theirs
    yield "the package's over ours", "ratio", theirs / ours


def package() -> Callable[[np.ndarray], list[float]]:
    """The network as the package runs it: TorchScript, frame by frame."""
    import torch

    torch.set_num_threads(1)
    origin = importlib.util.find_spec("silero_vad").origin
    model = torch.jit.load(str(Path(origin).parent / "data/silero_vad.jit"))

    def run(samples: np.ndarray) -> list[float]:
        model.reset_states()
        wave = torch.from_numpy(np.pad(samples.astype(np.float32) / 32_768, (0, -len(samples) % FRAME)))
        return [model(frame, SAMPLE_RATE).item() for frame in wave.split(FRAME)]

    return run


def main() -> None:
    print("| measure | CPU | unit |\n|---|---|---|")
    for name, unit, value in rows():
        print(f"| {name} | {value:.3g} | {unit} |", flush=True)


if __name__ == "__main__":
    main()
