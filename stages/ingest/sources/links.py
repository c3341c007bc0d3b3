"""Links of a manifest, which are relative to where it lies."""

import posixpath
from urllib.parse import urljoin

from stages.ingest.fetch import Base, link_scheme


def join_link(base: Base, prefix: str, link: str) -> str:
    """A link that may be relative as one that leads from the base, or as a whole URL.

    Args:
        base: of the link's source.
        prefix: the folder of the manifest below the base, or the manifest's URL.
        link: as the manifest has it.
    """
    if link_scheme(link):
        return link
    if base.folder is None:
        return _join_remote(prefix, link)
    return posixpath.normpath(posixpath.join(prefix, link))


def _join_remote(manifest: str, link: str) -> str:
    """Relative to the manifest's URL. `urljoin` does not know s3, which has the same form as http."""
    if link_scheme(manifest) != "s3":
        return urljoin(manifest, link)
    return "s3" + urljoin("http" + manifest.removeprefix("s3"), link).removeprefix("http")
