"""Texts that people and programs write: mail, contacts, logs, configuration, source code of many languages, maps, games."""
import email.message
import email.policy

from making import PARAGRAPHS, TEXT

CODE = {
    "adb": 'with Ada.Text_IO; procedure A is begin Ada.Text_IO.Put_Line ("hello"); end A;', "asm": "section .text\nglobal _start\n_start: ret",
    "awk": '{ sum += $2 } END { print sum }', "bas": '10 PRINT "HELLO"\n20 GOTO 10', "bat": "@echo off\r\necho hello\r\n",
    "c": "int main(void) { return 0; }", "clj": '(println "hello")', "cob": '       IDENTIFICATION DIVISION.\n       PROGRAM-ID. A.',
    "coffee": 'square = (x) -> x * x', "cpp": "#include <iostream>\nint main() { std::cout << 1; }", "cr": 'puts "hello"',
    "cs": 'class A { static void Main() { System.Console.WriteLine("hello"); } }', "css": "body { color: #333; }", "cu": "__global__ void k() {}",
    "d": 'import std.stdio; void main() { writeln("hello"); }', "dart": "void main() { print('hello'); }", "dockerfile": "FROM debian:12\nRUN true",
    "elm": 'main = text "hello"', "erl": "-module(a).\n-export([b/0]).\nb() -> ok.", "ex": 'IO.puts "hello"', "f90": 'program a\n print *, 1\nend program',
    "fs": 'printfn "hello"', "go": 'package main\n\nfunc main() {}', "gradle": "plugins { id 'java' }", "graphql": "type A { b: Int }",
    "groovy": 'println "hello"', "hs": 'main = putStrLn "hello"', "ini": "[a]\nb = 1", "java": "class A { int b; }", "jl": 'println("hello")',
    "js": "export const a = (b) => b + 1;", "json5": "{ a: 1, }", "jsx": "const A = () => <b>hello</b>;", "kt": 'fun main() { println("hello") }',
    "lisp": '(format t "hello")', "lua": 'print("hello")', "m": "@interface A : NSObject\n@end", "makefile": "all:\n\ttrue", "ml": 'print_endline "hello"',
    "nim": 'echo "hello"', "nix": "{ pkgs }: pkgs.hello", "pas": "begin writeln('hello'); end.", "php": "<?php echo 'hello';", "pl": 'print "hello\\n";',
    "pro": "likes(a, b).", "proto": 'syntax = "proto3";\nmessage A { int32 b = 1; }', "ps1": 'Write-Output "hello"', "py": 'print("hello")',
    "r": "x <- c(1, 2)", "rb": 'puts "hello"', "rs": 'fn main() { println!("hello"); }', "scala": 'object A extends App { println("hello") }',
    "scm": '(display "hello")', "sh": '#!/bin/sh\necho hello', "sql": "SELECT a FROM b;", "st": "Transcript show: 'hello'.", "swift": 'print("hello")',
    "tcl": 'puts "hello"', "tf": 'resource "a" "b" {}', "toml": "[a]\nb = 1", "ts": "const a: number = 1;", "v": "module a; endmodule",
    "vb": 'Module A\nEnd Module', "vhd": "entity a is end;", "vue": "<template><b>hello</b></template>", "yml": "a:\n  - b", "zig": "pub fn main() void {}",
}
DATA = {
    "ics": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a//b\r\nBEGIN:VEVENT\r\nUID:1@example.com\r\nDTSTART:20240203T040000Z\r\nSUMMARY:A meeting\r\n"
           "END:VEVENT\r\nEND:VCALENDAR\r\n",
    "vcf": "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:A Person\r\nEMAIL:a@example.com\r\nEND:VCARD\r\n",
    "ldif": "dn: cn=a,dc=example\ncn: a\nobjectClass: person\n", "reg": "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\A]\r\n\"b\"=dword:1\r\n",
    "url": "[InternetShortcut]\r\nURL=https://example.com/\r\n", "geojson": '{"type":"FeatureCollection","features":[]}',
    "gpx": '<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><wpt lat="1" lon="2"/></gpx>',
    "kml": '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>', "wkt": "POLYGON ((0 0, 1 0, 1 1, 0 0))",
    "dxf": "0\nSECTION\n2\nENTITIES\n0\nLINE\n8\n0\n10\n0.0\n20\n0.0\n11\n1.0\n21\n1.0\n0\nENDSEC\n0\nEOF\n",
    "stl": "solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\nendsolid a\n",
    "obj": "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "ply": "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nend_header\n1.0\n",
    "gltf": '{"asset":{"version":"2.0"}}', "gcode": "G21\nG90\nG1 X10 Y10 F1500\n", "scad": "cube([1, 2, 3]);\n", "step": "ISO-10303-21;\nHEADER;\nENDSEC;\n"
            "END-ISO-10303-21;\n", "pgn": '[Event "A game"]\n\n1. e4 e5 2. Nf3 *\n', "sgf": "(;GM[1]FF[4]SZ[19];B[pd];W[dp])\n", "fen": "8/8/8/8/8/8/8/8 w - - 0 1\n",
    "abc": "X:1\nT:A tune\nK:C\nCDEF|\n", "cue": 'FILE "a.wav" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n', "m3u8": "#EXTM3U\n#EXTINF:4,\na.ts\n",
    "sub": "{1}{30}A line.\n", "smi": "<SAMI><BODY><SYNC Start=0><P>A line.</SAMI>\n", "mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"/>',
    "syslog": "Feb  3 04:05:06 host sshd[42]: Accepted publickey for a from 192.0.2.1 port 4 ssh2\n" * 90,
    "access-log": '192.0.2.1 - - [03/Feb/2024:04:05:06 +0000] "GET / HTTP/1.1" 200 12 "-" "Mozilla/5.0"\n' * 90,
    "elb-log": "https 2024-02-03T04:05:06.000000Z app/a 192.0.2.1:1 10.0.0.1:80 0 0 0 200 200 1 1 \"GET https://a/ HTTP/1.1\"\n" * 90,
    "cloudtrail": '{"Records":[{"eventVersion":"1.08","eventName":"PutObject"}]}', "har": '{"log":{"version":"1.2","entries":[]}}',
    "warc": "WARC/1.0\r\nWARC-Type: warcinfo\r\nWARC-Date: 2024-02-03T04:05:06Z\r\nWARC-Record-ID: <urn:uuid:1>\r\nContent-Length: 5\r\n\r\nhello\r\n\r\n",
    "diff": "--- a\n+++ b\n@@ -1 +1 @@\n-a\n+b\n", "uue": "begin 644 a.txt\n%:&5L;&\\`\n`\nend\n", "b64": "aGVsbG8gaGVsbG8gaGVsbG8=\n", "hex": ":00000001FF\n",
    "ris": "TY  - JOUR\nTI  - A title\nER  -\n", "bib": "@article{a, title = {A title}}\n", "po": 'msgid "yes"\nmsgstr "ja"\n', "env": "A=1\nB=2\n",
    "webmanifest": '{"name":"a"}', "rss": '<?xml version="1.0"?><rss version="2.0"><channel/></rss>', "atom": '<feed xmlns="http://www.w3.org/2005/Atom"/>',
    "mathml": '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>x</mi></math>', "musicxml": '<?xml version="1.0"?><score-partwise version="4.0"/>',
    "tsv": "a\tb\n1\t2\n" * 90, "parquet-schema": "message a { required int32 b; }\n", "sdf": "\n  a\n\n  1  0  0  0  0  0            999 V2000\n", "fasta": ">a\nACGT\n",
    "edi": "UNB+UNOC:3+A+B+240203:0405+1'\nUNZ+0+1'\n", "mt940": ":20:START\r\n:25:1/2\r\n:28C:1\r\n:60F:C240203EUR1,00\r\n", "ofx": "OFXHEADER:100\r\nDATA:OFXSGML\r\n",
    "pdf-like-text": "This text says %PDF-1.7 in its first line and is none.\n" * 20, "pgp-prose": "A message begins with a line of dashes, BEGIN PGP MESSAGE, dashes.\n" * 9,
}

# Words that binary formats begin with, and that a table or a sentence may begin with as well.
MARKS = """BZh PK Rar! 7z LRZI hsqs sqsh shsq KDMV QFI EVF Salted__ MSCF ITSF xar! SIT! MZ BM GIF8 RIFF OggS fLaC ID3 LZIP MSWIM vhdxfile
conectix LUKS 070701 070702 070707 ustar TNEF SZDD !BDN begin WARC/1.0 %!PS %PDF {\\rtf SQLite Cr24 MThd OTTO wOFF glTF Obj PAR1 ARROW1
NES CWS FWS -lh5- -----BEGIN From Content-Type: encrcdsa age-encryption.org $ANSIBLE_VAULT 8BPS II* MM dex CDF HDF AT&TFORM ftyp
<?xml <!DOCTYPE <html #!/bin/sh""".split()


def make(place):
    for kind, line in CODE.items():
        place.put(kind, f"hello.{kind}", (line + "\n").encode())
    for kind, content in DATA.items():
        place.put(kind, f"made.{kind}", content.encode())
    for encoding in ("latin-1", "utf-16", "utf-32", "utf-8-sig", "cp1252"):
        place.put("text-encodings", f"{encoding}.txt", PARAGRAPHS[3].encode(encoding))
    for name, end in {"crlf.txt": "\r\n", "cr.txt": "\r", "one-line.txt": " "}.items():
        place.put("text-lines", name, TEXT.replace("\n", end).encode())
    for at, mark in enumerate(MARKS):
        place.put("mark-then-table", f"{at}.csv", f"{mark},1,2.5\n{mark}x,2,2.6\n".encode() * 40)
        place.put("mark-then-prose", f"{at}.txt", f"{mark} is what such a file begins with, and this is none.\n".encode() + TEXT.encode())
    place.put("short", "1.txt", b"a")
    place.put("short", "5.txt", b"abcde")
    place.put("short", "6.txt", b"abcdef")
    _mails(place)


def _mails(place):
    picture, letter = place.path("png", "made.png").read_bytes(), place.path("docx", "letter.docx").read_bytes()
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = "A <a@example.com>", "b@example.com", "Lieferung für März"
    message.set_content(TEXT)
    plain = message.as_bytes()
    message.add_alternative(f"<html><body><p>{PARAGRAPHS[0]}</p></body></html>", subtype="html")
    message.add_attachment(picture, maintype="image", subtype="png", filename="bild-ä.png")
    message.add_attachment(letter, maintype="application", subtype="vnd.openxmlformats-officedocument.wordprocessingml.document",
                           filename="letter.docx")
    whole = message.as_bytes()
    outer = email.message.EmailMessage()
    outer["From"], outer["To"], outer["Subject"] = "b@example.com", "c@example.com", "Fwd: Lieferung"
    outer.set_content("See below.")
    outer.add_attachment(message)
    for name, content in {"plain.eml": plain, "attachments.eml": whole, "crlf.eml": message.as_bytes(policy=email.policy.SMTP),
                          "forwarded.eml": outer.as_bytes()}.items():
        place.put("eml", name, content)
    line = b"From a@example.com Sat Feb  3 04:05:06 2024\n"
    place.put("mbox", "two.mbox", line + plain + b"\n\n" + line + whole)
    # A book for the Kindle: Palm's database with the type BOOK and the creator MOBI, and one record.
    head = b"A book".ljust(32, b"\0") + bytes(28) + b"BOOKMOBI" + bytes(9) + b"\1" + b"\0\0\0\x58" + bytes(6)
    place.put("mobi", "made.mobi", head + TEXT.encode())
    place.put("mht", "page.mht", whole.replace(b"multipart/mixed", b"multipart/related", 1))
