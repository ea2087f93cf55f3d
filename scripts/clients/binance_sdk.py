"""Binance's own modular library, which reads every answer into a strict model, against a local venue."""

import time

from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import (
    ConfigurationRestAPI,
    DerivativesTradingUsdsFutures,
)

from report import Report, arguments, expect

SYMBOL = "BTCUSDT"
given = arguments(__doc__)
report = Report()
client = DerivativesTradingUsdsFutures(
    config_rest_api=ConfigurationRestAPI(
        api_key="test-key", api_secret="test-secret", base_path=given.rest, timeout=round(given.wait * 1000)
    )
).rest_api


def check(name, holds=lambda answer: True, refused=None, **fields):
    """Calls a method of the library; `refused` is the code that it must fail with."""
    began = time.monotonic()
    try:
        answer = getattr(client, name)(**fields).data()
        expect(refused is None, f"it was to be refused with {refused}")
        expect(holds(answer), f"not as it should be: {answer}")
        report.line(began, name)
        return answer
    except Exception as error:
        isRefused = refused is not None and str(refused) in str(error)
        report.line(began, name, None if isRefused else f"{type(error).__name__}: {error}", error)


for name in ["test_connectivity", "check_server_time", "exchange_information", "get_funding_rate_info", "mark_price"]:
    check(name)
for name in ["order_book", "mark_price", "get_funding_rate_history", "ticker24hr_price_change_statistics", "open_interest"]:
    check(name, symbol=SYMBOL)
for name in ["recent_trades_list", "compressed_aggregate_trades_list", "old_trades_lookup"]:
    check(name, symbol=SYMBOL, limit=5)
for name in ["kline_candlestick_data", "mark_price_kline_candlestick_data", "premium_index_kline_data"]:
    check(name, symbol=SYMBOL, interval="1m", limit=3)
check("index_price_kline_candlestick_data", pair=SYMBOL, interval="1m", limit=3)
check("continuous_contract_kline_candlestick_data", pair=SYMBOL, contract_type="PERPETUAL", interval="1m", limit=3)
for name in ["symbol_price_ticker", "symbol_price_ticker_v2", "symbol_order_book_ticker"]:
    check(name, symbol=SYMBOL)
    check(name)
for name in [
    "account_information_v3", "account_information_v2", "futures_account_balance_v3", "futures_account_balance_v2",
    "position_information_v3", "position_information_v2", "get_current_multi_assets_mode", "get_current_position_mode",
    "futures_account_configuration", "query_user_rate_limit", "get_bnb_burn_status", "get_income_history",
]:
    check(name)
for name in ["user_commission_rate", "notional_and_leverage_brackets", "symbol_configuration"]:
    check(name, symbol=SYMBOL)
check("change_initial_leverage", lambda told: told.leverage == 5, symbol=SYMBOL, leverage=5)
check("change_margin_type", refused=-4046, symbol=SYMBOL, margin_type="CROSSED")
check("change_position_mode", refused=-4059, dual_side_position="false")

last = float(client.symbol_price_ticker(symbol=SYMBOL).data().actual_instance.price)
price = round(last * 0.97, 1)
resting = dict(symbol=SYMBOL, side="BUY", type="LIMIT", time_in_force="GTC", quantity=0.002, price=price)
order = check("new_order", lambda told: told.status == "NEW", **resting)
if order:
    named = dict(symbol=SYMBOL, order_id=order.order_id)
    check("query_order", lambda told: told.status == "NEW", **named)
    check("query_current_open_order", **named)
    check("current_all_open_orders", lambda told: len(told) == 1, symbol=SYMBOL)
    check("modify_order", lambda told: told.orig_qty == "0.003", side="BUY", quantity=0.003, price=price, **named)
    check("get_order_modify_history", lambda told: len(told) == 1, symbol=SYMBOL)
    check("cancel_order", lambda told: told.status == "CANCELED", **named)
    check("cancel_order", refused=-2011, **named)
check("test_order", symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.002)
market = dict(symbol=SYMBOL, type="MARKET", quantity=0.002, new_order_resp_type="RESULT")
check("new_order", lambda told: told.status == "FILLED", side="BUY", **market)
check("account_trade_list", lambda told: len(told) >= 1, symbol=SYMBOL)
check("all_orders", lambda told: len(told) == 2, symbol=SYMBOL)
check("position_information_v3", lambda told: told[0].position_amt == "0.002", symbol=SYMBOL)
check("position_adl_quantile_estimation", symbol=SYMBOL)
check("users_force_orders", lambda told: told == [])
check("new_order", lambda told: told.status == "FILLED", side="SELL", reduce_only="true", **market)
check("new_order", refused=-2022, side="SELL", reduce_only="true", **market)
batch = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.002", "price": str(price)}
check("place_multiple_orders", lambda told: len(told) == 2, batch_orders=[batch, batch])
check("auto_cancel_all_open_orders", symbol=SYMBOL, countdown_time=60000)
check("cancel_all_open_orders", symbol=SYMBOL)
stop = dict(algo_type="CONDITIONAL", symbol=SYMBOL, side="SELL", type="STOP_MARKET", quantity=0.002)
check("new_algo_order", trigger_price=round(last * 0.9, 1), **stop)
check("current_all_algo_open_orders", lambda told: len(told) == 1)
check("cancel_all_algo_open_orders", symbol=SYMBOL)
check("query_all_algo_orders", lambda told: len(told) == 1, symbol=SYMBOL)
for name in ["start_user_data_stream", "keepalive_user_data_stream", "close_user_data_stream"]:
    check(name)
report.end("binance-sdk")
