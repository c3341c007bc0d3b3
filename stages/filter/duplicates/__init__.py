"""Which samples are duplicates, and of which one: across all shards, with the first in key order kept."""

from stages.core.params import Params
from stages.filter.base import Comparison
from stages.filter.duplicates.content import SameContent
from stages.filter.duplicates.file import SameFile
from stages.filter.duplicates.near_audio import NearAudio
from stages.filter.duplicates.near_embedding import NearEmbedding
from stages.filter.duplicates.near_image import NearImage
from stages.filter.duplicates.near_text import NearText
from stages.filter.duplicates.text import SameText
from stages.filter.duplicates.url import SameLink

_REASONS = {
    "url": "duplicate_url",
    "bytes": "duplicate_bytes",
    "exact": "duplicate",
    "text": "duplicate_text",
    "near_image": "near_duplicate_image",
    "near_embedding": "near_duplicate_embedding",
    "near_audio": "near_duplicate_audio",
    "near_text": "near_duplicate_text",
}


class Duplicates(Params):
    """Section `duplicates` of a filter; what is not there is not looked for. The order is that of asking."""

    url: SameLink | None = None
    bytes: SameFile | None = None
    exact: SameContent | None = None
    text: SameText | None = None
    near_image: NearImage | None = None
    near_embedding: NearEmbedding | None = None
    near_audio: NearAudio | None = None
    near_text: NearText | None = None

    def asked(self) -> dict[str, Comparison]:
        """The searches of this section by reason, in their order."""
        found = {reason: getattr(self, name) for name, reason in _REASONS.items()}
        return {reason: comparison for reason, comparison in found.items() if comparison is not None}
