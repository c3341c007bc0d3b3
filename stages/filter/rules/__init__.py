"""The rules, in the fixed order in which they are asked: a sample is dropped by the first that condemns it.

The order goes from what makes other features meaningless (unreadable) over the text to sound and picture. It
is the order of the fields below, whatever the order in params.yaml; a rule that is not there is not asked.
"""

import pandas as pd

from stages.core.params import Params
from stages.filter.rules.audio import Clipped, Silent, SpeakingRate, TooLong, TooShort
from stages.filter.rules.base import Rule
from stages.filter.rules.embeddings import Classified, OutsideTarget
from stages.filter.rules.image import Aspect, Flat, TooSmall
from stages.filter.rules.language import LanguageMismatch, OtherLanguage
from stages.filter.rules.models import Faces, LowClipScore, NotSafe, Watermark
from stages.filter.rules.sample import FileSize, LicenceNotAllowed, Unreadable
from stages.filter.rules.sources import SourceErrorRate
from stages.filter.rules.speech import SpeechWithoutText, TextWithoutSpeech
from stages.filter.rules.text import (
    EmptyText,
    NoLetters,
    Repetition,
    ScriptMismatch,
    TextTooLong,
    TextTooShort,
    TooFewWords,
    TooManyWords,
)


class Rules(Params):
    """Section `rules` of a filter: each rule by its name, with its thresholds."""

    unreadable: Unreadable = Unreadable()
    licence_not_allowed: LicenceNotAllowed | None = None
    source_error_rate: SourceErrorRate | None = None
    file_size: FileSize | None = None
    empty_text: EmptyText | None = None
    text_too_short: TextTooShort | None = None
    text_too_long: TextTooLong | None = None
    too_few_words: TooFewWords | None = None
    too_many_words: TooManyWords | None = None
    no_letters: NoLetters | None = None
    script_mismatch: ScriptMismatch | None = None
    other_language: OtherLanguage | None = None
    repetition: Repetition | None = None
    too_short: TooShort | None = None
    too_long: TooLong | None = None
    silent: Silent | None = None
    clipped: Clipped | None = None
    speech_without_text: SpeechWithoutText | None = None
    text_without_speech: TextWithoutSpeech | None = None
    speaking_rate: SpeakingRate | None = None
    language_mismatch: LanguageMismatch | None = None
    too_small: TooSmall | None = None
    aspect: Aspect | None = None
    flat: Flat | None = None
    nsfw: NotSafe | None = None
    watermark: Watermark | None = None
    faces: Faces | None = None
    low_clip_score: LowClipScore | None = None
    people: Classified | None = None
    violence: Classified | None = None
    hate_symbols: Classified | None = None
    outside_target: OutsideTarget | None = None

    def asked(self) -> dict[str, Rule]:
        """The rules of this filter by name, in their order."""
        rules = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: rule for name, rule in rules.items() if rule is not None}


def judge(rows: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Ask every rule about every row.

    Args:
        rows: columns of stages.core.features.FEATURES, with any index.
        rules: the thresholds.

    Returns:
        With the index of `rows`: `reason`, the first rule that condemns, or null; and `value`, what that
        rule saw, as text.
    """
    verdicts = pd.DataFrame({"reason": None, "value": None}, index=rows.index, dtype=object)
    for name, rule in rules.asked().items():
        verdict = rule.judge(rows)
        fresh = verdict.condemned.fillna(value=False).astype(bool) & verdicts["reason"].isna()
        verdicts.loc[fresh, "reason"] = name
        verdicts.loc[fresh, "value"] = [describe(value) for value in verdict.value[fresh]]
    return verdicts


def describe(value: object) -> str:
    """A value that condemned, for a person: fractions in four digits, everything else as it is.

    A whole number is written the same whether nulls beside it have made a float of it or not.
    """
    if not isinstance(value, float):
        return str(value)
    return str(int(value)) if value.is_integer() else f"{value:.4g}"
