"""ccxt, which is asynchronous: requests, streams, and requests over a WebSocket, against a local venue."""

import asyncio
import time
from urllib.parse import urlparse

import ccxt.pro as ccxt

from report import Report, arguments, expect

SYMBOL = "BTC/USDT:USDT"


def moved(addresses, rest):
    """The library's addresses, with this machine's in the place of the exchange's."""
    stream = rest.replace("http://", "ws://")
    for name, address in list(addresses.items()):
        if isinstance(address, dict):
            moved(address, rest)
        else:
            base = stream if address.startswith("ws") else rest
            addresses[name] = base + urlparse(address).path


async def main(given):
    report = Report()
    client = ccxt.binanceusdm({"apiKey": "test-key", "secret": "test-secret"})
    moved(client.urls["api"], given.rest)
    client.has["fetchCurrencies"] = False  # a call to the spot exchange
    client.timeout = round(given.wait * 1000)

    async def check(name, call, holds=lambda answer: True, raises=None):
        began = time.monotonic()
        try:
            answer = await asyncio.wait_for(call(), given.wait)
            expect(raises is None, f"it was to be refused, and gave {answer}")
            expect(holds(answer), f"not as it should be: {answer}")
            report.line(began, name)
            return answer
        except Exception as error:
            refused = raises is not None and isinstance(error, raises)
            report.line(began, name, None if refused else f"{type(error).__name__}: {error}", error)

    try:
        await check("markets", client.load_markets, lambda markets: markets[SYMBOL]["precision"]["amount"] == 0.001)
        ticker = await check("ticker", lambda: client.fetch_ticker(SYMBOL), lambda told: told["last"] > 0)
        if ticker is None:
            return report
        await check("order book", lambda: client.fetch_order_book(SYMBOL, 50), lambda book: book["bids"][0] < book["asks"][0])
        await check("trades", lambda: client.fetch_trades(SYMBOL, limit=10), lambda trades: trades[0]["price"] > 0)
        await check("candles", lambda: client.fetch_ohlcv(SYMBOL, "1m", limit=10), lambda candles: len(candles) == 10)
        await check("mark candles", lambda: client.fetch_mark_ohlcv(SYMBOL, "1m", limit=10), lambda candles: candles)
        await check("index candles", lambda: client.fetch_index_ohlcv(SYMBOL, "1m", limit=10), lambda candles: candles)
        await check("funding rate", lambda: client.fetch_funding_rate(SYMBOL), lambda told: told["markPrice"] > 0)
        await check("best prices", client.fetch_bids_asks, lambda told: told[SYMBOL]["bid"] < told[SYMBOL]["ask"])
        await check("open interest", lambda: client.fetch_open_interest(SYMBOL))
        await check("balance", client.fetch_balance, lambda told: told["USDT"]["free"] == 10_000)
        await check("no positions", client.fetch_positions, lambda told: told == [])
        await check("leverage", lambda: client.set_leverage(5, SYMBOL), lambda told: told["leverage"] in (5, "5"))
        await check("leverage tiers", lambda: client.fetch_leverage_tiers([SYMBOL]), lambda told: told[SYMBOL])
        await check(
            "the margin type it has", lambda: client.set_margin_mode("cross", SYMBOL), raises=ccxt.MarginModeAlreadySet
        )
        await check("one-way mode", lambda: client.fetch_position_mode(SYMBOL), lambda told: told["hedged"] is False)
        await check("fees", lambda: client.fetch_trading_fee(SYMBOL), lambda told: told["taker"] == 0.0005)
        price = float(client.price_to_precision(SYMBOL, ticker["last"] * 0.97))
        order = await check(
            "limit", lambda: client.create_order(SYMBOL, "limit", "buy", 0.002, price), lambda told: told["status"] == "open"
        )
        if order:
            await check("find it", lambda: client.fetch_order(order["id"], SYMBOL), lambda told: told["price"] == price)
            await check("open orders", lambda: client.fetch_open_orders(SYMBOL), lambda told: len(told) == 1)
            await check(
                "change it",
                lambda: client.edit_order(order["id"], SYMBOL, "limit", "buy", 0.003, price),
                lambda told: told["amount"] == 0.003,
            )
            await check(
                "cancel it", lambda: client.cancel_order(order["id"], SYMBOL), lambda told: told["status"] == "canceled"
            )
            await check("cancel it again", lambda: client.cancel_order(order["id"], SYMBOL), raises=ccxt.OrderNotFound)
        await check(
            "too little", lambda: client.create_order(SYMBOL, "limit", "buy", 0.001, 1000), raises=ccxt.ExchangeError
        )
        await check(
            "too much", lambda: client.create_order(SYMBOL, "limit", "buy", 50, price), raises=ccxt.ExchangeError
        )
        await check(
            "several at once",
            lambda: client.create_orders(
                [dict(symbol=SYMBOL, type="limit", side="buy", amount=0.002, price=price) for _ in range(2)]
            ),
            lambda told: [one["status"] for one in told] == ["open", "open"],
        )
        stop = client.price_to_precision(SYMBOL, price * 0.9)
        await check(
            "stop", lambda: client.create_order(SYMBOL, "market", "sell", 0.002, None, {"stopLossPrice": float(stop)})
        )
        await check("stops", lambda: client.fetch_open_orders(SYMBOL, params={"trigger": True}), lambda told: len(told) == 1)
        await check("cancel all", lambda: client.cancel_all_orders(SYMBOL))
        await check("cancel stops", lambda: client.cancel_all_orders(SYMBOL, {"trigger": True}))
        await check("none is open", lambda: client.fetch_open_orders(SYMBOL), lambda told: told == [])

        # Streams: what is watched comes by itself.
        await check("watch ticker", lambda: client.watch_ticker(SYMBOL), lambda told: told["last"] > 0)
        for _ in range(3):
            await check(
                "watch order book", lambda: client.watch_order_book(SYMBOL), lambda book: book["bids"][0] < book["asks"][0]
            )
        await check("watch trades", lambda: client.watch_trades(SYMBOL), lambda trades: trades[-1]["price"] > 0)
        await check("watch candles", lambda: client.watch_ohlcv(SYMBOL, "1m"))
        await check("watch mark price", lambda: client.watch_mark_price(SYMBOL))
        await check("watch best prices", lambda: client.watch_bids_asks([SYMBOL]))

        async def after(watch):
            """What is told of a market order; `watch` may need a while until it listens, so there is more than one."""
            told = asyncio.ensure_future(watch())
            await asyncio.sleep(2)
            await client.create_order(SYMBOL, "market", "buy", 0.002)
            while not (await asyncio.wait([told], timeout=5))[0]:
                await client.create_order(SYMBOL, "market", "buy", 0.002)
            return await told

        await check("watch orders", lambda: after(lambda: client.watch_orders(SYMBOL)), lambda told: told[0]["side"] == "buy")
        await check("watch fills", lambda: after(lambda: client.watch_my_trades(SYMBOL)), lambda told: told[0]["amount"] == 0.002)
        await check("watch positions", lambda: after(lambda: client.watch_positions([SYMBOL])), lambda told: told[0]["contracts"] > 0)
        await check("watch balance", lambda: after(client.watch_balance), lambda told: told["USDT"]["total"] < 10_000)

        # Requests over a WebSocket.
        await check("socket: balance", client.fetch_balance_ws, lambda told: told["USDT"]["total"] < 10_000)
        await check("socket: positions", lambda: client.fetch_positions_ws([SYMBOL]), lambda told: told[0]["contracts"] > 0)
        await check("socket: ticker", lambda: client.fetch_ticker_ws(SYMBOL))
        await check("socket: order book", lambda: client.fetch_order_book_ws(SYMBOL), lambda book: book["bids"][0] < book["asks"][0])
        order = await check("socket: limit", lambda: client.create_order_ws(SYMBOL, "limit", "buy", 0.002, price))
        if order:
            await check(
                "socket: change it",
                lambda: client.edit_order_ws(order["id"], SYMBOL, "limit", "buy", 0.003, price),
                lambda told: told["amount"] == 0.003,
            )
            await check("socket: find it", lambda: client.fetch_order_ws(order["id"], SYMBOL), lambda told: told["amount"] == 0.003)
            await check("socket: cancel it", lambda: client.cancel_order_ws(order["id"], SYMBOL))
            await check("socket: cancel it again", lambda: client.cancel_order_ws(order["id"], SYMBOL), raises=ccxt.OrderNotFound)
        held = await check("positions", lambda: client.fetch_positions([SYMBOL]), lambda told: told[0]["contracts"] > 0)
        if held:
            await check(
                "close it",
                lambda: client.create_order(SYMBOL, "market", "sell", held[0]["contracts"], None, {"reduceOnly": True}),
            )
        await check("its trades", lambda: client.fetch_my_trades(SYMBOL), lambda told: len(told) >= 5)
        await check("its ledger", lambda: client.fetch_ledger("USDT"), lambda told: told)
        await check("nothing is left", client.fetch_positions, lambda told: told == [])
    finally:
        await client.close()
    return report


given = arguments(__doc__)
asyncio.run(main(given)).end("ccxt")
