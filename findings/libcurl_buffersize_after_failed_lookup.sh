#!/usr/bin/env bash
# libcurl's easy handle, CURLOPT_BUFFERSIZE, and a name that could not be looked up
#
# What one would guess: an option that was accepted once is accepted again after curl_easy_reset, whatever the transfer
# before came to. What a transfer leaves behind belongs to its connection, and there is none when it failed.
#
# What happens: after a transfer whose name lookup failed, CURLOPT_BUFFERSIZE is refused (43, "A libcurl function was given
# a bad argument"), before curl_easy_reset and after it, for the rest of the handle's life. All other options are taken.
# After a transfer that ended well, and after one that nobody listened to, CURLOPT_BUFFERSIZE is taken as ever.
#
# Why it matters here: clients of S3 keep handles for many requests and check what curl_easy_setopt says. A moment without
# a name server then makes every later request of a kept handle fail, long after the name server is back, with an error
# that reads like a mistake in the program. A handle whose transfer failed has to be thrown away.
#
# Debian 12: libcurl4 7.88.1-10+deb12u15, python3 3.11 (ctypes). Seen:
#   after a transfer that ended well: BUFFERSIZE 0, after reset 0
#   after a refused connection: BUFFERSIZE 0, after reset 0
#   after a failed lookup: BUFFERSIZE 43, after reset 43
set -euo pipefail
export LC_ALL=C.UTF-8

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -o APT::Sandbox::User=root download -q libcurl4=7.88.1-10+deb12u15 >/dev/null
dpkg-deb -x libcurl4_*.deb root

cat >handle.py <<'PYTHON'
import ctypes, http.server, socket, sys, threading

curl = ctypes.CDLL(sys.argv[1])
curl.curl_easy_init.restype = ctypes.c_void_p
curl.curl_version.restype = ctypes.c_char_p
print(curl.curl_version().decode().split()[0])
URL, BUFFERSIZE, NOBODY, PROXY = 10002, 98, 44, 10004

def number(handle, option, value):
    return curl.curl_easy_setopt(ctypes.c_void_p(handle), ctypes.c_int(option), ctypes.c_long(value))

def text(handle, option, value):
    return curl.curl_easy_setopt(ctypes.c_void_p(handle), ctypes.c_int(option), ctypes.c_char_p(value))

def after(what, url, expected):
    handle = curl.curl_easy_init()
    assert number(handle, BUFFERSIZE, 65536) == 0
    assert text(handle, URL, url.encode()) == text(handle, PROXY, b"") == number(handle, NOBODY, 1) == 0
    assert curl.curl_easy_perform(ctypes.c_void_p(handle)) == expected, what
    before_reset = number(handle, BUFFERSIZE, 65536)
    curl.curl_easy_reset(ctypes.c_void_p(handle))
    assert number(handle, NOBODY, 1) == 0
    print(f"after {what}: BUFFERSIZE {before_reset}, after reset {number(handle, BUFFERSIZE, 65536)}")

class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
with socket.socket() as closed:
    closed.bind(("127.0.0.1", 0))
    after("a transfer that ended well", f"http://127.0.0.1:{server.server_port}/", 0)
    after("a refused connection", f"http://127.0.0.1:{closed.getsockname()[1]}/", 7)
    after("a failed lookup", "http://no-such-host.invalid/", 6)
PYTHON
python3 handle.py "$(find root -name 'libcurl.so.4')" | tee seen

diff - seen <<'EXPECTED'
libcurl/7.88.1
after a transfer that ended well: BUFFERSIZE 0, after reset 0
after a refused connection: BUFFERSIZE 0, after reset 0
after a failed lookup: BUFFERSIZE 43, after reset 43
EXPECTED
