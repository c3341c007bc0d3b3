"""The page: everything that was read, in one HTML file that makes no request."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stages.report.cards import Library, SystemCard, read_card
from stages.report.charts import CURVE_SIZE
from stages.report.claims import VERDICTS, Standing, read_standings
from stages.report.embed import Budget
from stages.report.funnel import Funnel, read_funnel
from stages.report.lineage import read_chains
from stages.report.picture import NODE_SIZE, draw_pipeline
from stages.report.pipeline import Stage, feeds, read_stages
from stages.report.samples import Shelf, read_shelves
from stages.report.templating import asset, environment
from stages.report.text import count, number
from stages.report.tree import read_json

# Bytes of data URIs. With the text around them the page stays below 12 MB.
_SAMPLES, _FIGURES = 7_000_000, 4_000_000


@dataclass(frozen=True)
class Corpus:
    """A corpus on the page: its name, its funnel and samples of each source."""

    name: str
    funnel: Funnel | None
    shelves: tuple[Shelf, ...]


def render(root: Path) -> str:
    """The page for the repository at `root`.

    Raises:
        BadConfigError: dvc.yaml or params.yaml cannot be read.
        BadDataError: a file that is there is damaged.
    """
    stages = read_stages(root)
    data = root / "data"
    corpora = read_corpora(data, stages)
    standings = read_standings(data)
    cards = read_cards(root, standings, stages)
    script, style = asset("player.js"), asset("style.css")
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            corpora=corpora,
            cards=cards,
            standings=standings,
            tally=tally(standings),
            verdicts=VERDICTS,
            pictures=[draw_pipeline(feeds(stages), downwards=downwards) for downwards in (False, True)],
            node_size=NODE_SIZE,
            curve_size=CURVE_SIZE,
            stages=stages,
            notes=stage_notes(root, stages, corpora, standings),
            missing=missing_outs(root, stages),
            script=script,
            script_hash=_content_hash(script),
            style=style,
        )
    )


def read_corpora(data: Path, stages: Mapping[str, Stage]) -> list[Corpus]:
    """The corpora that dvc.yaml shards, each with what there is of it."""
    names = sorted(stage.item for stage in stages.values() if stage.verb == "shard")
    funnels = {name: read_funnel(data, name) for name in names}
    waiting = sum(len(funnel.sources) for funnel in funnels.values() if funnel)
    left = _SAMPLES
    corpora = []
    for name, funnel in funnels.items():
        here = len(funnel.sources) if funnel else 0
        share = left * here // max(waiting, 1)
        shelves, unused = read_shelves(data, name, share)
        left, waiting = left - share + unused, waiting - here
        corpora.append(Corpus(name, funnel, tuple(shelves)))
    return corpora


def read_cards(root: Path, standings: Iterable[Standing], stages: Mapping[str, Stage]) -> list[SystemCard]:
    """The cards of all systems; figures and tables share what weight is left."""
    library, budget, chains = Library(root / "data"), Budget(_FIGURES), read_chains(root, stages)
    return [read_card(root, standing, chains.get(standing.name), library, budget) for standing in standings]


def tally(standings: Iterable[Standing]) -> dict[str, int]:
    """How many systems are measured, and how the claims of all ten fared."""
    standings = list(standings)
    return {
        "systems": len(standings),
        "measured": sum(standing.state == "measured" for standing in standings),
        **{verdict: sum(standing.verdicts[verdict] for standing in standings) for verdict in VERDICTS},
    }


def missing_outs(root: Path, stages: Mapping[str, Stage]) -> set[str]:
    """Stages that have not left all of their outputs; the report itself is being written."""
    return {
        stage.name
        for stage in stages.values()
        if stage.verb != "report" and not all((root / out).exists() for out in stage.outs)
    }


def stage_notes(
    root: Path, stages: Mapping[str, Stage], corpora: Iterable[Corpus], standings: Iterable[Standing]
) -> dict[str, str]:
    """A few words of what each stage yielded, by the stage's name."""
    notes = {name: "this page" for name, stage in stages.items() if stage.verb == "report"}
    for corpus in corpora:
        if corpus.funnel is not None:
            notes[f"ingest@{corpus.name}"] = f"{count(sum(corpus.funnel.lines.values()))} lines"
            notes[f"score@{corpus.name}"] = f"{count(corpus.funnel.entered)} samples"
            notes[f"filter@{corpus.name}"] = f"{count(corpus.funnel.kept)} kept"
            tars = len(list((root / "data" / "shards" / corpus.name / "tars").glob("*.tar")))
            notes[f"shard@{corpus.name}"] = f"{count(tars)} tar" + ("s" if tars != 1 else "")
    for standing in standings:
        training = read_json(root / "data" / "models" / standing.name / "train.json") or {}
        if "step" in training:
            notes[f"train@{standing.name}"] = f"{number(training['step'])} steps"
        if standing.metrics:
            notes[f"evaluate@{standing.name}"] = f"{count(len(standing.metrics))} metrics"
    return notes


def _content_hash(script: str) -> str:
    """The hash by which the page's security policy allows this script and no other."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
