"""All samples, made once and kept: again only when a maker or the list of packages has changed."""
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
MAKERS = (images, media, documents, office, packed, datasets, programs, texts)      # Later ones use what earlier ones made.


def _version():
    """Of everything that says what the samples are."""
    digest = hashlib.sha256()
    for path in sorted([*HERE.glob("*.py"), HERE / "packages.txt", *(HERE.parent / "archives").glob("*writers.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def ready(work):
    """{type: [paths]} below `work`, whose folder `debs` has the packages."""
    root, stamp = work / "files", work / "version"
    if not stamp.exists() or stamp.read_text() != _version():
        shutil.rmtree(root, ignore_errors=True)
        stamp.unlink(missing_ok=True)
        taken.make(root, work / "debs", HERE / "packages.txt")
        for maker in MAKERS:
            maker.make(Place(root))
        stamp.write_text(_version())
    found = {}
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        found.setdefault(path.relative_to(root).parts[0], []).append(path)
    return found
