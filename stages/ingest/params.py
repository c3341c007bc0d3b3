"""The section `ingest.<corpus>` of params.yaml: what is read, and within which bounds."""

import ipaddress
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from stages.core.params import Params
from stages.core.records import Name
from stages.ingest.layouts import LAYOUTS

ITEM_FIELDS = frozenset(
    {
        "file", "url", "text", "tags", "language", "translation", "speaker", "group", "split", "licence",
        "segments",
    }
)  # fmt: skip


def _check_network(text: str) -> str:
    ipaddress.ip_network(text)
    return text


def _check_range(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise ValueError("the first number is above the second")
    return pair


NetworkText = Annotated[str, AfterValidator(_check_network)]
Contact = Annotated[
    str, Field(pattern=r"^[!-'*-~]+$", max_length=200)
]  # visible ASCII, no brackets: a header
Directive = Annotated[str, Field(pattern=r"^[a-z]+$")]
Span = Annotated[tuple[float, float], AfterValidator(_check_range)]


class Bounds(Params):
    """What a single item may cost; anything beyond is set aside and counted."""

    bytes: int = Field(default=50_000_000, gt=0)  # of a file as it is read
    seconds: float = Field(default=600.0, gt=0)  # of a recording
    pixels: int = Field(default=50_000_000, gt=0)  # of an image, by its header
    characters: int = Field(default=10_000, gt=0)  # of a caption or transcript
    short_side: int | None = Field(default=None, gt=0)  # pixels; a longer one is reduced to it
    long_side: int | None = Field(default=None, gt=0)  # pixels; a longer one is reduced to it


class HostLimits(Params):
    """What one host is asked for at most, by all workers of this machine together."""

    requests_per_second: float | None = Field(default=10.0, gt=0)  # on average; null for no limit
    burst: int = Field(default=20, gt=0)  # requests at once after a pause
    connections: int = Field(default=6, gt=0)  # files under way at once, in each worker


class Honour(Params):
    """Which wishes of a site are honoured; a link that its site refuses is asked for once at most."""

    robots_txt: bool = True  # RFC 9309, as the agent `tenfold`
    robots_tag: tuple[Directive, ...] = ("noai", "noimageai", "noml")  # words of X-Robots-Tag that refuse
    tdm_reservation: bool = True  # the header of the TDM Reservation Protocol, with the value 1


NO_WISHES = Honour(robots_txt=False, robots_tag=(), tdm_reservation=False)


class Fetch(Params):
    """How links to the network are followed."""

    concurrency: int = Field(default=16, gt=0)  # files under way at once in each worker
    bytes_in_flight: int = Field(default=64_000_000, gt=0)  # of bodies that a worker holds
    deadline: float = Field(default=30.0, gt=0)  # seconds for a whole request, redirects included
    stall: float = Field(default=10.0, gt=0)  # seconds without a byte
    attempts: int = Field(default=3, gt=0)  # tries of a link whose error may pass
    longest_wait: float = Field(default=10.0, ge=0)  # seconds between two tries, or that a host may ask for
    manifest_bytes: int = Field(default=1_000_000_000, gt=0)  # of a manifest that is itself a link
    allow_private: tuple[NetworkText, ...] = ()  # networks such as 10.0.0.0/8 that are opened on purpose
    contact: Contact | None = None  # a link or address in the user agent, for those who want to complain
    host: HostLimits = HostLimits()
    honour: Honour = Honour()

    @property
    def by_name(self) -> "Fetch":
        """The same for what the user has named, such as a manifest: wishes are about what robots take."""
        return self.model_copy(update={"honour": NO_WISHES})


class Compose(Params):
    """A seeded recipe that strings single recorded words into utterances with exact timings.

    The words of one utterance share language and speaker. Strings that `stages.core.reserved` holds out get
    the split `strings`, the others `train`, unless the source fixes its split, and then all get that.
    """

    utterances: int = Field(ge=0)  # of the split `train`, or of the source's fixed split
    reserved: int = Field(default=0, ge=0)  # utterances of the split `strings`
    words: tuple[int, int] = (1, 6)  # how many words, both ends included
    gap: Span = (0.05, 0.25)  # seconds between words, and before the first and after the last
    seconds: float = Field(default=4.0, gt=0, le=30)  # the longest utterance
    silence: float = Field(default=-40.0, lt=0)  # dB below a recording's peak that counts as silence

    @model_validator(mode="after")
    def _check_words(self) -> Self:
        if not 1 <= self.words[0] <= self.words[1]:
            raise ValueError(f"words: expected 1 <= fewest <= most, found {list(self.words)}")
        return self


def _check_layout(name: str) -> str:
    if name not in LAYOUTS:
        raise ValueError(f"no layout {name!r}; there are {', '.join(LAYOUTS)}")
    return name


class Source(Params):
    """Manifests of one form, and what their lines mean.

    `manifest` is a path below the corpus's root, an absolute path, or an http(s) or s3 link; braces stand for
    several files (`part-{00000..00127}.parquet`), a folder or a pattern for those in it.
    """

    name: Name
    manifest: str
    layout: Annotated[str, AfterValidator(_check_layout)] | None = None  # a corpus whose form is known
    columns: dict[str, str] = Field(default={})  # our field -> the manifest's column, where the names differ
    where: dict[str, str | int | bool | tuple[str | int, ...]] = Field(
        default={}
    )  # column -> the value(s) to take
    licence: str | None = None  # SPDX identifier, where the manifest has no such column
    language: str | None = None  # BCP 47, where the manifest has no such column
    split: Name | None = None  # a source that is held out as a whole, or never
    allow_absolute: bool = False  # whether links may be absolute paths of this machine
    compose: Compose | None = None

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        unknown = sorted(set(self.columns) - ITEM_FIELDS)
        if unknown:
            raise ValueError(f"columns: no field {unknown}; there are {sorted(ITEM_FIELDS)}")
        return self


class IngestParams(Params):
    """A corpus: its kind of pair, its sources, its bounds."""

    kind: Literal["audio", "image"]
    root: str  # the folder that relative paths are below, and may not leave
    shard_samples: int = Field(default=1000, gt=0)  # manifest lines per shard
    bounds: Bounds = Bounds()
    fetch: Fetch = Fetch()
    sources: tuple[Source, ...]

    @model_validator(mode="after")
    def _check_sources(self) -> Self:
        names = [source.name for source in self.sources]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"sources: the name {twice[0]!r} is used twice")
        if self.kind != "audio" and any(source.compose for source in self.sources):
            raise ValueError("sources: only audio can be composed")
        for source in self.sources:
            kind = LAYOUTS[source.layout].kind if source.layout else None
            if kind not in (None, self.kind):
                raise ValueError(
                    f"sources: {source.name!r} has a layout of {kind}, the corpus is of {self.kind}"
                )
        return self
