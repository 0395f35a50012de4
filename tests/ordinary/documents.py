"""Documents: by pandoc, Ghostscript, groff, qpdf, reportlab and the Python libraries for office files."""
import io

from making import PARAGRAPHS, TEXT, needs, run

MARKDOWN = """---
title: A short report
author: The office
date: 2024-02-03
---

# First part

""" + PARAGRAPHS[0] + """ A note.[^1] *Emphasis*, **strong**, `code`.

| month | late |
|-------|-----:|
| April |    3 |
| May   |    5 |

## Code

```python
print("hello")
```

> """ + PARAGRAPHS[3] + """

![A picture]({picture})

$E = mc^2$

[^1]: It is short.
"""
WRITERS = """docx odt epub2 epub3 fb2 rtf html4 html5 latex beamer context man ms rst org textile mediawiki dokuwiki xwiki zimwiki jira
docbook4 docbook5 jats tei opml ipynb icml asciidoc pptx native json texinfo markdown gfm commonmark haddock muse plain slidy s5
revealjs opendocument xml_ bibtex csljson""".split()
KINDS = {"epub2": "epub", "epub3": "epub", "html4": "html", "html5": "html", "latex": "tex", "beamer": "tex", "context": "tex", "plain": "txt",
         "markdown": "md", "gfm": "md", "commonmark": "md", "docbook4": "docbook", "docbook5": "docbook", "slidy": "html", "s5": "html",
         "revealjs": "html", "opendocument": "fodt"}
DEVICES = {"pdf14.pdf": ["pdfwrite", "-dCompatibilityLevel=1.4"], "pdf17.pdf": ["pdfwrite", "-dCompatibilityLevel=1.7"],
           "pdfa.pdf": ["pdfwrite", "-dPDFA=2"], "made.ps": ["ps2write"], "made.eps": ["eps2write"], "made.xps": ["xpswrite"],
           "made.pclxl": ["pxlcolor"], "made.pcl": ["ljet4"], "made.tif": ["tiffg4"], "made.txt": ["txtwrite"], "image.pdf": ["pdfimage24"],
           "made.escp": ["epson"], "made.pcx": ["pcx256"], "made.bmp": ["bmp256"], "made.psd": ["psdcmyk"]}


def make(place):
    needs("pandoc", "gs", "groff", "qpdf", "pdftocairo")
    source = place.path("md", "report.md")
    source.write_text(MARKDOWN.replace("{picture}", str(place.path("png", "made.png"))))
    # A server of pandoc's would be quicker; forty starts are quick enough.
    for writer in WRITERS:
        if writer in ("xml_", "bibtex", "csljson"):
            continue
        kind = KINDS.get(writer, writer)
        run("pandoc", "-f", "markdown", "-t", writer, "-s", "-o", place.path(kind, f"pandoc-{writer}.{kind}"), source)
    _printed(place)
    _office(place)


def _printed(place):
    roff = ".TH REPORT 1\n.SH NAME\nreport \\- a short one\n.SH TEXT\n" + "\n.PP\n".join(PARAGRAPHS) + "\n"
    page = place.path("1", "report.1")
    page.write_text(roff)
    for device, kind in (("ps", "ps"), ("utf8", "txt"), ("html", "html"), ("dvi", "dvi"), ("lj4", "pcl"), ("X100", "ditroff")):
        try:
            place.put(kind, f"groff-{device}.{kind}", run("groff", "-k", "-man", f"-T{device}", *(["-Z"] if device == "X100" else []), page))
        except AssertionError:
            if device not in ("html", "X100"):     # These need parts of groff that are not everywhere.
                raise
    printed = place.path("ps", "groff-ps.ps")
    for name, (device, *options) in DEVICES.items():
        kind = name.split(".")[1]
        run("gs", "-q", "-dBATCH", "-dNOPAUSE", f"-sDEVICE={device}", *options, f"-sOutputFile={place.path(kind, name)}", printed)
    pdf = place.path("pdf", "pdf17.pdf")
    for name, options in {"linearized.pdf": ["--linearize"], "object-streams.pdf": ["--object-streams=generate"],
                          "plain-streams.pdf": ["--qdf", "--object-streams=disable"],
                          "empty-password.pdf": ["--encrypt", "", "owner", "256", "--"]}.items():
        run("qpdf", pdf, *options, place.path("pdf", name))
    attached = place.path("csv", "months.csv")
    attached.write_text("month,late\nApril,3\nMay,5\n")
    run("qpdf", pdf, "--add-attachment", attached, "--", place.path("pdf", "with-attachment.pdf"))
    for kind in ("png", "svg", "ps"):
        run("pdftocairo", f"-{kind}", *(["-singlefile"] if kind == "png" else []), pdf,
            place.path(kind, "of-pdf" + ("" if kind == "png" else "." + kind)))


def _office(place):
    import docx
    import odf.opendocument
    import odf.table
    import odf.text
    import openpyxl
    import reportlab.pdfgen.canvas
    import xlsxwriter
    import xlwt

    document = docx.Document()
    document.add_heading("A letter", 1)
    for paragraph in PARAGRAPHS:
        document.add_paragraph(paragraph)
    document.add_picture(str(place.path("png", "made.png")))
    document.save(place.path("docx", "letter.docx"))

    workbook = openpyxl.Workbook()
    for row in range(1, 300):
        workbook.active.append([row, row * row, f"row {row}", "=A1+B1"])
    workbook.save(place.path("xlsx", "table.xlsx"))

    with xlsxwriter.Workbook(str(place.path("xlsx", "chart.xlsx"))) as charted:
        sheet = charted.add_worksheet("Days")
        sheet.write_column("A1", range(40))
        chart = charted.add_chart({"type": "line"})
        chart.add_series({"values": "=Days!$A$1:$A$40"})
        sheet.insert_chart("C3", chart)
        sheet.insert_image("C20", str(place.path("png", "made.png")))

    old = xlwt.Workbook()
    sheet = old.add_sheet("Days")
    for row in range(200):
        sheet.write(row, 0, row)
        sheet.write(row, 1, f"row {row}")
    old.save(str(place.path("xls", "table.xls")))

    for name, create in {"odt": odf.opendocument.OpenDocumentText, "ods": odf.opendocument.OpenDocumentSpreadsheet,
                         "odp": odf.opendocument.OpenDocumentPresentation, "odg": odf.opendocument.OpenDocumentDrawing}.items():
        made = create()
        if name == "odt":
            for paragraph in PARAGRAPHS:
                made.text.addElement(odf.text.P(text=paragraph))
        made.save(str(place.path(name, f"made.{name}")))

    out = io.BytesIO()
    canvas = reportlab.pdfgen.canvas.Canvas(out, invariant=True)
    for line, text in enumerate(TEXT.splitlines()[:40]):
        canvas.drawString(40, 800 - 15 * line, text)
    canvas.showPage()
    canvas.save()
    place.put("pdf", "reportlab.pdf", out.getvalue())
