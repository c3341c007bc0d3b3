"""The pins of params.yaml: which package, which version, which bytes, under which licence."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from stages.core.params import PARAMS_FILE, Params, load

# The patterns keep a pin from becoming an option or a path on the client's command line.
Name = Annotated[str, StringConstraints(pattern=r"^(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9.+_-]*$")]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9][A-Za-z0-9.+:~_-]*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Package(Params):
    """One pinned package."""

    client: Literal["apt", "npm"]
    name: Name
    version: Version
    sha256: Sha256  # of the archive: a .deb, or npm's .tgz
    licence: str = Field(min_length=1)  # SPDX expression of the content that is used

    @property
    def slug(self) -> str:
        """The name as one plain path component: `@discordapp/twemoji` is `discordapp-twemoji`."""
        return self.name.lstrip("@").replace("/", "-")


def _distinct(packages: tuple[Package, ...]) -> tuple[Package, ...]:
    slugs = [package.slug for package in packages]
    repeated = sorted({slug for slug in slugs if slugs.count(slug) > 1})
    if repeated:
        raise ValueError(f"named more than once: {', '.join(repeated)}")
    return packages


class Corpus(Params):
    """The packages of one corpus."""

    packages: Annotated[tuple[Package, ...], Field(min_length=1), AfterValidator(_distinct)]


class Corpora(Params):
    """The `corpora` section: `full` is what it lists on top of `sample`."""

    sample: Corpus
    full: Corpus

    @model_validator(mode="after")
    def _disjoint(self) -> Self:
        _distinct(self.sample.packages + self.full.packages)
        return self


def read_pins(corpus: Literal["sample", "full"], params: Path = PARAMS_FILE) -> tuple[Package, ...]:
    """The pinned packages of a corpus, in the order of the file; those of `full` begin with the sample's.

    Raises:
        BadConfigError: a pin is incomplete, or a package is named twice.
    """
    corpora = load("corpora", Corpora, params)
    return corpora.sample.packages + (corpora.full.packages if corpus == "full" else ())
