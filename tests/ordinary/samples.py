"""All samples, made once and kept: again only when a maker or the list of packages has changed."""
import concurrent.futures
import hashlib
import pathlib
import shutil

import datasets
import documents
import images
import media
import office
import packed
import programs
import taken
import texts
from making import Place

HERE = pathlib.Path(__file__).resolve().parent
# Two lines of work; in each, later ones use what earlier ones made.
LINES = ((images, documents, office, packed, texts), (taken, media, datasets, programs))


def _version():
    """Of everything that says what the samples are."""
    digest = hashlib.sha256()
    for path in sorted([*HERE.glob("*.py"), HERE / "packages.txt", *(HERE.parent / "archives").glob("*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _make(names, root, work):
    makers = {maker.__name__: maker for line in LINES for maker in line}
    for name in names:
        if name == taken.__name__:
            taken.make(Place(root), work / "debs", HERE / "packages.txt")
        else:
            makers[name].make(Place(root))


def ready(work):
    """{type: [paths]} below `work`, whose folder `debs` has the packages."""
    root, stamp = work / "files", work / "version"
    if not stamp.exists() or stamp.read_text() != _version():
        shutil.rmtree(root, ignore_errors=True)
        stamp.unlink(missing_ok=True)
        with concurrent.futures.ProcessPoolExecutor(len(LINES)) as pool:
            jobs = [pool.submit(_make, [maker.__name__ for maker in line], root, work) for line in LINES]
            for job in jobs:
                job.result()
        stamp.write_text(_version())
    found = {}
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        found.setdefault(path.relative_to(root).parts[0], []).append(path)
    return found
