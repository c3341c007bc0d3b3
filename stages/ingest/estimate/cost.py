"""Hours from lines, bytes and a machine: plain arithmetic over assumptions that are printed beside it.

Four things bound the time: cores, the line, how many requests may be under way, and what one host is asked
for at most. They work at the same time, so that the slowest decides.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

from stages.core.errors import BadConfigError
from stages.ingest.params import Fetch

PICTURE_CPU = (
    5.5e-3  # seconds: a JPEG or PNG (3 to 1) of 512 px decoded, reduced to 256 and encoded, measured
)
SOUND_CPU = (
    12.0  # seconds per hour of sound: Opus at 48 kHz to FLAC, measured; FLAC, Vorbis and MP3 take 2 to 6
)
READY_CPU = 1.0e-3  # seconds: the headers and hashes of a ready sample
REQUEST_SECONDS = (
    1.2  # under way: 16 x 64 threads made 850 requests/s (img2dataset, cc3m.md), dead links included
)
ALIVE = (
    0.85  # of links: a year after LAION-5B, 15 % did not give the picture any more (img2dataset, laion5B.md)
)
SAMPLE_SECONDS = 10.0  # of a recording of which nothing is known
UNKNOWN_BYTES = {"image": 192_000, "audio": 150_000}  # of a file of which nothing is known: LAION's pictures
READY_SAMPLES = 10_000  # in a ready tar of the network: img2dataset's default
READY_BYTES = 35_000  # of a ready sample: 450 GB for the 12.8 million of DataComp's small pool


@dataclass(frozen=True)
class Machine:
    """What the work runs on; by default the one of img2dataset's figures, at a usual price.

    Attributes:
        cores: that work.
        megabits: per second of the line.
        dollars: per hour; 0.68 is the list price of a c6i.4xlarge in us-east-1.
    """

    cores: int = 16
    megabits: float = 2_000.0
    dollars: float = 0.68

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `cores,Mbit/s,dollars per hour`.

        Raises:
            BadConfigError: it is something else.
        """
        try:
            cores, megabits, dollars = text.split(",")
            machine = cls(int(cores), float(megabits), float(dollars))
        except ValueError as error:
            raise BadConfigError(
                f"machine {text!r}: expected cores,Mbit/s,dollars per hour: 16,2000,0.68"
            ) from error
        numbers = (machine.cores, machine.megabits, machine.dollars)
        if (
            not all(map(math.isfinite, numbers))
            or machine.cores < 1
            or machine.megabits <= 0
            or machine.dollars < 0
        ):
            raise BadConfigError(f"machine {text!r}: expected positive numbers")
        return machine

    def __str__(self) -> str:
        return f"{self.cores} cores, {self.megabits:g} Mbit/s, ${self.dollars:g} an hour"


@dataclass(frozen=True)
class Work:
    """What there is to do.

    Attributes:
        kind: of pair, or ready samples.
        lines: files to read.
        remote: how many of them come by the network.
        item_bytes: of a file.
        item_seconds: of a recording.
        hosts: how many of the lines each host has.
        alive: the share of remote files that are still there.
        archive_bytes: to be fetched as archives before.
    """

    kind: Literal["audio", "image", "ready"]
    lines: float
    remote: float
    item_bytes: float
    item_seconds: float = SAMPLE_SECONDS
    hosts: Mapping[str, float] = field(default_factory=dict)
    alive: float = ALIVE
    archive_bytes: float = 0.0

    @property
    def read(self) -> float:
        """Files that there will be."""
        return self.lines - self.remote * (1 - self.alive)

    @property
    def bytes(self) -> float:
        """That are read."""
        return self.read * self.item_bytes

    @property
    def cpu(self) -> float:
        """Seconds of a core."""
        per_item = {"image": PICTURE_CPU, "audio": SOUND_CPU * self.item_seconds / 3600, "ready": READY_CPU}
        return self.read * per_item[self.kind]

    def hours(self, machine: Machine, fetch: Fetch) -> dict[str, float]:
        """By what bounds the time."""
        busiest = max(self.hosts.values(), default=0.0)
        rate = fetch.host.requests_per_second
        network_bytes = self.remote * self.alive * self.item_bytes + self.archive_bytes
        seconds = {
            "cores": self.cpu / machine.cores,
            "network": network_bytes * 8 / (machine.megabits * 1e6),
            "requests under way": self.remote * REQUEST_SECONDS / (machine.cores * fetch.concurrency),
            "busiest host": busiest / rate if rate else 0.0,
        }
        return {name: value / 3600 for name, value in seconds.items()}
