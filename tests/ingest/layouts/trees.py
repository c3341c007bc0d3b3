"""The corpora's file trees as they are published, with made sound or a few pixels in each file."""

import bz2
import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile

from tests.ingest.material import png_bytes

Url = Callable[[str], str]  # the address of a picture by its name


def sound(seconds: float = 0.4, rate: int = 16_000, form: str = "FLAC") -> bytes:
    """A tone in a format of libsndfile's."""
    wave = 0.3 * np.sin(2 * np.pi * 300 * np.arange(int(seconds * rate)) / rate)
    file = io.BytesIO()
    subtype = {"OGG": "VORBIS", "OPUS": "OPUS", "MP3": "MPEG_LAYER_III"}.get(form, "PCM_16")
    soundfile.write(file, wave.astype(np.float32), rate, format=form.replace("OPUS", "OGG"), subtype=subtype)
    return file.getvalue()


def put(path: Path, content: bytes | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def tabs(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    put(path, "".join("\t".join(map(str, row)) + "\n" for row in rows))


def common_voice(root: Path) -> None:
    """Release 13: quotes are part of sentences, and older releases write a path without its ending."""
    head = [
        "client_id",
        "path",
        "sentence",
        "up_votes",
        "down_votes",
        "age",
        "gender",
        "accents",
        "variant",
        "locale",
        "segment",
    ]
    folder = root / "cv-corpus-13.0-2023-03-09" / "de"
    for number, split in enumerate(("train", "dev", "test", "validated")):
        name = f"common_voice_de_{number}"
        put(folder / "clips" / f"{name}.mp3", sound(form="MP3", rate=48_000))
        path = name if split == "dev" else f"{name}.mp3"
        tabs(
            folder / f"{split}.tsv",
            [head, [f"voice{number}", path, f'"Satz {number}', 2, 0, "", "", "", "", "de", ""]],
        )


def librispeech(root: Path) -> None:
    for subset, speaker in (("train-clean-100", "103"), ("dev-other", "116"), ("test-clean", "121")):
        folder = root / "LibriSpeech" / subset / speaker / "1240"
        lines = []
        for number, words in enumerate(("CHAPTER ONE", "MISSUS RACHEL LYNDE")):
            name = f"{speaker}-1240-{number:04d}"
            put(folder / f"{name}.flac", sound())
            lines.append(f"{name} {words}\n")
        put(folder / f"{speaker}-1240.trans.txt", "".join(lines))
    put(root / "LibriSpeech" / "README.TXT", "1. Structure\n")


def mls(root: Path) -> None:
    for folder, extension, form in (("mls_german", "flac", "FLAC"), ("mls_polish_opus", "opus", "OPUS")):
        for split, speaker in (("train", "4800"), ("dev", "252")):
            name = f"{speaker}_10003_000000"
            base = root / folder / split
            put(base / "audio" / speaker / "10003" / f"{name}.{extension}", sound(form=form))
            tabs(base / "transcripts.txt", [(name, f"ein satz aus {split}")])
            tabs(base / "segments.txt", [(name, "http://archive.org/book.mp3", 10.5, 20.1)])
        put(root / folder / "metainfo.txt", "SPEAKER | GENDER\n")


def voxpopuli_cut(root: Path) -> None:
    """As `get_asr_data.py` leaves it."""
    folder = root / "transcribed_data" / "de"
    head = ["id", "raw_text", "normalized_text", "speaker_id", "split", "gender"]
    for split, day in (("train", "01"), ("test", "02")):
        name = f"201{day}123-0900-PLENARY-3-de_{day}"
        put(folder / name[:4] / f"{name}.ogg", sound(form="OGG"))
        tabs(
            folder / f"asr_{split}.tsv",
            [head, [name, f"Frau Präsidentin {day}!", "frau", "96808", split, "female"]],
        )


def voxpopuli_sessions(root: Path) -> None:
    """What `get_asr_data.py` starts from: sessions of hours, here of 40 seconds, their rows in no order."""
    session = "20100908-0900-PLENARY-3-en"
    put(root / "raw_audios" / "original" / "2010" / f"{session}_original.ogg", sound(40.0, form="OGG"))
    columns = "session_id|id_|start_time|end_time|vad|original_text|normed_text|speaker_id|split|gender"
    rows = [
        (20.0, 31.0, "Second, said.", "train"),
        (1.0, 12.5, "First; said.", "train"),
        (33.0, 39.0, "Held out.", "dev"),
    ]
    file = io.StringIO()
    writer = csv.writer(file, delimiter="|", lineterminator="\n")
    writer.writerow(columns.split("|"))
    for number, (start, end, text, split) in enumerate(rows):
        vad = str([[start, end]])
        writer.writerow([session, number, start, end, vad, text, text.lower(), "28219", split, "male"])
    writer.writerow([session, 9, "never", "ends", "[]", "x", "x", "28219", "train", "male"])
    put(root / "transcribed_data" / "en" / "asr_en.tsv.gz", gzip.compress(file.getvalue().encode()))


def fleurs(root: Path) -> None:
    for language, sentence in (("de_de", "Ein Satz."), ("cmn_hans_cn", "一个句子。")):
        folder = root / "data" / language
        for number, split in enumerate(("train", "dev", "test")):
            name = f"1000{number}.wav"
            put(folder / "audio" / split / name, sound(form="WAV"))
            text = f"{sentence} {number}"
            tabs(folder / f"{split}.tsv", [(number, name, text, text.lower(), "e i n |", 6_400, "MALE")])


def tedlium(root: Path) -> None:
    """A talk that is longer than a window, in NIST SPHERE, and its segments in STM."""
    for split, talk in (("train", "AaronHuey_2010X"), ("test", "BillGates_2010")):
        folder = root / "TEDLIUM_release-3" / "legacy" / split
        put(folder / "sph" / f"{talk}.sph", sound(45.0, form="NIST"))
        lines = [
            f"{talk} 1 inter_segment_gap 0 2.5 <o,,unknown> ignore_time_segment_in_scoring",
            f"{talk} 1 {talk} 2.5 20.0 <o,f0,male> i 'm here today to show my photographs",
            f"{talk} 1 {talk} 20.0 29.5 <o,f0,male> of the lakota <unk>",
            f"{talk} 1 {talk} 31.0 44.0 <o,f0,male> many of you may have heard",
        ]
        put(folder / "stm" / f"{talk}.stm", "\n".join(lines) + "\n")


def parquet(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows)), path)


def laion(root: Path, url: Url) -> None:
    for part in range(2):
        row = {"SAMPLE_ID": part, "URL": url(f"laion{part}"), "TEXT": f"Alt {part}", "HEIGHT": 8, "WIDTH": 12}
        row |= {"LICENSE": "?", "LANGUAGE": "fr", "NSFW": "UNLIKELY", "similarity": 0.33}
        parquet(root / "laion" / f"part-{part:05d}-5114fd87-c000.snappy.parquet", [row])


def datacomp(root: Path, url: Url) -> None:
    row = {"uid": "0a", "url": url("datacomp"), "text": "A pool", "original_width": 12, "original_height": 8}
    row |= {"clip_l14_similarity_score": 0.2, "face_bboxes": [[0.1, 0.1, 0.2, 0.2]], "sha256": "ab"}
    parquet(root / "datacomp" / "metadata" / "00e5de8a.parquet", [row])


def conceptual(root: Path, url: Url) -> None:
    tabs(root / "cc3m" / "Train_GCC-training.tsv", [('a "quoted caption', url("cc3m"))])
    tabs(root / "cc12m" / "cc12m.tsv", [(url("cc12m"), "<PERSON> at the sea")])


def coyo(root: Path, url: Url) -> None:
    row = {"id": 841814333321, "url": url("coyo"), "text": "A dog", "width": 12, "height": 8, "num_faces": 0}
    parquet(root / "coyo" / "data" / "part-00000-17da4908-c000.snappy.parquet", [row])


def coco(root: Path, _: Url) -> None:
    """Two images with captions in mixed order, one of them with none, beside the folder of images."""
    licences = [
        {"id": 3, "name": "x", "url": "http://creativecommons.org/licenses/by-nc-nd/2.0/"},
        {"id": 7, "name": "y", "url": "http://flickr.com/commons/usage/"},
    ]
    images = []
    for number, licence in ((9, 3), (25, 7), (30, 3)):
        name = f"{number:012d}.jpg"
        put(root / "coco" / "train2017" / name, png_bytes((number, 0, 0)))
        images.append(
            {
                "license": licence,
                "file_name": name,
                "coco_url": "http://x",
                "height": 8,
                "width": 12,
                "id": number,
            }
        )
    annotations = [
        {"image_id": number, "id": index, "caption": f"Caption {index} of {number}."}
        for index, number in enumerate((25, 9, 25, 9, 9))
    ]
    document = {"info": {"year": 2017}, "licenses": licences, "images": images, "annotations": annotations}
    put(root / "coco" / "annotations" / "captions_train2017.json", json.dumps(document))
    put(root / "coco" / "annotations" / "instances_train2017.json", "{}")


def yfcc(root: Path, url: Url) -> None:
    """A part of the second release: line, photo, hash and 22 more; the second line is a video."""
    rows = []
    for line, marker in ((0, 0), (1, 1)):
        licence = ["Attribution License", "http://creativecommons.org/licenses/by/2.0/"]
        row = [
            line,
            1234 + line,
            "ab12",
            "u@N00",
            "nick",
            "2010-01-01",
            1,
            "Canon",
            "A+title",
            "A+%3Cb%3Equiet%3C%2Fb%3E+lake",
        ]
        row += [
            "lake,quiet+water",
            "",
            "",
            "",
            "",
            "http://www.flickr.com/photos/u/1234/",
            url("yfcc"),
            *licence,
        ]
        rows.append([*row, 4, 5, "s", "o", "jpg", marker])
    text = "".join("\t".join(map(str, row)) + "\n" for row in rows)
    put(root / "yfcc" / "yfcc100m_dataset-0.bz2", bz2.compress(text.encode()))
