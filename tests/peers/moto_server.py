"""Serves moto on a loopback port and says on which; run by moto.sh.

moto's own command line cannot report the port that the system chose for it, and it answers in HTTP/1.0,
one connection per request. Here the socket is bound first, so nobody else can take the port in between,
and connections are kept alive as they are at AWS.
"""
import logging
import os
import signal
import sys


def main() -> int:
    port = int(sys.argv[1])
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "cordon")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "cordon-dev-secret")
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    WSGIRequestHandler.protocol_version = "HTTP/1.1"
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", port, application, threaded=True)
    server.daemon_threads = True
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    print(f"endpoint: http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
