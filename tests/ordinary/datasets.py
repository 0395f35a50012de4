"""Data sets and models: by Python's libraries, and by their specifications where Debian has no writer."""
import array
import io
import json
import pickle
import plistlib
import sqlite3
import struct
import zipfile

NUMBERS = [n * 0.25 for n in range(3000)]


def make(place):
    _tables(place)
    _scientific(place)
    _models(place)
    _captures(place)


def _tables(place):
    database = place.path("sqlite", "made.sqlite")
    database.unlink(missing_ok=True)
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT, data BLOB)")
        connection.executemany("INSERT INTO a (name, data) VALUES (?, ?)", [(f"name {n}", bytes([n % 256]) * 40) for n in range(900)])
    connection.close()
    place.put("plist", "binary.plist", plistlib.dumps({"numbers": list(range(50)), "text": "a text"}, fmt=plistlib.FMT_BINARY))
    place.put("plist", "xml.plist", plistlib.dumps({"numbers": list(range(50)), "text": "a text"}))
    place.put("jsonl", "made.jsonl", b"".join(json.dumps({"id": n, "name": f"name {n}"}).encode() + b"\n" for n in range(400)))
    place.put("csv", "begins-with-a-date.csv", b"070701;100;2.5\n070702;101;2.6\n" * 200)
    place.put("csv", "begins-with-060800.csv", b"060800,1\n070707,2\n070702,3\n" * 200)
    place.put("txt", "utf16.txt", "A text in another encoding.\r\n".encode("utf-16") * 50)


def _scientific(place):
    import h5py
    import msgpack
    import netCDF4
    import numpy

    grid = numpy.arange(6000, dtype="<f4").reshape(60, 100)
    arrays = {"plain.npy": grid, "fortran.npy": numpy.asfortranarray(grid), "objects.npy": numpy.array([1, "a", None], object)}
    for name, data in arrays.items():
        out = io.BytesIO()
        numpy.save(out, data)
        place.put("npy", name, out.getvalue())
    out = io.BytesIO()
    numpy.savez_compressed(out, a=grid, b=grid * 2)
    place.put("npz", "packed.npz", out.getvalue())
    with h5py.File(place.path("h5", "made.h5"), "w", track_order=False) as file:
        file.create_dataset("plain", data=grid)
        file.create_dataset("packed", data=grid, compression="gzip", shuffle=True)
        file.create_dataset("user/text", data="a text")
    for form in ("NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF4", "NETCDF4_CLASSIC"):
        with netCDF4.Dataset(place.path("nc", form + ".nc"), "w", format=form) as file:
            file.createDimension("x", 100)
            file.createVariable("heat", "f4", ("x",))[:] = numpy.arange(100)
    place.put("msgpack", "made.msgpack", msgpack.packb({"numbers": list(range(900)), "text": "a text"}))
    for protocol in (0, 2, 4, 5):
        place.put("pkl", f"protocol{protocol}.pkl", pickle.dumps({"numbers": list(range(900)), "grid": grid}, protocol))
    # Avro 1.11: a header with the schema, one block.
    schema = b'{"type":"record","name":"a","fields":[{"name":"n","type":"int"}]}'
    block = bytes(range(0, 100, 2))
    sync = bytes(range(16))

    def number(n):
        return bytes([n << 1]) if n < 64 else bytes([(n << 1) & 127 | 128, n >> 6])

    meta = number(1) + number(11) + b"avro.schema" + number(len(schema)) + schema + number(0)
    place.put("avro", "made.avro", b"Obj\1" + meta + sync + number(50) + number(len(block)) + block + sync)
    # Arrow's file format begins and ends with its mark; what is between is a flat buffer.
    place.put("arrow", "made.arrow", b"ARROW1\0\0" + array.array("f", NUMBERS).tobytes() + struct.pack("<I", 40) + b"ARROW1")


def _models(place):
    weights = array.array("f", NUMBERS).tobytes()
    head = json.dumps({"w": {"dtype": "F32", "shape": [3000], "data_offsets": [0, len(weights)]}}).encode()
    place.put("safetensors", "made.safetensors", struct.pack("<Q", len(head)) + head + weights)
    gguf = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 4) + b"name" + struct.pack("<IQ", 8, 4) + b"made"
    place.put("gguf", "made.gguf", gguf + bytes(-len(gguf) % 32) + weights)
    # ONNX is a protocol buffer: version, producer, a graph with one initializer.

    def field(at, data):
        size = len(data)
        return bytes([at << 3 | 2]) + (bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7 & 127 | 128, size >> 14])) + data

    graph = field(2, b"graph") + field(5, b"\x08\xb8\x17\x10\x01" + field(8, b"w") + field(9, weights))
    place.put("onnx", "made.onnx", b"\x08\x08" + field(2, b"a test") + field(7, graph))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:     # As PyTorch saves: a stored zip of a pickle and raw data.
        archive.writestr(zipfile.ZipInfo("archive/data.pkl"), pickle.dumps({"w": [1, 2, 3]}, 2))
        archive.writestr(zipfile.ZipInfo("archive/data/0"), weights)
        archive.writestr(zipfile.ZipInfo("archive/version"), b"3\n")
    place.put("pt", "made.pt", out.getvalue())
    place.put("tflite", "made.tflite", struct.pack("<I", 28) + b"TFL3" + bytes(40) + weights)
    place.put("tfrecord", "made.tfrecord", b"".join(struct.pack("<QI", 24, 1) + bytes(24) + struct.pack("<I", 2) for _ in range(90)))
    place.put("bin", "weights.bin", weights)


def _captures(place):
    frame = bytes.fromhex("ffffffffffff00112233445508060001080006040001") + bytes(40)
    pcap = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    place.put("pcap", "made.pcap", pcap + b"".join(struct.pack("<IIII", 1_700_000_000 + n, 0, len(frame), len(frame)) + frame
                                                   for n in range(200)))
    section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    interface = struct.pack("<IIHHII", 1, 20, 1, 0, 0, 20)
    size = 32 + len(frame) + (-len(frame) % 4)
    packet = struct.pack("<IIIIIII", 6, size, 0, 0, 0, len(frame), len(frame)) + frame + bytes(-len(frame) % 4) + struct.pack("<I", size)
    place.put("pcapng", "made.pcapng", section + interface + packet * 200)
    las = b"LASF" + bytes(20) + b"\1\2" + bytes(68) + struct.pack("<HI", 227, 227) + bytes(123)
    place.put("las", "made.las", las + bytes(28 * 50))
    place.put("stl", "binary.stl", b"made by a test".ljust(80) + struct.pack("<I", 20) + (struct.pack("<12f", *range(12)) + b"\0\0") * 20)
    place.put("glb", "made.glb", struct.pack("<4sIIII", b"glTF", 2, 48, 28, 0x4E4F534A) + b'{"asset":{"version":"2.0"}} ')
    place.put("raw-zeros", "zeros.bin", bytes(1000))
