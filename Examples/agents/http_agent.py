#!/usr/bin/env python3
"""A trading agent as a web service, with the standard library alone: POST /v1/decide.

Run:              python3 http_agent.py 8700        (0 picks a free port; the first line printed says which)
In config.yaml:   agents: { my-service: { kind: http, url: "http://127.0.0.1:8700" } }
"""
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def decide(request):
    """One decision per asked symbol: buy what the portfolio does not hold. Your idea goes here."""
    portfolio = request["portfolio"]
    held = {p["symbol"] for p in portfolio["positions"]} if portfolio else set()
    for symbol in request["symbols"]:
        if symbol in held:
            yield {"symbol": symbol, "action": "HOLD", "rationale": "held already"}
        else:
            yield {"symbol": symbol, "action": "BUY", "position_size": 2.5, "rationale": "not held yet"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps the connection open between requests

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/v1/decide":
            return self.answer(404, {"title": "unknown path"})
        # The same Idempotency-Key means the same question again, after a lost answer: give the same answer.
        request = json.loads(body)
        self.answer(200, {"decisions": list(decide(request))})

    def answer(self, status, document):
        body = json.dumps(document, allow_nan=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *arguments):
        print(format % arguments, file=sys.stderr)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8700), Handler)
    print(f"listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
