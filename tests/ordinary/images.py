"""Images, by ImageMagick, librsvg, djvulibre and gnuplot."""
from making import needs, run

# One picture with lines and colours, in what ImageMagick writes without other programs.
FORMATS = """jpg gif gif87 bmp bmp3 bmp2 tif webp ico cur psd psb tga pcx dcx pnm pbm pgm ppm pam pfm xbm xpm dds jp2 j2k pict mng
jng miff wbmp palm pdb ras sgi sun viff xwd hdr otb uil uyvy vicar mtv aai art avs ipl jbig fits fts cin dpx rgf brf ubrl sixel pcd
pcds rgb rgba gray cmyk txt info g3 g4 fax cip ycbcr json html""".split()


def make(place):
    needs("convert", "rsvg-convert", "c44", "gnuplot")
    first = place.path("png", "made.png")
    run("convert", "-size", "160x120", "gradient:red-blue", "-draw", "line 10,10 150,100", "-strip", first)
    for form in FORMATS:
        run("convert", first, f"{form}:{place.path(form, 'made.' + form)}")
    _variants(place, first)
    svg = place.path("svg", "made.svg")
    svg.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60"><rect width="80" height="50" fill="teal"/>'
                   '<text x="9" y="30">a text</text></svg>\n')
    for form in ("pdf", "ps", "eps", "svg"):
        run("rsvg-convert", "-f", form, "-o", place.path(form, f"of-svg.{form}"), svg)
    run("c44", place.path("ppm", "made.ppm"), place.path("djvu", "made.djvu"))
    for terminal, kind in (("svg", "svg"), ("postscript", "ps"), ("canvas", "html"), ("dumb", "txt"), ("fig", "fig"), ("hpgl", "hpgl"),
                           ("pslatex", "tex"), ("pcl5", "pcl"), ("dxf", "dxf")):
        run("gnuplot", "-e", f"set terminal {terminal}; set output '{place.path(kind, 'plot.' + kind)}'; plot sin(x), cos(x)")


def _variants(place, first):
    """The same formats with other options."""
    options = {
        ("jpg", "progressive.jpg"): ["-interlace", "JPEG", "-quality", "40"], ("jpg", "grey.jpg"): ["-colorspace", "Gray"],
        ("jpg", "cmyk.jpg"): ["-colorspace", "CMYK"], ("png", "interlaced.png"): ["-interlace", "PNG"],
        ("png", "palette.png"): ["-colors", "16", "-type", "Palette"], ("png", "text.png"): ["-set", "comment", "a comment"],
        ("tif", "zip.tif"): ["-compress", "Zip"], ("tif", "lzw.tif"): ["-compress", "LZW"], ("tif", "jpeg.tif"): ["-compress", "JPEG"],
        ("tif", "fax.tif"): ["-monochrome", "-compress", "Group4"], ("gif", "moving.gif"): ["-duplicate", "3", "-delay", "5"],
        ("webp", "lossless.webp"): ["-define", "webp:lossless=true"], ("psd", "rle.psd"): ["-compress", "RLE"],
        ("bmp", "rle.bmp"): ["-colors", "9", "-compress", "RLE"],
        ("tga", "rle.tga"): ["-compress", "RLE"], ("ico", "sizes.ico"): ["-define", "icon:auto-resize=64,32,16"],
    }
    for (kind, name), words in options.items():
        run("convert", first, *words, place.path(kind, name))
