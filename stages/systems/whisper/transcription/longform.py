"""Recordings of any length, window by window, each beginning where the last timestamp of the one before ends.

Source: Radford et al. 2022, section 4.5, and the released code, whose windows, fallbacks and thresholds are
kept. Times are in seconds, positions in mel frames of 10 ms.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from stages.core.audio import Waveform
from stages.systems.whisper.decoding import Decoded, Options, decode, detect_languages
from stages.systems.whisper.mel import FRAMES_PER_SECOND, SAMPLE_RATE, log_mel
from stages.systems.whisper.model import Whisper
from stages.systems.whisper.tokenizer import Tokenizer
from stages.systems.whisper.transcription.alignment import Heads, heads_of
from stages.systems.whisper.transcription.hallucination import after_silence
from stages.systems.whisper.transcription.result import Segment, Transcription
from stages.systems.whisper.transcription.segments import cut
from stages.systems.whisper.transcription.settings import Settings
from stages.systems.whisper.transcription.words import add_words, align

_WARM = 0.5  # above this temperature a text is too loose to be a context


@dataclass(frozen=True)
class Listener:
    """A model with what it needs to be used.

    Attributes:
        model: in evaluation mode.
        tokenizer: its vocabulary.
        heads: that follow time.
    """

    model: Whisper
    tokenizer: Tokenizer
    heads: Heads

    @classmethod
    def of(cls, model: Whisper, tokenizer: Tokenizer, preset: str | None = None) -> "Listener":
        """The listener of a model, whose heads are known if it has a released size."""
        return cls(model.eval(), tokenizer, heads_of(model, preset))

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.model.parameters()).device


@dataclass(frozen=True)
class Window:
    """Mel frames of a recording as the model takes them.

    Attributes:
        seek: the first frame.
        size: frames that lie within the recording.
        mel: [M, F], padded to the model's length.
    """

    seek: int
    size: int
    mel: Tensor

    @property
    def offset(self) -> float:
        """When it begins."""
        return self.seek / FRAMES_PER_SECOND


class LongForm:
    """One pass over a recording.

    Args:
        listener: who listens.
        audio: float32 [samples] at 16 kHz.
        settings: how.
    """

    def __init__(self, listener: Listener, audio: Waveform, settings: Settings) -> None:
        self._listener, self._settings = listener, settings
        self._frames = listener.model.dims.frames  # of a window
        padded = np.pad(audio, (0, self._frames * SAMPLE_RATE // FRAMES_PER_SECOND))
        self._mel = log_mel(torch.from_numpy(padded), listener.model.dims.n_mels)
        self.total = self._mel.shape[-1] - self._frames  # frames of the recording
        self._language = settings.language or self._find_language()
        self._prompt = listener.tokenizer.encode(" " + settings.prompt.strip()) if settings.prompt else []
        self._context = list(self._prompt)
        self._forgotten = 0  # tokens of the context that are not told any more
        self._last_speech = 0.0

    def run(self) -> Transcription:
        """Transcribe it all."""
        return self.result([segment for _, part in self.windows() for segment in part])

    def result(self, segments: Sequence[Segment]) -> Transcription:
        """Segments that `windows` gave, as a whole."""
        text = self._listener.tokenizer.decode([token for each in segments for token in each.tokens])
        return Transcription(text, tuple(segments), self._language)

    def windows(self) -> Iterator[tuple[int, list[Segment]]]:
        """The frames that are done and the segments of each window, as soon as they are there."""
        for start, end in self._clips():
            seek = start
            while seek < end:
                seek, segments = self._step(seek, end)
                yield min(seek, end), segments

    def _clips(self) -> list[tuple[int, int]]:
        if not self._settings.clips:
            return [(0, self.total)]
        frames = [
            (round(start * FRAMES_PER_SECOND), self.total if end is None else round(end * FRAMES_PER_SECOND))
            for start, end in self._settings.clips
        ]
        return [(start, min(end, self.total)) for start, end in frames]

    def _window(self, seek: int, end: int) -> Window:
        size = min(self._frames, self.total - seek, end - seek)
        mel = torch.nn.functional.pad(self._mel[:, seek : seek + size], (0, self._frames - size))
        return Window(seek, size, mel.to(self._listener.device))

    def _step(self, seek: int, end: int) -> tuple[int, list[Segment]]:
        """Decode the window at `seek`: where the next one begins, and this one's segments."""
        window = self._window(seek, end)
        found = self._decode(window)
        if self._is_silent(found):
            return seek + window.size, []
        stride = self._listener.model.dims.strides[0] * self._listener.model.dims.strides[1]
        segments, done, closed = cut(found, self._listener.tokenizer, seek, window.size, stride)
        after = seek + done
        if self._settings.words:
            after, segments = self._place_words(window, segments, after, closed=closed)
        for segment in segments:
            if segment.start == segment.end or not segment.text.strip():
                segment.blank()
        self._remember(segments, found.temperature)
        return after, segments

    def _decode(self, window: Window) -> Decoded:
        """Decode at rising temperatures until the text is believable."""
        settings = self._settings
        audio = self._encode(window.mel)
        for temperature in settings.temperatures:
            options = Options(
                task=settings.task,
                language=self._language,
                temperature=temperature,
                best_of=settings.best_of if temperature else None,
                beam_size=None if temperature else settings.beam_size,
                patience=None if temperature or settings.beam_size is None else settings.patience,
                length_penalty=settings.length_penalty,
                prompt=tuple(self._told()),
                most_tokens=settings.most_tokens,
                suppress_annotations=settings.suppress_annotations,
            )
            found = decode(
                self._listener.model,
                self._listener.tokenizer,
                audio,
                options,
                seed=settings.seed + window.seek,
            )[0]
            if self._is_believable(found):
                break
        return found

    @torch.inference_mode()
    def _encode(self, mel: Tensor) -> Tensor:
        audio: Tensor = self._listener.model.encoder(mel[None])
        return audio

    def _is_believable(self, found: Decoded) -> bool:
        settings = self._settings
        loops = settings.compression is not None and found.compression > settings.compression
        unsure = settings.average is not None and found.average < settings.average
        silent = settings.no_speech is not None and found.no_speech > settings.no_speech
        return (silent and unsure) or not (loops or unsure)

    def _is_silent(self, found: Decoded) -> bool:
        """Nobody speaks, unless the text is sure of itself."""
        settings = self._settings
        if settings.no_speech is None or found.no_speech <= settings.no_speech:
            return False
        return settings.average is None or found.average <= settings.average

    def _told(self) -> list[int]:
        """The tokens that stand before the next window."""
        if not self._settings.carry_prompt:
            return self._context[self._forgotten :]
        room = self._listener.model.dims.n_text_ctx // 2 - 1 - len(self._prompt)
        later = self._context[max(len(self._prompt), self._forgotten) :]
        return [*self._prompt, *(later[-room:] if room > 0 else ())]

    def _remember(self, segments: list[Segment], temperature: float) -> None:
        self._context += [token for segment in segments for token in segment.tokens]
        if not self._settings.condition or temperature > _WARM:
            self._forgotten = len(self._context)

    def _place_words(
        self, window: Window, segments: list[Segment], after: int, *, closed: bool
    ) -> tuple[int, list[Segment]]:
        """Give words times; go on where the last word ends, or after what is not believed."""
        end = self._listener.tokenizer.special.end_of_text
        text = [token for segment in segments for token in segment.tokens if token < end]
        words = align(
            self._listener.model,
            self._listener.tokenizer,
            text,
            window.mel,
            window.size,
            language=self._language,
            task=self._settings.task,
            heads=self._listener.heads,
        )
        add_words(segments, words, end, self._last_speech)
        spoken = [segment.end for segment in segments if segment.words]
        if not closed and spoken and spoken[-1] > window.offset:
            after = round(spoken[-1] * FRAMES_PER_SECOND)
        if self._settings.hallucination_silence is not None:
            after, segments = after_silence(
                segments, window.seek, window.size, self.total, after,
                closed=closed, frames=self._frames, last_speech=self._last_speech,
                threshold=self._settings.hallucination_silence,
            )  # fmt: skip
        self._last_speech = max(
            (segment.end for segment in segments if segment.words), default=self._last_speech
        )
        return after, segments

    def _find_language(self) -> str:
        if not self._listener.tokenizer.special.multilingual:
            return "en"
        audio = self._encode(self._window(0, self.total).mel)
        found = detect_languages(self._listener.model, self._listener.tokenizer, audio)[0]
        return max(found, key=found.__getitem__)
