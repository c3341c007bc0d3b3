"""Rules about the language of a text, and whether it is the one that is spoken."""

import pandas as pd
from pydantic import Field

from stages.filter.rules.base import Rule, Verdict

_ENGLISH = "en"
_UNKNOWN = "und"


class OtherLanguage(Rule):
    """Drop texts that are in none of the wanted languages.

    Attributes:
        wanted: BCP 47 codes. A text whose language cannot be told is in none of them.
    """

    columns = frozenset({"text_language"})

    wanted: frozenset[str] = Field(min_length=1)

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is the language, or `unknown`."""
        language = rows["text_language"].astype(object).fillna("unknown")
        return Verdict(~language.isin(self.wanted), language)


class LanguageMismatch(Rule):
    """Drop recordings whose transcript is in another language than the speech, unless it is English.

    English under another language is no mistake but a translation: the pair is kept for the task of speech
    translation. The spoken language is the one that is heard if a model for it was given to `score`, else the
    one that the manifest declares. Where either language is unknown or unsure, nothing is said.
    Source: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022, section 2.1.

    Attributes:
        spoken_score: the lowest probability with which the language that is heard is believed.
        characters: the fewest of a text whose language is believed.
    """

    columns = frozenset(
        {"characters", "language", "seconds", "spoken_language", "spoken_language_score", "text_language"}
    )

    spoken_score: float = Field(default=0.5, ge=0, le=1)
    characters: int = Field(default=20, ge=1)

    def needs(self) -> frozenset[str]:
        """What is heard may be missing: the language that the manifest declares takes its place."""
        return self.columns - {"spoken_language", "spoken_language_score"}

    def judge(self, rows: pd.DataFrame) -> Verdict:
        """The value is both languages."""
        spoken, written = self._languages(rows)
        return Verdict(self._differ(rows) & (written != _ENGLISH), written + " for " + spoken)

    def translated_from(self, rows: pd.DataFrame) -> "pd.Series[str]":
        """The spoken language where an English translation stands in place of a transcript, else null."""
        spoken, written = self._languages(rows)
        return spoken.where(self._differ(rows) & (written == _ENGLISH))

    def _differ(self, rows: pd.DataFrame) -> "pd.Series[bool]":
        spoken, written = self._languages(rows)
        known = (spoken != _UNKNOWN) & (written != _UNKNOWN) & (rows["characters"] >= self.characters)
        return rows["seconds"].notna() & known & (spoken != written)

    def _languages(self, rows: pd.DataFrame) -> tuple["pd.Series[str]", "pd.Series[str]"]:
        """What is spoken and what is written: primary subtags, `und` where it is not known."""
        heard = rows["spoken_language"].where(rows["spoken_language_score"] >= self.spoken_score)
        return _primary(heard.fillna(rows["language"])), _primary(rows["text_language"])


def _primary(languages: "pd.Series[str]") -> "pd.Series[str]":
    """`pt-BR` and `PT` as `pt`."""
    codes: pd.Series[str] = languages.astype(object).fillna(_UNKNOWN).astype(str)
    return codes.str.split("-").str[0].str.lower()
