"""What to do about a reason for failure that is common, in a word to the person who waits for the run."""

_BY_REASON = {
    "bad_link": "look at the `url` or `file` column",
    "bad_scheme": "only http, https and s3 links are followed, and paths where the manifest is local",
    "bad_text": "look at the `text` column",
    "connection": "check this machine's network; lower fetch.concurrency if it works",
    "deadline": "the servers are slow: raise fetch.deadline, or lower fetch.concurrency",
    "empty_text": "look at the `text` column",
    "host_not_found": "name look-ups fail: use a caching resolver of your own, or lower fetch.concurrency",
    "http_403": "the servers refuse us; nothing to be done but asking their owners",
    "http_404": "the links have died; a newer list may help",
    "http_410": "the links have died; a newer list may help",
    "http_429": "the servers ask for fewer requests: lower fetch.concurrency, and retry later",
    "not_found": "the files are not below the root: check `root` and the `file` column",
    "outside_root": "the paths leave the root: check `root`, or allow_absolute",
    "private_address": "the hosts are inside your network: open it by fetch.allow_private if that is meant",
    "timeout": "the servers are slow: raise fetch.deadline, or lower fetch.concurrency",
    "too_large": "raise bounds.bytes if such files are wanted",
    "too_long": "raise bounds.seconds if such recordings are wanted",
    "too_many_pixels": "raise bounds.pixels if such images are wanted",
    "unknown_format": "the links may lead to pages and not to files; open one in a browser",
}
_BY_STATUS = {
    "refused": "what is refused stays out; it is counted in the ledger",
    "failed": "the ledger names each line; stop now if that is too many, nothing is lost",
}


def advice(status: str, reason: str) -> str:
    """One clause that says what may help against a reason."""
    if reason.startswith("http_5"):
        return "the servers are in trouble: later, `--retry transient` tries these links alone"
    return _BY_REASON.get(reason, _BY_STATUS[status])
