#!/usr/bin/env python3
"""A trading agent as a program: one request in on standard input, one line per decision out on standard output.

Copy this file, put your idea into decide(), and add it to config.yaml:
    agents:
      my-momentum: { kind: process, command: [python3, Examples/agents/momentum_agent.py] }
"""
import json
import sys


def decide(symbol, request):
    """One decision, or None for no opinion. Your idea goes here.

    Prices are decimal strings. What your model needs beyond the request it fetches itself, never later than
    request["as_of"]: the same program is asked in replays of days long past.
    """
    last = request["market"].get(symbol, {}).get("last")
    closes = request["context"]["extra"].get("closes." + symbol)  # of the last 60 minutes, oldest first
    if not last or not closes:
        return None
    change = float(last) / float(closes.split(",")[0]) - 1
    portfolio = request["portfolio"]  # None means "not available", which is not an empty portfolio
    held = {p["symbol"]: float(p["quantity"]) for p in portfolio["positions"]} if portfolio else {}
    decision = {"symbol": symbol, "action": "HOLD", "rationale": f"{change:+.2%} in the last hour"}
    if change > 0.002 and held.get(symbol, 0) <= 0:
        # 5 is five percent of the account's equity; 0.05 would be refused as a likely mistake.
        confidence = min(0.99, 0.5 + 10 * change)
        return decision | {"action": "BUY", "position_size": 5, "urgency": "HIGH", "confidence": confidence}
    if change < -0.002 and held.get(symbol, 0) > 0:
        # A SELL never goes below zero: 100 asks for at most all of the position.
        return decision | {"action": "SELL", "position_size": 100, "urgency": "HIGH"}
    return decision


def main():
    request = json.loads(sys.stdin.readline())["request"]
    for symbol in request["symbols"]:
        decision = decide(symbol, request)
        if decision is None:
            print(f"{symbol}: no price yet", file=sys.stderr)  # no line is no opinion: ABSTAIN, never HOLD
            continue
        # Ids, times and the reference price are stamped by the executor; allow_nan=False because NaN is not JSON.
        print(json.dumps(decision, allow_nan=False))
    # Standard error is the log. A status other than 0 means "I failed": nothing that was printed is used.
    print(f"answered about {', '.join(request['symbols'])}", file=sys.stderr)


if __name__ == "__main__":
    main()
