import hashlib

from stages.report.lineage import read_chains, read_pins
from stages.report.pipeline import read_stages


def chain_of(repository, name):
    return read_chains(repository, read_stages(repository)).get(name)


def test_the_chain_leads_from_the_manifests_to_the_metrics(repository):
    chain = chain_of(repository, "clip")
    assert chain is not None
    assert chain.whole
    assert [link.path.split("/")[1] for link in chain.links] == [
        "ingested",
        "filtered",
        "shards",
        "models",
        "evals",
    ]
    weights = chain.links[3]
    assert weights.sha256 == hashlib.sha256(b"clip").hexdigest()
    assert weights.md5 == "3" * 32 + ".dir"
    assert chain.links[2].md5 == "1" * 32
    assert chain.links[4].md5 == ""


def test_the_parameters_on_the_way(repository):
    chain = chain_of(repository, "clip")
    assert chain is not None
    params = dict(chain.params)
    assert params["seed"] == "7"
    assert params["systems.clip.recipe.steps"] == "300"
    assert params["filter.images.smallest"] == "32"
    assert "filter.speech.shortest" not in params


def test_a_missing_link_is_a_gap(repository):
    (repository / "data/evals/clip/metrics.json").unlink()
    chain = chain_of(repository, "clip")
    assert chain is not None
    assert not chain.whole
    assert [bool(link.sha256) for link in chain.links] == [True, True, True, True, False]


def test_a_changed_ledger_changes_the_chain(repository):
    before = chain_of(repository, "clip")
    path = repository / "data/ingested/images/00000.ledger.parquet"
    path.write_bytes(path.read_bytes() + b" ")
    after = chain_of(repository, "clip")
    assert before is not None
    assert after is not None
    assert before.links[0].sha256 != after.links[0].sha256


def test_only_outputs_are_pinned(repository):
    assert "stages/core" not in read_pins(repository)
    (repository / "dvc.lock").unlink()
    assert read_pins(repository) == {}


def test_a_system_without_stages_has_no_chain(repository):
    assert chain_of(repository, "glide") is None
