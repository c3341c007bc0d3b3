"""What evaluation sets hold must not be trained on: the searches for duplicates, against named sets.

Only training samples are compared; what the corpus itself holds out is compared by `contamination.py`. A set
either drops what it shares with training, or only has it counted: Radford et al., "Learning Transferable
Visual Models From Natural Language Supervision", 2021, section 5, report the overlap and keep it; the authors
of Whisper and of DataComp remove it.
"""

from collections.abc import Iterator
from typing import Literal

import duckdb
import pyarrow as pa
from pydantic import Field

from stages.core.params import Params
from stages.core.records import Name
from stages.filter.base import Comparison
from stages.filter.decontaminate.ngrams import SharedRun
from stages.filter.decontaminate.references import load_references
from stages.filter.duplicates.content import SameContent
from stages.filter.duplicates.file import SameFile
from stages.filter.duplicates.likeness import Likeness
from stages.filter.duplicates.near_audio import NearAudio
from stages.filter.duplicates.near_embedding import NearEmbedding
from stages.filter.duplicates.near_image import NearImage
from stages.filter.duplicates.near_text import NearText
from stages.filter.duplicates.text import SameText
from stages.filter.splits import TRAIN

_COMPARED = f"""
    CREATE OR REPLACE VIEW contaminants_compared AS
    SELECT * REPLACE ('' AS source) FROM contaminants_references
    UNION ALL BY NAME
    SELECT place, key, '' AS source, {{columns}} FROM standing WHERE split = '{TRAIN}'
"""  # noqa: S608 - the names are ours
_NOTE = "INSERT INTO contaminants SELECT key, value, $rank, $drops FROM contaminants_found"
_COUNT = "INSERT INTO counts SELECT $name, count(DISTINCT key) FROM contaminants WHERE rank >= $from"
_FOUND = "CREATE OR REPLACE TABLE contaminants (key VARCHAR, value VARCHAR, rank INTEGER, dropped BOOLEAN)"


class By(Params):
    """What makes a sample like one of a set; what is not there is not looked for.

    Sources are not told apart here, so `across_sources` has no meaning.
    """

    bytes: SameFile | None = None
    content: SameContent | None = None
    text: SameText | None = None
    ngrams: SharedRun | None = None
    near_text: NearText | None = None
    near_image: NearImage | None = None
    near_embedding: NearEmbedding | None = None
    near_audio: NearAudio | None = None

    def asked(self) -> dict[str, Likeness]:
        """The searches by name, in the order of the fields."""
        found = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: likeness for name, likeness in found.items() if likeness is not None}


class EvaluationSet(Params):
    """One set of samples that must not be trained on.

    Attributes:
        tables: a folder of scored tables such as data/scored/evalset, or one table. A table needs a key and
            the columns that the searches look at, no more.
        action: whether to drop what is found, or only to count it.
        by: the searches.
    """

    tables: str
    action: Literal["drop", "report"] = "drop"
    by: By


class Decontaminate(Comparison):
    """Section `decontaminate`: training samples that are like one of an evaluation set.

    The value is `<set>:<key>`, of the first set and search that found it. Counts `overlap/<set>` and
    `overlap/<set>/<search>` say how many training samples each found, dropped or not.

    Attributes:
        sets: by name, in their order.
    """

    sets: dict[Name, EvaluationSet] = Field(min_length=1)

    @property
    def columns(self) -> frozenset[str]:  # type: ignore[override]
        """What all searches look at."""
        return frozenset().union(*(likeness.columns for likeness in self._searches()))

    @property
    def inputs(self) -> frozenset[str]:  # type: ignore[override]
        """What all searches derive from."""
        return frozenset().union(*(likeness.inputs for likeness in self._searches()))

    def derive(self, rows: pa.Table) -> dict[str, pa.Array]:
        """What all searches derive."""
        derived: dict[str, pa.Array] = {}
        for likeness in self._searches():
            derived |= likeness.derive(rows)
        return derived

    def drops(self, database: duckdb.DuckDBPyConnection, seed: int) -> duckdb.DuckDBPyRelation:
        """Search each set in turn."""
        del seed
        database.execute(_FOUND)
        for rank, (name, chosen) in enumerate(self.sets.items()):
            _search(database, name, chosen, rank)
        query = "SELECT key, arg_min(value, rank) AS value FROM contaminants WHERE dropped GROUP BY key"
        return database.sql(query)

    def _searches(self) -> Iterator[Likeness]:
        for chosen in self.sets.values():
            yield from chosen.by.asked().values()


def _search(database: duckdb.DuckDBPyConnection, name: str, chosen: EvaluationSet, rank: int) -> None:
    """Note what is like one of a set, and count it."""
    searches = chosen.by.asked()
    columns = load_references(database, name, chosen.tables, list(searches.values()))
    database.execute(_COMPARED.format(columns=", ".join(f'"{column}"' for column in columns)))
    drops = chosen.action == "drop"
    for place, (kind, likeness) in enumerate(searches.items()):
        found = likeness.matches(database, "contaminants_compared", against=True)
        found.create_view("contaminants_found", replace=True)
        values = {"rank": rank * len(By.model_fields) + place, "drops": drops}
        database.execute(_NOTE, values)
        database.execute(_COUNT, {"name": f"overlap/{name}/{kind}", "from": values["rank"]})
    database.execute(_COUNT, {"name": f"overlap/{name}", "from": rank * len(By.model_fields)})
