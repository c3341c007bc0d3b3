"""The table between `score` and `filter`: one row per sample, what it is and what was measured of it.

A feature that does not apply or was not asked for is null: an image has no loudness, and none has a score by
a CLIP that was not given. A sample with `error` has no features of what could not be read.
"""

import pyarrow as pa

IDENTITY = (
    ("key", pa.string()),
    ("source", pa.string()),
    ("licence", pa.string()),
    ("origin", pa.string()),
    ("sha256", pa.string()),
    ("text", pa.string()),
    ("language", pa.string()),
    ("group", pa.string()),
    ("split", pa.string()),
    ("translation", pa.string()),
    ("speaker", pa.string()),
)
TEXT = (
    ("characters", pa.int32()),
    ("words", pa.int32()),
    ("letters", pa.float64()),  # share of the characters that are not spaces, as the next two
    ("digits", pa.float64()),
    ("punctuation", pa.float64()),
    ("upper", pa.float64()),  # share of the cased letters; null in a script without case
    ("pauses", pa.int32()),  # commas, colons, exclamation and question marks, in any script
    ("script", pa.string()),  # of most letters
    ("script_fits", pa.bool_()),  # whether the language is written in it; null if either is not known
    ("compression", pa.float64()),  # bytes over compressed bytes
    ("repetition", pa.float64()),  # share of the word trigrams that occurred before
    ("text_language", pa.string()),  # BCP 47, by the text alone; null if it cannot be told
    ("text_language_score", pa.float64()),  # 0 to 1, of the likeliest language, told or not
    ("text_hash", pa.string()),  # of the normalised text
)
AUDIO = (
    ("seconds", pa.float64()),
    ("voiced_seconds", pa.float64()),  # seconds in frames that are not silent
    ("loudness", pa.float64()),  # root mean square in dB of full scale
    ("peak", pa.float64()),  # share of full scale
    ("clipped", pa.float64()),  # share of the samples at full scale
    ("silence", pa.float64()),  # share of the frames
    ("speech", pa.float64()),  # share of the recording in which somebody speaks
    ("speed", pa.float64()),  # characters of text per second
    ("voiced_speed", pa.float64()),  # characters of text per second that is not silent
    ("fingerprint", pa.list_(pa.uint32())),  # 32 signs of spectral change per step, for near duplicates
)
IMAGE = (
    ("width", pa.int32()),  # pixels
    ("height", pa.int32()),
    ("aspect", pa.float64()),  # longer side over shorter side
    ("entropy", pa.float64()),  # bits of the grey histogram
    ("main_colour", pa.float64()),  # share of the pixels
    ("colours", pa.int32()),  # distinct
    ("dhash", pa.uint64()),  # 64 signs of horizontal brightness steps
    ("palette", pa.list_(pa.uint8())),  # means of 8 x 8 cells of RGB
)
MODEL = (  # each null unless its model is given
    ("spoken_language", pa.string()),  # BCP 47
    ("spoken_language_score", pa.float64()),  # probability
    ("nsfw", pa.float64()),  # probability
    ("watermark", pa.float64()),  # probability
    ("faces", pa.float64()),  # how many
    ("clip_score", pa.float64()),  # cosine of the image's and the text's features
    ("embedding", pa.list_(pa.float32())),  # of the image by that CLIP, of unit length
)
CONTENT = (
    ("bytes", pa.int64()),  # of the content's file
    ("content", pa.string()),  # sha256 of decoded samples or pixels
)
ERROR = (("error", pa.string()),)  # why nothing could be measured

FEATURES = pa.schema([*IDENTITY, *TEXT, *AUDIO, *IMAGE, *MODEL, *CONTENT, *ERROR])
