"""Checkpoints that are whole or absent, and that are believed only when their hashes match.

A checkpoint is a folder `step-000123/` with `state.safetensors` and `meta.json` (step, run key, sha256 of the
tensors). It is written as `step-000123.tmp-PID/`, flushed, and renamed: the rename is the commit. Two are
kept, so that damage to the newest one costs some steps and not the run.
"""

import json
import logging
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from stages.core.errors import BadDataError
from stages.core.files import digest, disk_errors, sync_folder, write_json
from stages.core.process import failpoint
from stages.core.state import State

_KEPT = 2
_STATE, _META = "state.safetensors", "meta.json"
_NAME = re.compile(r"step-(\d{6,})")
_logger = logging.getLogger(__name__)


class Checkpoints:
    """The checkpoints of one run.

    Args:
        folder: where they lie; it is made when needed.
        key: the run key; a checkpoint of another run is not taken for one of this run.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self.folder = folder
        self.key = key

    def save(self, state: State) -> None:
        """Commit the state under its step, then drop all but the two newest checkpoints.

        Raises:
            TryAgainError: the disk is full; earlier checkpoints are as they were.
        """
        final = self.folder / f"step-{state.step:06d}"
        part = self.folder / f"{final.name}.tmp-{os.getpid()}"
        try:
            with disk_errors(part):
                part.mkdir(parents=True)
                write_tensors(part / _STATE, state.tensors())
                failpoint("checkpoint-before-meta")
                hashes = {_STATE: digest(part / _STATE)}
                write_json(part / _META, {"step": state.step, "key": self.key, "sha256": hashes})
                failpoint("checkpoint-before-rename")
                part.rename(final)
                sync_folder(self.folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        failpoint("checkpoint-before-prune")
        for old in self._found()[_KEPT:]:
            shutil.rmtree(old)

    def restore(self, state: State) -> None:
        """Bring the state to the newest checkpoint that is whole; without one, it stays as it is.

        What an interrupted writer left behind is removed.

        Raises:
            BadDataError: the checkpoint is whole but does not fit the state.
        """
        for stale in self.folder.glob("step-*.tmp-*"):
            shutil.rmtree(stale, ignore_errors=True)
        for found in self._found():
            try:
                tensors, step = self._read(found)
            except BadDataError as error:
                _logger.warning("%s is damaged, removed, and the one before it taken: %s", found, error)
                shutil.rmtree(found, ignore_errors=True)
                continue
            state.restore(tensors, step)
            return

    def _found(self) -> list[Path]:
        """Checkpoints by name, the newest first."""
        folders = self.folder.iterdir() if self.folder.exists() else ()
        names = {folder: _NAME.fullmatch(folder.name) for folder in folders}
        steps = {folder: int(match[1]) for folder, match in names.items() if match}
        return sorted(steps, key=steps.__getitem__, reverse=True)

    def _read(self, folder: Path) -> tuple[dict[str, Tensor], int]:
        try:
            meta = json.loads((folder / _META).read_text())
            key, step, expected = meta["key"], int(meta["step"]), meta["sha256"][_STATE]
        except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
            raise BadDataError(f"{folder / _META} is no checkpoint's description") from error
        if key != self.key:
            raise BadDataError(f"it belongs to the run {key}")
        if not (folder / _STATE).exists() or digest(folder / _STATE) != expected:
            raise BadDataError(f"{_STATE} is missing or has another sha256 than {_META} says")
        return read_tensors(folder / _STATE), step


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write named tensors as safetensors and flush them to the disk; the same tensors are the same bytes.

    Raises:
        TryAgainError: the disk is full.
    """
    try:
        save_file(_separate(tensors), path)
    except SafetensorError as error:  # the library wraps the system's errors in text
        number = re.search(r"os error (\d+)", str(error))
        if number is None:
            raise
        with disk_errors(path):
            raise OSError(int(number[1]), str(error), str(path)) from error
    with path.open("rb") as written:
        os.fsync(written.fileno())


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file to the CPU.

    Raises:
        BadDataError: the file is missing, damaged, or something else under this name.
    """
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (SafetensorError, OSError) as error:
        raise BadDataError(f"{path}: no readable safetensors file ({error})") from error
    return tensors


def _separate(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Contiguous tensors on the CPU that share no memory, since the format knows no tied weights."""
    seen: set[int] = set()
    result: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        ready = tensor.detach().to("cpu").contiguous()
        place = ready.untyped_storage().data_ptr()
        result[name] = ready.clone(memory_format=torch.contiguous_format) if place in seen else ready
        seen.add(place)
    return result
