"""What the corpora of speech have in common: splits by the names of files and folders, and languages."""

_HELD_OUT = ("dev", "test", "validation")


def split_of(name: str) -> str | None:
    """The split that a subset's name says: `train-clean-100` trains, `test-other` is held out as such."""
    plain = name.lower().replace("-", "_")
    if plain.startswith("train"):
        return "train"
    return plain if plain.startswith(_HELD_OUT) else None
