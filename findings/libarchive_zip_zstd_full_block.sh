#!/usr/bin/env bash
# libarchive's zip reader and members in Zstandard that end with a full block
#
# What one would guess: a zip member that is packed with method 93 (Zstandard) can be read whatever its size is. What goes
# wrong with it goes wrong for want of bytes or of memory.
#
# What happens: bsdtar 3.6.2 delivers every byte of the member and then says "Truncated zstd file body" when the content's
# size is a multiple of 131,072 bytes and the content packs well. One byte more or less, and it is fine; the same frame
# without a zip around it is fine as well; 7-Zip finds nothing wrong with any of them.
#
# Why it matters here: whoever believes the error calls a whole file damaged, and whoever ignores errors of this reader
# takes damaged ones for whole. Sizes like 128 KiB and its multiples are common: images of memory, blocks, padded files.
#
# Debian 12: libarchive-tools and libarchive13 3.6.2-1+deb12u5, zstd 1.5.4+dfsg2-5,
# 7zip 22.01+really26.02+dfsg-0+deb12u1. Seen:
#   131071 bytes: bsdtar 0, all of it; 7-Zip Ok
#   131072 bytes: bsdtar 1, all of it, Truncated zstd file body; 7-Zip Ok
#   131073 bytes: bsdtar 0, all of it; 7-Zip Ok
#   262144 bytes: bsdtar 1, all of it, Truncated zstd file body; 7-Zip Ok
#   131072 bytes without a zip: bsdcat 0, all of it
set -euo pipefail
export LC_ALL=C.UTF-8

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -o APT::Sandbox::User=root download -q libarchive-tools=3.6.2-1+deb12u5 libarchive13=3.6.2-1+deb12u5 zstd=1.5.4+dfsg2-5 \
  7zip=22.01+really26.02+dfsg-0+deb12u1 >/dev/null
for package in *.deb; do dpkg-deb -x "$package" root; done
export PATH=$work/root/usr/bin:$PATH
LD_LIBRARY_PATH=$(dirname "$(find root -name 'libarchive.so.13')" | sed "s,^,$work/,")
export LD_LIBRARY_PATH
bsdtar --version

cat >pack.py <<'PYTHON'
"""pack.py SIZE: SIZE zeros as a.zst, and in a.zip as its only member (APPNOTE 4.3.7, 4.3.12, 4.3.16)."""
import struct, subprocess, sys, zlib
data = bytes(int(sys.argv[1]))
packed = subprocess.run(["zstd", "-qc"], input=data, stdout=subprocess.PIPE, check=True).stdout
fields = struct.pack("<HHHHHIIIHH", 63, 0, 93, 0, 0x21, zlib.crc32(data), len(packed), len(data), 1, 0)
local = b"PK\3\4" + fields + b"m" + packed
entry = b"PK\1\2" + struct.pack("<H", 63) + fields + struct.pack("<HHHII", 0, 0, 0, 0, 0) + b"m"
end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(entry), len(local), 0)
open("a.zip", "wb").write(local + entry + end)
open("a.zst", "wb").write(packed)
PYTHON

read_with() {  # read_with SIZE PROGRAM OPTIONS...: its exit status, whether all came, and what it said
  local size=$1 status=0 all="not all of it" said
  shift
  "$@" >out 2>err || status=$?
  [ "$(wc -c <out)" = "$size" ] && all="all of it"
  said=$(grep -o 'Truncated zstd file body' err || true)
  echo "$1 $status, $all${said:+, $said}"
}

for size in 131071 131072 131073 262144; do
  python3 pack.py "$size"
  tested=$(7zz t a.zip | grep -q 'Everything is Ok' && echo Ok || echo refused)
  echo "$size bytes: $(read_with "$size" bsdtar -xOf a.zip); 7-Zip $tested"
done >seen
python3 pack.py 131072
echo "131072 bytes without a zip: $(read_with 131072 bsdcat a.zst)" >>seen

cat seen
diff - seen <<'EXPECTED' && echo "as found"
131071 bytes: bsdtar 0, all of it; 7-Zip Ok
131072 bytes: bsdtar 1, all of it, Truncated zstd file body; 7-Zip Ok
131073 bytes: bsdtar 0, all of it; 7-Zip Ok
262144 bytes: bsdtar 1, all of it, Truncated zstd file body; 7-Zip Ok
131072 bytes without a zip: bsdcat 0, all of it
EXPECTED
