"""What an answer says about training: the header `X-Robots-Tag`, and the TDM Reservation Protocol.

`noai`, `noimageai` and `noml` say what the file may not be used for. `noindex` does not refuse by default: it
keeps a page out of search results, and image hosts send it for duplicates and previews. (img2dataset counts
`noindex` and `noimageindex` as refusals, too; whoever wants that lists them under `honour.robots_tag`.)

A tag may be addressed: `tenfold: noai` is for us, `otherbot: noai` is not, and one without a name is for all.
"""

import re
from collections.abc import Mapping, Sequence

from stages.core.safety import BadItemError
from stages.ingest.params import Honour

AGENT = "tenfold"  # how sites name us, in robots.txt and in X-Robots-Tag

_AGENT_NAME = re.compile(r"[a-z0-9*_.-]+\Z")
_WITH_VALUE = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})


def check_consent(headers: Mapping[str, str], honour: Honour) -> None:
    """Refuse an answer whose site reserves its use; nothing is ever asked again.

    Args:
        headers: by names in lower case, equal names joined by commas.
        honour: which wishes count.

    Raises:
        BadItemError: the site reserves the use (refused); the reason names its word.
    """
    if honour.tdm_reservation and headers.get("tdm-reservation", "").strip() == "1":
        raise BadItemError("opt_out_tdm", "the header tdm-reservation is 1", "refused")
    tag = headers.get("x-robots-tag")
    if tag is None:
        return
    for directive in _for_us(tag.lower().split(",")):
        if directive in honour.robots_tag:
            raise BadItemError(f"opt_out_{directive}", f"X-Robots-Tag: {tag}", "refused")


def _for_us(words: Sequence[str]) -> list[str]:
    """The directives of a tag that are for everybody or for us; a name holds until the next one.

    A comma inside a date looks like the end of a directive, and the time after it like a name: names have no
    spaces, so it is read as a directive that nobody knows.
    """
    found, agent = [], "*"
    for word in words:
        head, colon, rest = (part.strip() for part in word.partition(":"))
        if colon and head not in _WITH_VALUE and _AGENT_NAME.match(head):
            agent, head = head, rest
        if agent in ("*", AGENT):
            found.append(head)
    return found
