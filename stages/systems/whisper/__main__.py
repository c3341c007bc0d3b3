"""The command line: `python -m stages.systems.whisper transcribe FILE...`, `... export`."""

import sys
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.progress import Progress

from stages.core.errors import BadConfigError, TryAgainError
from stages.core.files import write_text
from stages.core.process import run_stage, stop_requested
from stages.systems.whisper.checkpoints import Layout as CheckpointLayout
from stages.systems.whisper.checkpoints import read_checkpoint, write_checkpoint
from stages.systems.whisper.special import Task
from stages.systems.whisper.transcription.longform import Listener, LongForm
from stages.systems.whisper.transcription.media import read_media
from stages.systems.whisper.transcription.result import Segment, Transcription
from stages.systems.whisper.transcription.settings import Settings
from stages.systems.whisper.transcription.writers import WRITERS, Format, Layout, stamp

MODEL = Path("data/models/whisper/weights")
_LADDER = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)

app = typer.Typer(help="Use a trained or released Whisper.", no_args_is_help=True)
Model = Annotated[Path, typer.Option(help="A released .pt file, or a folder of ours or of transformers.")]


@app.command()
def transcribe(  # noqa: PLR0917 - typer reads options from a plain signature
    files: Annotated[list[Path], typer.Argument(help="Audio or video files; - is standard input.")],
    model: Model = MODEL,
    task: Annotated[Task, typer.Option(help="translate is into English.")] = "transcribe",
    language: Annotated[
        str | None, typer.Option(help="Code such as fr; found by the model if not given.")
    ] = None,
    formats: Annotated[
        str, typer.Option(help="txt, vtt, srt, tsv, json: one or several, by commas.")
    ] = "txt",
    into: Annotated[Path, typer.Option(help="The folder for the files.")] = Path(),
    beam_size: Annotated[int | None, typer.Option(help="0 is greedy.")] = 5,
    best_of: int = 5,
    temperature: Annotated[float, typer.Option(help="Where the ladder of temperatures begins.")] = 0.0,
    fallback: Annotated[bool, typer.Option(help="Try again, warmer, what is not believable.")] = True,
    prompt: Annotated[str, typer.Option(help="Names and spellings that the model should know.")] = "",
    condition: Annotated[bool, typer.Option(help="Tell each window the text before it.")] = True,
    words: Annotated[bool, typer.Option(help="Give each word its time.")] = False,
    hallucination_silence: Annotated[float | None, typer.Option(help="Seconds; needs --words.")] = None,
    line_width: int | None = None,
    line_count: int | None = None,
    words_per_line: int | None = None,
    highlight: bool = False,
    device: str = "cpu",
    longest: Annotated[float, typer.Option(help="Hours of a recording.")] = 4.0,
) -> None:
    """Transcribe or translate recordings, and write their text and subtitles."""
    wanted = _formats(formats)
    checkpoint = read_checkpoint(model)
    listener = Listener.of(checkpoint.model.to(torch.device(device)), checkpoint.tokenizer, checkpoint.preset)
    if language is not None and checkpoint.tokenizer.special.multilingual:
        checkpoint.tokenizer.special.language(language)  # refuse an unknown one before anything is decoded
    settings = Settings(
        task=task,
        language=language,
        temperatures=tuple(t for t in _LADDER if t >= temperature) if fallback else (temperature,),
        beam_size=beam_size or None,
        best_of=best_of,
        prompt=prompt,
        condition=condition,
        words=words or highlight or words_per_line is not None or line_width is not None,
        hallucination_silence=hallucination_silence,
    )
    layout = Layout(line_width, line_count, words_per_line, highlight)
    for file in files:
        audio = read_media(sys.stdin.buffer if str(file) == "-" else file, longest * 3600)
        found = _listen(LongForm(listener, audio, settings), str(file))
        stem = "stdin" if str(file) == "-" else file.stem
        for name in wanted:
            write_text(into / f"{stem}.{name}", WRITERS[name](found, layout))


@app.command()
def export(
    into: Annotated[Path, typer.Argument(help="A file for `released`, a folder for `huggingface`.")],
    layout: Annotated[CheckpointLayout, typer.Option(help="Who is to open it.")] = "released",
    model: Model = MODEL,
) -> None:
    """Write a model so that openai-whisper or transformers opens it."""
    write_checkpoint(read_checkpoint(model), into, layout)


def _formats(text: str) -> list[Format]:
    """The formats of a list with commas.

    Raises:
        BadConfigError: one of them is unknown.
    """
    known: dict[str, Format] = {name: name for name in WRITERS}
    names = [name.strip() for name in text.split(",")]
    if unknown := [name for name in names if name not in known]:
        raise BadConfigError(f"--formats: no format '{unknown[0]}'; there are {', '.join(known)}")
    return [known[name] for name in names]


def _listen(long_form: LongForm, name: str) -> Transcription:
    """Transcribe with a bar, printing each segment as it is heard.

    Raises:
        TryAgainError: a signal came.
    """
    segments: list[Segment] = []
    with Progress(transient=True) as bar:
        task = bar.add_task(name, total=long_form.total)
        for done, part in long_form.windows():
            for segment in part:
                bar.console.print(
                    f"[{stamp(segment.start)} --> {stamp(segment.end)}] {segment.text.strip()}", markup=False
                )
            segments += part
            bar.update(task, completed=done)
            if stop_requested():
                raise TryAgainError(f"{name}: stopped by a signal")
    return long_form.result(segments)


if __name__ == "__main__":
    sys.exit(run_stage(app))
