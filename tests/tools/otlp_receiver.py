#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An OTLP/HTTP receiver: otlp_receiver.py FOLDER. Its port goes to FOLDER/port; what it accepts, to
FOLDER/logs.jsonl and metrics.jsonl, one request a line; a line about each request to FOLDER/seen. How
it answers, it reads from FOLDER/mode each time: ok, partial, refuse, hang-up, slow, or flaky N (N
times 503 with Retry-After: 1)."""
import gzip
import http.server
import json
import os
import sys
import time

folder = sys.argv[1]


def read_mode():
    try:
        with open(f"{folder}/mode", encoding="ascii") as file:
            return file.read().split() or ["ok"]
    except FileNotFoundError:
        return ["ok"]


def write_mode(words):
    with open(f"{folder}/mode.new", "w", encoding="ascii") as file:
        file.write(" ".join(words))
    os.rename(f"{folder}/mode.new", f"{folder}/mode")


def append(name, line):
    with open(f"{folder}/{name}", "a", encoding="utf-8") as file:
        file.write(line + "\n")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=()):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        mode = read_mode()
        append("seen", f"{self.path} {mode[0]} {self.headers.get('Content-Type')} "
               f"{self.headers.get('Content-Encoding', '-')} {self.headers.get('X-Key', '-')}")
        if mode[0] == "hang-up":
            self.close_connection = True
        elif mode[0] == "flaky":
            left = int(mode[1]) - 1
            write_mode(["flaky", str(left)] if left > 0 else ["ok"])
            self.answer(503, {"code": 14, "message": "try later"}, [("Retry-After", "1")])
        elif mode[0] == "refuse":
            self.answer(400, {"code": 3, "message": "this is nothing"})
        elif mode[0] == "slow":
            time.sleep(3600)
        else:
            name = self.path.rsplit("/", 1)[-1]
            append(f"{name}.jsonl", json.dumps(json.loads(body)))
            self.answer(200, {"partialSuccess": {"rejectedLogRecords": "1",
                                                 "errorMessage": "one too many"}}
                        if mode[0] == "partial" else {})


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


def main():
    server = Server(("127.0.0.1", 0), Handler)
    with open(f"{folder}/port.new", "w", encoding="ascii") as file:
        file.write(str(server.server_port))
    os.rename(f"{folder}/port.new", f"{folder}/port")
    server.serve_forever()


main()
