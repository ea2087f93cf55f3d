#!/usr/bin/env python3
"""A whole trading agent: one request in on standard input, one line per decision out on standard output.

In config.yaml:   agents: { my-momentum: { kind: process, command: [python3, /path/to/momentum_agent.py] } }
Log to standard error only. A status other than 0 means "I failed": nothing that was printed is used.
"""
import json
import sys

request = json.loads(sys.stdin.readline())["request"]
portfolio = request["portfolio"]  # None means "not available", which is not an empty portfolio
held = {p["symbol"]: float(p["quantity"]) for p in portfolio["positions"]} if portfolio else {}

for symbol in request["symbols"]:
    market = request["market"].get(symbol, {})
    # Prices are decimal strings; what your model needs beyond them it fetches itself, never later than request["as_of"].
    last, opened = market.get("last"), request["context"]["extra"].get("open." + symbol)
    if last is None or opened is None:
        continue  # no line is no opinion: recorded as ABSTAIN, never as HOLD
    change = float(last) / float(opened) - 1
    decision = {"symbol": symbol, "action": "HOLD", "rationale": f"{change:+.2%} since the open"}
    if change > 0.01 and held.get(symbol, 0) <= 0:
        # 5 is five percent of the account's equity; 0.05 would be refused as a likely mistake.
        decision |= {"action": "BUY", "position_size": 5, "urgency": "HIGH", "confidence": min(0.99, 0.5 + 10 * change)}
    elif change < -0.01 and held.get(symbol, 0) > 0:
        # A SELL never goes below zero: 100 asks for at most all of the position.
        decision |= {"action": "SELL", "position_size": 100, "urgency": "HIGH"}
    # Ids, times and the reference price are stamped by the executor; allow_nan=False because NaN is not JSON.
    print(json.dumps(decision, allow_nan=False))
print(f"answered {len(request['symbols'])} symbol(s)", file=sys.stderr)
