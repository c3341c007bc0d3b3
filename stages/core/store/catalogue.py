"""`tars/store.json`: which tars a corpus has in S3, and the sha256 of each.

It stands where the tars would stand, so that DVC's output is the folder `tars/` in either case, dvc.yaml is
the same for both, and a tar that changes makes stale what was made of it. An object's name holds its hash: a
new run overwrites nothing, and the index of an old commit keeps finding its tars.
"""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from stages.core.errors import BadDataError
from stages.core.files import write_json

CATALOGUE_NAME = "store.json"


class Stored(BaseModel):
    """A tar in the store."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    bytes: int = Field(ge=0)

    def object_name(self, tar: str) -> str:
        """`train-00000.tar` as an object: `train-00000.<sha256>.tar`."""
        return f"{tar.removesuffix('.tar')}.{self.sha256}.tar"


class Catalogue(BaseModel):
    """The tars of a corpus by name, and the store that has them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    store: str
    tars: dict[str, Stored]


def read_catalogue(folder: Path) -> Catalogue | None:
    """The catalogue in a folder `tars/`; None if the tars are there themselves.

    Raises:
        BadDataError: it is damaged.
    """
    path = folder / CATALOGUE_NAME
    try:
        return Catalogue.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise BadDataError(f"{path}: damaged ({error.errors()[0]['msg']}); run `dvc repro shard`") from error


def write_catalogue(folder: Path, catalogue: Catalogue) -> None:
    """Write it, the same bytes for the same tars."""
    write_json(folder / CATALOGUE_NAME, catalogue.model_dump())
