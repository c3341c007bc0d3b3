"""Speech in few bytes: 16 kHz mono Opus in Ogg, without a random serial number or an encoder's name."""

import io
from fractions import Fraction
from pathlib import Path

import av

_RATE = 16_000  # samples per second
_BITS = 20_000  # per second


def opus(path: Path) -> bytes:
    """Decode a recording and encode it as Opus; the same bytes on each rerun with the same PyAV."""
    buffer = io.BytesIO()
    with (
        av.open(str(path)) as source,
        av.open(buffer, "w", format="ogg", container_options={"fflags": "+bitexact"}) as target,
    ):
        options = {"application": "voip", "flags": "+bitexact"}
        stream = target.add_stream("libopus", rate=_RATE, layout="mono", options=options)
        stream.bit_rate = _BITS
        resampler = av.AudioResampler(format="s16", layout="mono", rate=_RATE)
        position = 0
        for frame in [*source.decode(audio=0), None]:
            for piece in resampler.resample(frame):
                # counted anew: a jump in the source's times would become a gap, which some decoders refuse
                piece.pts, piece.time_base = position, Fraction(1, _RATE)
                position += piece.samples
                target.mux(stream.encode(piece))
        target.mux(stream.encode(None))
    return buffer.getvalue()
