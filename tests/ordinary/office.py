"""Office files by LibreOffice: a text, a table and slides in every format that it writes."""
import pathlib
import tempfile

from making import needs, run

# Of each start it takes a second: what other makers write as well is left out. "a:b" names the filter b for the suffix a.
TEXTS = ("doc", "docx", "odt", "fodt", "rtf", "html", "epub", "xml:MS Word 2003 XML", "pdf", "uot")
TABLES = ("xls", "xlsx", "ods", "fods", "csv", "dif", "slk", "xlsm:Calc MS Excel 2007 VBA XML")
SLIDES = ("ppt", "pptx", "odp", "fodp", "pdf", "emf", "wmf", "odg", "svg")


def _office(root, *words):
    run("soffice", f"-env:UserInstallation=file://{root}/profile", "--headless", *words)


def _convert(place, root, source, formats):
    for form in formats:
        suffix = form.split(":")[0]
        _office(root, "--convert-to", form, "--outdir", root / "out", source)
        place.put(suffix, f"libreoffice-{source.suffix[1:]}.{suffix}", (root / "out" / f"{source.stem}.{suffix}").read_bytes())


def make(place):
    needs("soffice")
    with tempfile.TemporaryDirectory(prefix="ordinary-") as directory:
        root = pathlib.Path(directory)
        _office(root, "--terminate_after_init")      # Its first start makes a profile, and converts nothing.
        _convert(place, root, place.path("docx", "letter.docx"), TEXTS)
        _convert(place, root, place.path("xlsx", "chart.xlsx"), TABLES)
        _convert(place, root, place.path("pptx", "pandoc-pptx.pptx"), SLIDES)
