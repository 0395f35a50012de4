"""Sound, video and subtitles, by ffmpeg and sox: a second of a test picture and a tone."""
from making import needs, run

VIDEO = ["-f", "lavfi", "-i", "testsrc=duration=1:size=128x96:rate=25"]
SOUND = ["-f", "lavfi", "-i", "sine=frequency=440:duration=1"]
# Container: what to call ffmpeg with. None: it chooses the codecs itself.
FILMS = {
    "mp4": [], "m4v": [], "mov": [], "mkv": [], "webm": [], "avi": [], "mpg": ["-r", "25"], "ts": [], "m2ts": [], "flv": ["-ar", "44100"], "wmv": [],
    "asf": [], "ogv": [], "3gp": ["-an"], "3g2": ["-an"], "nut": [], "swf": ["-an"], "vob": ["-r", "25"], "rm": ["-an"], "f4v": [],
    "dv": ["-s", "720x576", "-r", "25", "-pix_fmt", "yuv420p", "-ar", "48000", "-ac", "2"], "mxf": ["-ar", "48000"], "gif": [], "apng": ["-f", "apng"],
    "mjpeg": [], "h264": [], "hevc": [], "ivf": ["-c:v", "libvpx", "-an"], "y4m": ["-pix_fmt", "yuv420p"], "m1v": ["-r", "25"], "m2v": ["-r", "25"],
    "gxf": ["-s", "720x576", "-r", "25", "-ar", "48000", "-ac", "1"], "ismv": [],
}
SOUNDS = {
    "wav": [], "mp3": [], "ogg": [], "oga": [], "opus": [], "spx": None, "flac": [], "m4a": [], "aac": [], "ac3": [], "eac3": [], "dts": ["-strict", "-2"],
    "wma": [], "aiff": [], "au": [], "caf": [], "w64": [], "tta": [], "wv": [], "mka": [], "mp2": [], "voc": [], "sox": [],
    "amr": None, "g722": ["-ar", "16000", "-ac", "1"], "ra": None, "adts": [], "rf64": ["-f", "wav", "-rf64", "always"], "latm": ["-c:a", "aac"],
    "ircam": ["-f", "ircam"], "mmf": ["-ar", "8000", "-ac", "1"], "mlp": ["-strict", "-2"],
}
TRACKS = ("8svx", "avr", "cvsd", "dat", "gsm", "hcom", "htk", "maud", "prc", "sf", "smp", "sndr", "sph", "txw", "vox", "wve", "raw", "ima", "snd", "cdr")
SUBTITLES = """1
00:00:00,100 --> 00:00:00,900
The first line.

2
00:00:01,000 --> 00:00:02,500
<i>Die zweite Zeile.</i>
"""


def make(place):
    needs("ffmpeg", "sox")
    for kind, options in FILMS.items():
        run("ffmpeg", "-v", "error", "-y", *VIDEO, *SOUND, *options, place.path(kind, f"film.{kind}"))
    for kind, options in SOUNDS.items():
        if options is not None:
            run("ffmpeg", "-v", "error", "-y", *SOUND, "-metadata", "title=A tone", *options, place.path(kind, f"tone.{kind}"))
    for kind in TRACKS:
        rate = ["-r", "8000"] if kind in ("gsm", "hcom", "prc", "vox", "wve", "cvsd") else []
        rate = ["-r", "44100", "-c", "2"] if kind == "cdr" else ["-r", "22050"] if kind == "hcom" else rate
        run("sox", "-n", *rate, place.path(kind, f"tone.{kind}"), "synth", "0.5", "sine", "440")
    srt = place.path("srt", "film.srt")
    srt.write_text(SUBTITLES)
    for kind in ("ass", "vtt", "ssa", "ttml", "lrc"):
        run("ffmpeg", "-v", "error", "-y", "-i", srt, place.path(kind, f"film.{kind}"))
    film = place.path("mkv", "film.mkv")
    run("ffmpeg", "-v", "error", "-y", "-i", film, "-i", srt, "-attach", srt, "-metadata:s:t", "mimetype=text/plain", "-c", "copy",
        place.path("mkv", "with-subtitles.mkv"))
    run("ffmpeg", "-v", "error", "-y", "-i", film, "-c:v", "libx264", "-movflags", "frag_keyframe+empty_moov",
        place.path("mp4", "fragments.mp4"))
