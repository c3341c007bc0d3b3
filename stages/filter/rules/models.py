"""Rules about what a model saw in a picture. `score` fills these features if the model was given to it."""

from typing import Self

import pandas as pd
from pydantic import Field, model_validator

from stages.filter.rules.base import Rule, Verdict


class NotSafe(Rule):
    """Drop pictures that are not safe for work.

    Attributes:
        probability: the highest to keep.
    """

    columns = frozenset({"nsfw"})

    probability: float = Field(ge=0, le=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the probability."""
        return Verdict(rows["nsfw"] > self.probability, rows["nsfw"])


class Watermark(Rule):
    """Drop pictures with a watermark.

    Attributes:
        probability: the highest to keep.
    """

    columns = frozenset({"watermark"})

    probability: float = Field(ge=0, le=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the probability."""
        return Verdict(rows["watermark"] > self.probability, rows["watermark"])


class Faces(Rule):
    """Drop pictures with too many faces.

    Attributes:
        count: the most to keep.
    """

    columns = frozenset({"faces"})

    count: int = Field(ge=0)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the number of faces."""
        return Verdict(rows["faces"] > self.count, rows["faces"])


class LowClipScore(Rule):
    """Drop pairs whose picture and text are far from each other in the eyes of a CLIP.

    Attributes:
        cosine: the lowest to keep; or share: the fraction of the pool with the highest scores, which
        `stages.filter.pool` turns into a cosine. by_language: other cosines for texts of some languages, by
        `text_language`.
    """

    columns = frozenset({"clip_score", "text_language"})

    cosine: float | None = Field(default=None, ge=-1, le=1)
    share: float | None = Field(default=None, gt=0, lt=1)
    by_language: dict[str, float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.cosine is None) == (self.share is None):
            raise ValueError("set either cosine or share")
        return self

    def needs(self) -> frozenset[str]:
        """The language only if a bound depends on it."""
        return self.columns if self.by_language else self.columns - {"text_language"}

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the cosine."""
        bounds = rows["text_language"].map(self.by_language).astype(float).fillna(self.cosine)
        return Verdict(rows["clip_score"] < bounds, rows["clip_score"])
