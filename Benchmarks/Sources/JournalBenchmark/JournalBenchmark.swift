import TradingDomain

print(Price(units: 1))
