"""Files beside the features that a decision rests on: metadata, a classifier, clusters, error rates.

params.yaml holds the digest of each, so that a decision is told by its parameters even where no DVC stage
makes the file: a list from elsewhere, or what an evaluation of an earlier model wrote. A dependency on that
evaluation would be a circle.
"""

from pathlib import Path
from typing import Annotated

from pydantic import StringConstraints

from stages.core.errors import BadDataError
from stages.core.files import digest
from stages.core.params import Params

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class PinnedFile(Params):
    """A file and its digest.

    Attributes:
        path: from the root of the repository, or absolute.
        sha256: what `sha256sum` prints for it.
    """

    path: Path
    sha256: Sha256

    def verified(self) -> Path:
        """The path of the file, whose bytes are those that params.yaml means.

        Raises:
            BadDataError: it is missing, or it is another file.
        """
        try:
            found = digest(self.path)
        except OSError as error:
            raise BadDataError(
                f"{self.path}: cannot be read ({error.strerror}); params.yaml names it"
            ) from error
        if found != self.sha256:
            raise BadDataError(
                f"{self.path}: its sha256 is {found}, and params.yaml expects {self.sha256}; "
                "bring the old file back, or set the new digest"
            )
        return self.path
