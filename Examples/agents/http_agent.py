#!/usr/bin/env python3
"""A trading agent as a web service: POST /v1/decide, with the standard library alone.

Start it with `python3 Examples/agents/http_agent.py 8700` (0 picks a free port; the first line printed says which),
put your idea into decide(), and add it to config.yaml:
    agents:
      my-service: { kind: http, url: "http://127.0.0.1:8700" }
"""
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def decide(symbol, request):
    """One decision, or None for no opinion. Your idea goes here: buy what the portfolio does not hold."""
    portfolio = request["portfolio"]
    held = {p["symbol"] for p in portfolio["positions"]} if portfolio else set()
    if symbol in held:
        return {"symbol": symbol, "action": "HOLD", "rationale": "held already"}
    return {"symbol": symbol, "action": "BUY", "position_size": 2.5, "rationale": "not held yet"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps the connection open between requests

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/v1/decide":
            return self.answer(404, {"title": "unknown path"})
        try:
            request = json.loads(body)
            # The same Idempotency-Key is the same question again, after a lost answer: give the same answer.
            decisions = [decide(symbol, request) for symbol in request["symbols"]]
        except Exception as problem:
            # Any status but 200 means "I failed", and is recorded as ABSTAIN with this text.
            return self.answer(500, {"title": f"{type(problem).__name__}: {problem}"})
        self.answer(200, {"decisions": [decision for decision in decisions if decision]})

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
