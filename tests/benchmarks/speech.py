"""How well `speech` tells speech from what is not, on made clips whose answer is known.

    python tests/benchmarks/speech.py

puts sentences of the sample between noise, tones and something like music, mixes a part of it under them, and
compares frames of 32 ms: our rule with the weights that it uses, the same rule over the package's own
TorchScript, and energy alone (`silence`). A frame is speech where the sentence, heard alone, is not silent.
"""

import importlib.util
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from stages.core.audio import SAMPLE_RATE, decode, to_pcm
from stages.score.audio.silero import FRAME, speech_probabilities
from stages.score.audio.speech import segments
from stages.score.subjects import Samples

CAPTIONS = Path("data/sample/speech/captions")
SENTENCES = 16
LEVELS = (None, 20, 10, 5)  # dB of the sentence over what is under it; None: nothing is under it
AROUND = 3 * SAMPLE_RATE
Rule = Callable[[Samples], np.ndarray]


def backgrounds(length: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Sounds in which nobody speaks, of unit root mean square."""
    time = np.arange(length) / SAMPLE_RATE
    beat = np.exp(-8 * (2 * time % 1))
    spectrum = np.fft.rfft(rng.normal(size=length)) / np.sqrt(1 + np.arange(length // 2 + 1))
    scale = np.array([262, 294, 330, 349, 392, 440, 494, 523])[(3 * time).astype(int) % 8]
    sounds = {
        "white noise": rng.normal(size=length),
        "pink noise": np.fft.irfft(spectrum, length),
        "tone": np.sin(2 * np.pi * 440 * time),
        "melody": beat * np.sin(2 * np.pi * np.cumsum(scale) / SAMPLE_RATE),
        "drums": beat * rng.normal(size=length),
    }
    return {name: sound / np.sqrt(np.square(sound).mean()) for name, sound in sounds.items()}


def sentences() -> list[Samples]:
    """The longest captions of the sample."""
    lines = [json.loads(line) for line in (CAPTIONS / "manifest.jsonl").read_text().splitlines()]
    lines.sort(key=lambda line: (-len(line["text"]), line["file"]))
    return [to_pcm(decode((CAPTIONS / line["file"]).read_bytes(), ".opus")) for line in lines[:SENTENCES]]


def clips(level: int | None) -> Iterator[tuple[str, Samples, np.ndarray]]:
    """Background, samples, and which frames are speech."""
    rng = np.random.Generator(np.random.PCG64(20260))
    for sentence in sentences():
        said = np.pad(sentence.astype(float), AROUND)
        said = np.pad(said, (0, -len(said) % FRAME))
        loudness = np.sqrt(np.square(sentence.astype(float)).mean())
        under = loudness * 10 ** (-level / 20) if level else 0.0
        for name, sound in backgrounds(len(said), rng).items():
            alone = np.where(said == 0, 0.1 * loudness, under)  # around the sentence it is always heard
            mixed = np.clip(np.rint(said + sound * alone), -32_768, 32_767).astype(np.int16)
            yield name, mixed, loud(said)


def loud(wave: np.ndarray) -> np.ndarray:
    """Frames within 35 dB of the loudest, as `silence` counts."""
    energy = np.square(wave.astype(float)).reshape(-1, FRAME).mean(axis=1)
    return energy > energy.max() * 10**-3.5


def package() -> Rule:
    """The rule over the probabilities of the package's own network."""
    import torch

    origin = importlib.util.find_spec("silero_vad").origin
    model = torch.jit.load(str(Path(origin).parent / "data/silero_vad.jit"))

    def run(samples: Samples) -> np.ndarray:
        model.reset_states()
        wave = torch.from_numpy(samples.astype(np.float32) / 32_768)
        return segments(np.array([model(frame, SAMPLE_RATE).item() for frame in wave.split(FRAME)]))

    return run


def main() -> None:
    rules: dict[str, Rule] = {
        "ours": lambda samples: segments(speech_probabilities(samples)),
        "the package's weights": package(),
        "energy alone": loud,
    }
    print("| sentence over background | rule | precision | recall | right frames |\n|---|---|---|---|---|")
    for level in LEVELS:
        found: dict[str, list[np.ndarray]] = {name: [] for name in rules}
        truth = []
        for _, samples, speech in clips(level):
            truth.append(speech)
            for name, rule in rules.items():
                found[name].append(rule(samples))
        answer = np.concatenate(truth)
        for name, parts in found.items():
            said = np.concatenate(parts)
            hits = (said & answer).sum()
            shares = (hits / max(1, said.sum()), hits / answer.sum(), (said == answer).mean())
            where = "nothing under it" if level is None else f"{level} dB"
            print(
                f"| {where} | {name} | " + " | ".join(f"{share:.3f}" for share in shares) + " |", flush=True
            )


if __name__ == "__main__":
    main()
