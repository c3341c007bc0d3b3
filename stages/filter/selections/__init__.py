"""Selections: which of the samples to keep, where the answer needs the sight of many of them."""

from stages.core.params import Params
from stages.filter.base import Comparison
from stages.filter.selections.balance import MetadataBalance, QueryBalance
from stages.filter.selections.no_speech import NoSpeech
from stages.filter.selections.transcripts import MachineTranscript


class Selections(Params):
    """Section `selections` of a filter; what is not there is not asked."""

    machine_transcript: MachineTranscript | None = None
    no_speech: NoSpeech | None = None
    query_balance: QueryBalance | None = None
    metadata_balance: MetadataBalance | None = None

    def of_quality(self) -> dict[str, Comparison]:
        """Those that drop what is bad, asked before duplicates: no bad copy shall outlive a good one."""
        return _asked(machine_transcript=self.machine_transcript)

    def of_quantity(self) -> dict[str, Comparison]:
        """Those that drop what there is too much of: asked after duplicates, when copies no longer count."""
        return _asked(
            no_speech=self.no_speech,
            query_balance=self.query_balance,
            metadata_balance=self.metadata_balance,
        )


def _asked(**comparisons: Comparison | None) -> dict[str, Comparison]:
    return {name: comparison for name, comparison in comparisons.items() if comparison is not None}
