"""How a window is decoded. The defaults are those of the released decoder."""

from dataclasses import dataclass

from stages.core.errors import BadConfigError
from stages.systems.whisper.special import Task


@dataclass(frozen=True)
class Options:
    """What to decode, and how to search.

    Attributes:
        task: transcribe, or translate into English.
        language: code of the language that is spoken; found by the model if it is None.
        temperature: 0 follows the likeliest token; above 0 tokens are drawn.
        best_of: how many drawn candidates compete; only above temperature 0.
        beam_size: hypotheses that beam search keeps; only at temperature 0. None is greedy.
        patience: beam search goes on until `beam_size * patience` hypotheses are finished.
        length_penalty: exponent of Wu et al. 2016, equation 14; None divides by the length.
        prompt: ids of the text before the window.
        prefix: ids of text that the window is known to begin with.
        most_tokens: longest output; half of the positions by default.
        timestamps: whether times are predicted.
        latest_start: seconds within which the first timestamp must lie; None for no bound.
        suppress_blank: whether the output may not begin with a space or be empty.
        suppress_annotations: whether signs that annotate speech are forbidden.
    """

    task: Task = "transcribe"
    language: str | None = None
    temperature: float = 0.0
    best_of: int | None = None
    beam_size: int | None = None
    patience: float | None = None
    length_penalty: float | None = None
    prompt: tuple[int, ...] = ()
    prefix: tuple[int, ...] = ()
    most_tokens: int | None = None
    timestamps: bool = True
    latest_start: float | None = 1.0
    suppress_blank: bool = True
    suppress_annotations: bool = True

    def __post_init__(self) -> None:
        """Refuse combinations that mean nothing.

        Raises:
            BadConfigError: names the options.
        """
        if self.temperature < 0:
            raise BadConfigError(f"temperature: {self.temperature} is below 0")
        if self.beam_size is not None and (self.best_of is not None or self.temperature > 0):
            raise BadConfigError("beam_size: beam search is for temperature 0, without best_of")
        if self.best_of is not None and self.temperature == 0:
            raise BadConfigError("best_of: all candidates are the same at temperature 0; raise it")
        if self.patience is not None and self.beam_size is None:
            raise BadConfigError("patience: only beam search has it; set beam_size")
        if self.length_penalty is not None and not 0 <= self.length_penalty <= 1:
            raise BadConfigError(f"length_penalty: {self.length_penalty} is outside [0, 1]")
        for name in ("beam_size", "best_of", "most_tokens"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise BadConfigError(f"{name}: {value} is below 1")

    @property
    def candidates(self) -> int:
        """Rows that are decoded for each window."""
        return self.beam_size or self.best_of or 1
