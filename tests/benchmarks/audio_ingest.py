"""Long recordings to shards of 30 s windows: hours of audio per CPU second, ours beside lhotse.

    python -m tests.benchmarks.audio_ingest [HOURS]

The same made recordings of ten minutes, half FLAC and half WAV, 16 kHz and mono, with a transcript each seven
seconds. Ours is the whole command with one worker; it cuts between segments. lhotse's part is `to_shar` with
FLAC of `CutSet.cut_into_windows(30)`, one job, which cuts every 30 s. It lives in an environment of its own
below data/work/peers, made on the first run.
"""

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import venv
from pathlib import Path

import numpy as np
import soundfile

from tests.benchmarks.ours import ingest_command
from tests.benchmarks.usage import Usage, measured

PEER = Path("data/work/peers/lhotse").absolute()
PACKAGES = ("lhotse==1.33.0", "soundfile==0.14.0", "urllib3==2.8.0")
RATE, MINUTES, STEP = 16_000, 10, 7  # Hz, of a recording, seconds of a segment
LHOTSE = """
    import json, sys
    from pathlib import Path
    from lhotse import CutSet, MonoCut, Recording, SupervisionSegment

    folder = Path(sys.argv[1])
    cuts = []
    for line in (folder / "manifest.jsonl").read_text().splitlines():
        row = json.loads(line)
        recording = Recording.from_file(folder / row["file"])
        name = recording.id
        spoken = [
            SupervisionSegment(f"{name}-{n}", name, one["start"], one["end"] - one["start"], text=one["text"])
            for n, one in enumerate(row["segments"])
        ]
        cuts.append(MonoCut(name, 0, recording.duration, 0, spoken, recording=recording))
    windows = CutSet.from_cuts(cuts).cut_into_windows(30)
    windows.to_shar(folder / "shar", fields={"recording": "flac"}, shard_size=500)
"""


def write_recordings(folder: Path, count: int) -> None:
    """Speech-like noise: bursts of a few tones with pauses; and a manifest with segments."""
    rng = np.random.default_rng(5)
    times = np.arange(MINUTES * 60 * RATE) / RATE
    rows = []
    for number in range(count):
        tones = sum(np.sin(2 * np.pi * hertz * times) for hertz in rng.uniform(100, 2000, 4))
        loudness = np.clip(np.sin(2 * np.pi * times * 2.5) + 0.3, 0, 1)
        wave = 0.08 * tones * loudness + rng.normal(0, 0.01, len(times))
        name = f"{number:03d}.{('flac', 'wav')[number % 2]}"
        soundfile.write(folder / name, wave.astype(np.float32), RATE, subtype="PCM_16")
        starts = range(0, MINUTES * 60 - STEP, STEP)
        segments = [{"start": s, "end": s + STEP - 0.5, "text": f"words number {s}"} for s in starts]
        text = " ".join(segment["text"] for segment in segments)
        rows.append(
            {"file": name, "text": text, "language": "en", "licence": "CC0-1.0", "segments": segments}
        )
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def prepare_peer() -> Path:
    """The peer's Python; its environment is made unless it is there."""
    if not (PEER / "bin" / "python").exists():
        venv.create(PEER, with_pip=True)
        subprocess.run([PEER / "bin" / "pip", "install", "--quiet", *PACKAGES], check=True)
    return PEER / "bin" / "python"


def row(name: str, usage: Usage, hours: float) -> str:
    """A line of the table."""
    return (
        f"| {name} | {hours:.1f} | {hours / usage.cpu:.3f} | {usage.cpu:.1f} | {usage.pss:.0f} "
        f"| {usage.wall:.1f} | {os.getloadavg()[0]:.1f} |"
    )


def main(hours: float) -> None:
    """Print the table."""
    peer = prepare_peer()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_recordings(folder, round(hours * 60 / MINUTES))
        source = {"name": "made", "manifest": str(folder / "manifest.jsonl")}
        bounds = {"seconds": MINUTES * 60 + 1, "characters": 10_000}
        params = {"kind": "audio", "root": str(folder), "bounds": bounds, "sources": [source]}
        ours = measured(ingest_command(folder, params, workers=1))
        script = folder / "peer.py"
        script.write_text(textwrap.dedent(LHOTSE))
        (folder / "shar").mkdir()
        theirs = measured([str(peer), str(script), str(folder)])
    print("| command | hours | hours per CPU s | CPU s | peak PSS MiB | wall s | load |")
    print("|---|---|---|---|---|---|---|")
    print(row("ours", ours, hours))
    print(row("lhotse", theirs, hours))
    print(
        f"| ours / lhotse | | {theirs.cpu / ours.cpu:.2f} | {ours.cpu / theirs.cpu:.2f} "
        f"| {ours.pss / theirs.pss:.2f} | {ours.wall / theirs.wall:.2f} | |"
    )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 4.0)
