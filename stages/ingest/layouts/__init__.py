"""Corpora whose form is known: `layout: librispeech` in params.yaml, and `manifest` names its root."""

from stages.ingest.layouts.coco import COCO
from stages.ingest.layouts.common_voice import COMMON_VOICE
from stages.ingest.layouts.conceptual import CC3M, CC12M
from stages.ingest.layouts.coyo import COYO
from stages.ingest.layouts.datacomp import DATACOMP
from stages.ingest.layouts.fleurs import FLEURS
from stages.ingest.layouts.laion import LAION
from stages.ingest.layouts.layout import Layout
from stages.ingest.layouts.librispeech import LIBRISPEECH
from stages.ingest.layouts.mls import MLS
from stages.ingest.layouts.tedlium import TEDLIUM
from stages.ingest.layouts.voxpopuli import VOXPOPULI
from stages.ingest.layouts.webdataset import WEBDATASET
from stages.ingest.layouts.yfcc import YFCC

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        LAION, DATACOMP, CC3M, CC12M, COYO, COCO, YFCC,
        COMMON_VOICE, LIBRISPEECH, MLS, VOXPOPULI, FLEURS, TEDLIUM, WEBDATASET,
    )
}  # fmt: skip
READY = WEBDATASET.name  # its tars need no plan of single files: `stages.ingest.ready`
