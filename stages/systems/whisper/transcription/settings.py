"""How a recording is transcribed. The defaults are those of the released command line."""

from dataclasses import dataclass

from stages.core.errors import BadConfigError
from stages.systems.whisper.special import Task


@dataclass(frozen=True)
class Settings:
    """What to do with a recording.

    Attributes:
        task: transcribe, or translate into English.
        language: code of the language that is spoken; found in the first window if it is None.
        temperatures: tried in turn until a window's text is believable.
        beam_size: of the search at temperature 0; None is greedy.
        best_of: candidates above temperature 0.
        patience: of beam search.
        length_penalty: of the ranking.
        compression: a window whose text compresses better than this repeats itself, and is tried again.
        average: a window whose mean log-probability is lower is tried again.
        no_speech: a window with a higher probability of it, and that low a log-probability, is silence.
        condition: whether a window is told the text before it.
        prompt: text before the first window: names, spellings, style.
        carry_prompt: whether the prompt stays in front of every window.
        words: whether words get times.
        hallucination_silence: seconds of silence around which suspicious words are skipped; it needs words.
        clips: (start, end) in seconds to transcribe; all of the recording if there are none.
        suppress_annotations: whether signs that annotate speech are forbidden.
        most_tokens: longest output of a window; half of the positions by default.
        seed: of the draws above temperature 0.
    """

    task: Task = "transcribe"
    language: str | None = None
    temperatures: tuple[float, ...] = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    beam_size: int | None = 5
    best_of: int | None = 5
    patience: float | None = None
    length_penalty: float | None = None
    compression: float | None = 2.4
    average: float | None = -1.0
    no_speech: float | None = 0.6
    condition: bool = True
    prompt: str = ""
    carry_prompt: bool = False
    words: bool = False
    hallucination_silence: float | None = None
    clips: tuple[tuple[float, float | None], ...] = ()
    suppress_annotations: bool = True
    most_tokens: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            BadConfigError: names the setting.
        """
        if not self.temperatures:
            raise BadConfigError("temperatures: at least one is needed")
        if self.hallucination_silence is not None and not self.words:
            raise BadConfigError("hallucination_silence: silence is found between words; set words")
        for start, end in self.clips:
            if start < 0 or (end is not None and end <= start):
                raise BadConfigError(f"clips: {start} to {end} is no stretch of time")
