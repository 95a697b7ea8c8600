"""Known data sets on the net: where they are, how large, and their published checksums.

Apart from the code that fetches them, so that reading data does not load what talks to the net.
"""

from __future__ import annotations

from core.data.folders import data_folder

_MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist/"
_FASHION = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
_CIFAR = "https://www.cs.toronto.edu/~kriz/"

FILES: dict[str, tuple[tuple[str, str, str, int], ...]] = {
    # Addresses and MD5 sums are those of torchvision (MNIST, Fashion-MNIST) and of the set's own
    # page (CIFAR-10), sizes those of TensorFlow Datasets' url_checksums. http without a
    # certificate is safe enough with them, since a changed file is not kept.
    "mnist": (
        (
            _MNIST,
            "train-images-idx3-ubyte.gz",
            "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
            9_912_422,
        ),
        (_MNIST, "train-labels-idx1-ubyte.gz", "md5:d53e105ee54ea40749a09fcbcd1e9432", 28_881),
    ),
    "fashion_mnist": (
        (
            _FASHION,
            "train-images-idx3-ubyte.gz",
            "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            26_421_880,
        ),
        (_FASHION, "train-labels-idx1-ubyte.gz", "md5:25c81989df183df01b3e8a0aad5dffbe", 29_515),
    ),
    "cifar10": (
        (_CIFAR, "cifar-10-binary.tar.gz", "md5:c32a1d4ab5d03f1284b67883e8d87530", 170_052_171),
    ),
}
"""Kind of data -> (folder on the net, file, checksum, bytes) of what training needs."""


def _idx_names(stem: str, dimensions: int) -> tuple[str, ...]:
    dash, dot = f"{stem}-idx{dimensions}-ubyte", f"{stem}.idx{dimensions}-ubyte"
    return f"{dash}.gz", dash, f"{dot}.gz", dot


_IDX_SET = (_idx_names("train-images", 3), _idx_names("train-labels", 1))
LOOKED_FOR: dict[str, tuple[tuple[str, ...], ...]] = {
    "mnist": _IDX_SET,
    "fashion_mnist": _IDX_SET,
    "cifar10": (
        (
            "cifar-10-binary.tar.gz",
            "data_batch_1.bin",
            "cifar-10-batches-bin/data_batch_1.bin",
        ),
    ),
}
"""Kind of data -> for each file that reading it takes, the names under which it may lie there."""


def advice_for(kind: str) -> str:
    """Return the sentence that says how to get the files."""
    files = " and ".join(place + name for place, name, _, _ in FILES[kind])
    return f"Download it on the data panel, or put {files} into {str(data_folder(kind))!r}."
