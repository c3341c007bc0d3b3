"""SPDX identifiers from the addresses by which corpora name their licences."""

import re

UNKNOWN = "LicenseRef-unknown"  # of the web's images: their owners were not asked
_NO_RESTRICTIONS = "LicenseRef-no-known-copyright-restrictions"
_US_GOVERNMENT = "LicenseRef-US-government-work"
_CREATIVE_COMMONS = re.compile(r"creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/(\d\.\d)")
_OTHERS = {
    "flickr.com/commons/usage": _NO_RESTRICTIONS,
    "usa.gov/copyright": _US_GOVERNMENT,
}
_PUBLIC_DOMAIN = {"zero": "CC0-1.0", "mark": "LicenseRef-CC-Public-Domain-Mark-1.0"}


def spdx(address: object) -> str:
    """The identifier of a licence by its address; `LicenseRef-unknown` if there is none that we know.

    >>> spdx("http://creativecommons.org/licenses/by-nc-sa/2.0/")
    'CC-BY-NC-SA-2.0'
    """
    if not isinstance(address, str):
        return UNKNOWN
    if found := _CREATIVE_COMMONS.search(address):
        family, terms, version = found.groups()
        return (
            _PUBLIC_DOMAIN.get(terms, UNKNOWN)
            if family == "publicdomain"
            else f"CC-{terms.upper()}-{version}"
        )
    return next((identifier for part, identifier in _OTHERS.items() if part in address), UNKNOWN)
