"""A data card per source: how much of it there is, under which licences, and what became of it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.report.tables import ask

_LINES = """
    SELECT source, CASE status WHEN 'ok' THEN 'ok' ELSE status || ': ' || reason END AS fate, count(*)
    FROM ledger GROUP BY ALL ORDER BY source, 3 DESC, fate
"""
_LICENCES = "SELECT source, licence, count(*) FROM scored GROUP BY ALL ORDER BY source, 3 DESC, licence"
_LANGUAGES = "SELECT source, language, count(*) FROM scored GROUP BY ALL ORDER BY source, 3 DESC, language"
_SIZES = """
    SELECT source, count(*), count(kept.key), count(DISTINCT speaker) FILTER (kept.key IS NOT NULL),
        sum(round(1000 * seconds)::BIGINT) FILTER (kept.key IS NOT NULL),
        sum(width::BIGINT * height) FILTER (kept.key IS NOT NULL),
        quantile_disc(width, 0.5), quantile_disc(height, 0.5)
    FROM scored LEFT JOIN kept USING (key, source) GROUP BY source ORDER BY source
"""


@dataclass(frozen=True)
class SourceCard:
    """The facts of one source.

    Attributes:
        lines: manifest lines by what became of them: `ok`, or `failed: <reason>` and `refused: <reason>`.
        licences: samples by SPDX identifier, most frequent first.
        languages: samples by BCP 47 code, most frequent first.
        samples: that were scored.
        kept: of these, how many were kept.
        speakers: of the kept samples; 0 where nobody named them.
        seconds: of the kept recordings; None for pictures.
        pixels: of the kept pictures; None for recordings.
        size: median width and height of the pictures; None for recordings.
    """

    lines: dict[str, int]
    licences: dict[str, int]
    languages: dict[str, int]
    samples: int
    kept: int
    speakers: int
    seconds: float | None
    pixels: int | None
    size: tuple[int, int] | None

    @property
    def set_aside(self) -> dict[str, int]:
        """The lines that yielded nothing, by reason."""
        return {fate: count for fate, count in self.lines.items() if fate != "ok"}


def read_sources(data: Path, corpus: str) -> dict[str, SourceCard]:
    """The data cards of a corpus by source; none if it was not scored and filtered yet.

    Raises:
        BadDataError: a table is damaged.
    """
    scored = data / "scored" / corpus / "*.parquet"
    sizes = ask(_SIZES, scored=scored, kept=data / "filtered" / corpus / "decisions" / "kept.parquet")
    lines = _counts(ask(_LINES, ledger=data / "ingested" / corpus / "*.ledger.parquet"))
    licences = _counts(ask(_LICENCES, scored=scored))
    languages = _counts(ask(_LANGUAGES, scored=scored))
    return {
        source: SourceCard(
            lines[source],
            licences[source],
            languages[source],
            samples,
            kept,
            speakers,
            None if milliseconds is None else milliseconds / 1000,
            None if pixels is None else int(pixels),
            None if width is None else (width, height),
        )
        for source, samples, kept, speakers, milliseconds, pixels, width, height in sizes or ()
    }


def _counts(rows: Iterable[tuple[Any, ...]] | None) -> dict[str, dict[str, int]]:
    """Rows of (source, name, count) as counts by name, by source."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for source, name, number in rows or ():
        counts[source][name] = number
    return counts
