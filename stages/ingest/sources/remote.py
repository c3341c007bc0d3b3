"""Manifests of the network: listed where that is possible, and brought to this machine."""

import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from stages.core.errors import BadConfigError, BadDataError, TryAgainError
from stages.core.files import replacing
from stages.core.safety import BadItemError
from stages.ingest.fetch import Fetcher, link_scheme
from stages.ingest.params import Fetch
from stages.ingest.sources.names import anchor, choose, expand, matches

_DEADLINE = 3600.0  # seconds for a manifest


def remote_names(manifest: str, patterns: Sequence[str]) -> list[str]:
    """The links that a manifest's name means: braces written out, folders and patterns of S3 listed.

    Args:
        manifest: the name.
        patterns: of the file names that the source's layout expects in a folder.

    Raises:
        BadConfigError: a folder or a pattern by http, which has no such thing.
    """
    found: list[str] = []
    for name in expand(manifest):
        if link_scheme(name) != "s3":
            if name.endswith("/"):
                raise BadConfigError(
                    f"{manifest}: http cannot list a folder; name its files, with braces if they are many "
                    "(part-{00000..00127}.parquet)"
                )
            found.append(name)
            continue
        folder, pattern = anchor(name.removeprefix("s3://"))
        if not pattern and not name.endswith("/"):
            found.append(name)
            continue
        files = [key.removeprefix(folder + "/") for key in _list(folder)]
        chosen = matches(files, pattern) if pattern else choose(files, patterns)
        found += [f"s3://{folder}/{key}" for key in chosen]
    return found


def _list(folder: str) -> Iterator[str]:
    """Bucket and key of each object below a folder."""
    from boto3.session import Session  # noqa: PLC0415 - heavy, and only some corpora need it
    from botocore import exceptions  # noqa: PLC0415

    bucket, _, prefix = folder.partition("/")
    pages = Session().client("s3").get_paginator("list_objects_v2")
    try:
        for page in pages.paginate(Bucket=bucket, Prefix=f"{prefix}/" if prefix else ""):
            for entry in page.get("Contents", ()):
                yield f"{bucket}/{entry['Key']}"
    except exceptions.ClientError as error:
        raise BadDataError(
            f"s3://{folder}: cannot be listed ({error}); check its name and your rights"
        ) from error
    except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
        raise BadConfigError(f"s3://{folder}: {error}; set AWS_ACCESS_KEY_ID or a profile") from error
    except exceptions.BotoCoreError as error:
        raise TryAgainError(f"s3://{folder}: cannot be listed ({error})") from error


class Download:
    """Brings manifests to this machine, each to a path that has the folders of its link.

    Args:
        params: how links are followed.
        source: the name of the source.
        folder: for the manifests of all sources.
    """

    def __init__(self, params: Fetch, source: str, folder: Path) -> None:
        self._params, self._source, self._folder = params, source, folder / source

    def __call__(self, link: str) -> Path:
        """Fetch one manifest.

        Raises:
            BadDataError: the link does not lead to a manifest.
            TryAgainError: it cannot be fetched for now.
        """
        parts = urlsplit(link)
        names = [name for name in parts.path.split("/") if name not in ("", ".", "..")]
        path = self._folder / posixpath.join(parts.hostname or "host", *names)
        try:
            with (
                Fetcher(self._params.by_name, self._params.manifest_bytes) as fetcher,
                replacing(path) as part,
                part.open("wb") as file,
            ):
                fetcher.save(link, file, _DEADLINE)
        except BadItemError as error:
            message = f"{link}: manifest of source '{self._source}' cannot be fetched ({error})"
            raise (TryAgainError if error.kind == "transient" else BadDataError)(message) from error
        return path
