"""The work of `scripts/bench replay` in NautilusTrader: TWAP orders, a slice a minute, over the same recorded quotes.

    python3 replay_nautilus.py QUOTES.csv.gz PARENTS REPEATS

Prints quotes per second of processor time, as one number on the last line. Its own TWAP algorithm makes the slices and
its simulated exchange fills them; logging, reports and risk checks are off.
"""

import csv
import gzip
import sys
import time
from decimal import Decimal

from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.config import BacktestEngineConfig, LoggingConfig, RiskEngineConfig, StrategyConfig
from nautilus_trader.examples.algorithms.twap import TWAPExecAlgorithm
from nautilus_trader.model import Money, QuoteTick, TraderId, Venue
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide, OrderStatus
from nautilus_trader.model.identifiers import ExecAlgorithmId, InstrumentId, Symbol
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.trading.strategy import Strategy

VENUE = Venue("BINANCE")
LOTS = Decimal("0.010")


def make_instrument():
    return CryptoPerpetual(
        instrument_id=InstrumentId(Symbol("BTCUSDT-PERP"), VENUE),
        raw_symbol=Symbol("BTCUSDT"),
        base_currency=BTC,
        quote_currency=USDT,
        settlement_currency=USDT,
        is_inverse=False,
        price_precision=1,
        size_precision=3,
        price_increment=Price.from_str("0.1"),
        size_increment=Quantity.from_str("0.001"),
        max_quantity=None,
        min_quantity=None,
        max_notional=None,
        min_notional=None,
        max_price=None,
        min_price=None,
        margin_init=Decimal(0),
        margin_maint=Decimal(0),
        maker_fee=Decimal(0),
        taker_fee=Decimal(0),
        ts_event=0,
        ts_init=0,
    )


def read_quotes(path, instrument, repeats):
    with gzip.open(path, "rt") as file:
        rows = [
            (
                int(row["ts_exchange_ns"]),
                Price.from_str(f"{Decimal(row['bid_price']):.1f}"),
                Price.from_str(f"{Decimal(row['ask_price']):.1f}"),
                Quantity.from_str(row["bid_size"]),
                Quantity.from_str(row["ask_size"]),
            )
            for row in csv.DictReader(file)
        ]
    length = rows[-1][0] - rows[0][0] + 1_000_000
    ticks = [
        QuoteTick(instrument.id, bid, ask, bid_size, ask_size, at + length * number, at + length * number)
        for number in range(repeats)
        for at, bid, ask, bid_size, ask_size in rows
    ]
    return ticks, length * repeats // 60_000_000_000


class ParentsConfig(StrategyConfig, frozen=True):
    parents: int
    minutes: int


class Parents(Strategy):
    """Sends every parent at the first quote, half of them buying and half selling."""

    def __init__(self, config, instrument):
        super().__init__(config)
        self.instrument = instrument
        self.begun = False

    def on_start(self):
        self.subscribe_quote_ticks(self.instrument.id)

    def on_quote_tick(self, tick):
        if self.begun:
            return
        self.begun = True
        minutes = self.config.minutes
        for number in range(self.config.parents):
            self.submit_order(
                self.order_factory.market(
                    instrument_id=self.instrument.id,
                    order_side=OrderSide.BUY if number % 2 == 0 else OrderSide.SELL,
                    quantity=self.instrument.make_qty(LOTS * minutes),
                    exec_algorithm_id=ExecAlgorithmId("TWAP"),
                    exec_algorithm_params={"horizon_secs": minutes * 60, "interval_secs": 60},
                )
            )

    def on_stop(self):
        pass


def main(path, parents, repeats):
    instrument = make_instrument()
    ticks, minutes = read_quotes(path, instrument, repeats)
    engine = BacktestEngine(
        BacktestEngineConfig(
            trader_id=TraderId("REPLAY-001"),
            logging=LoggingConfig(bypass_logging=True),
            risk_engine=RiskEngineConfig(bypass=True),
            run_analysis=False,
        )
    )
    engine.add_venue(
        venue=VENUE,
        oms_type=OmsType.NETTING,
        account_type=AccountType.MARGIN,
        base_currency=None,
        starting_balances=[Money(1_000_000_000, USDT)],
    )
    engine.add_instrument(instrument)
    engine.add_data(ticks, sort=False)
    engine.add_exec_algorithm(TWAPExecAlgorithm())
    engine.add_strategy(Parents(ParentsConfig(parents=parents, minutes=minutes), instrument))
    start = time.process_time()
    engine.run()
    took = time.process_time() - start
    orders = engine.cache.orders()
    filled = sum(order.status == OrderStatus.FILLED for order in orders)
    if filled != parents * minutes:
        sys.exit(f"{filled} of {len(orders)} orders filled; {parents * minutes} slices were to fill")
    print(f"{parents} parents, {len(ticks)} quotes, {took:.1f} s, {filled} slices filled")
    print(round(len(ticks) / took))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
