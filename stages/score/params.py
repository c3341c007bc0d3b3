"""Section `score.<corpus>` of params.yaml: the models, if any, that look at the samples.

All other measures need no knob. A column whose model is not given is null.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from stages.core.params import Params


class Hook(Params):
    """A function of yours that scores pictures.

    It is called with a list of pictures, uint8 [height, width, RGB] each, and returns a number for each. It
    runs with your rights, as the rest of the repository does, and has to be deterministic. Add its file to
    the `deps` of the stage in dvc.yaml, so that a change of it is seen.

    Attributes:
        function: where it is, as `package.module:function`.
        side: pixels to which a picture's longer side is reduced, if it is longer.
    """

    function: str = Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$")
    side: Annotated[int, Field(ge=1)] = 512


class Models(Params):
    """What is given. Add each path to the `deps` of the stage in dvc.yaml.

    Attributes:
        clip: folder with the weights of a trained CLIP, for `clip_score` and `embedding`.
        clip_crops: squares of a picture whose mean is its embedding: 1 in its middle, or 3 with those at both
            ends of its longer side, for what is to be found wherever it is. The score is of the middle.
        whisper: folder with the weights of a trained Whisper, for `spoken_language`.
        nsfw: probability that a picture is not safe for work.
        watermark: probability that a picture bears a watermark.
        faces: how many faces a picture shows.
    """

    clip: Path | None = None
    clip_crops: Literal[1, 3] = 1
    whisper: Path | None = None
    nsfw: Hook | None = None
    watermark: Hook | None = None
    faces: Hook | None = None

    def artifacts(self) -> dict[str, Path]:
        """Folders with weights that are given, by the name of their system."""
        given = {"clip": self.clip, "whisper": self.whisper}
        return {name: folder for name, folder in given.items() if folder is not None}

    def hooks(self) -> dict[str, Hook]:
        """Functions that are given, by the column that they fill."""
        given = {"nsfw": self.nsfw, "watermark": self.watermark, "faces": self.faces}
        return {column: hook for column, hook in given.items() if hook is not None}


class ScoreParams(Params):
    """What is measured beyond what needs no model.

    Attributes:
        models: that look at the samples.
        batch: samples that a model sees at once.
    """

    models: Models = Models()
    batch: Annotated[int, Field(ge=1)] = 32
