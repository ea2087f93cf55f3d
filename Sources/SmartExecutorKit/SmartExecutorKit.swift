// The library product: one import for a program that embeds the system. It adds nothing of its own.

@_exported public import Assembly
@_exported public import ExecutionAlgorithms
@_exported public import ExecutionAnalytics
@_exported public import ExecutionEngine
@_exported public import MarketData
@_exported public import Orchestration
@_exported public import PaperTrading
@_exported public import Portfolio
@_exported public import QuantMath
@_exported public import RiskRules
@_exported public import TradingAgents
@_exported public import TradingDomain
@_exported public import Workflows
