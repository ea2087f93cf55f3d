public import ExecutionAlgorithms
public import ExecutionAnalytics
public import ExecutionEngine
public import Portfolio
public import RiskRules
public import TradingAgents
public import TradingDomain

// Errors that steps meet in the course of things: the item at hand fails by one, and nothing else does. What is not
// named here or by its own room is unexpected, and puts the account into safe mode (`ErrorHandler`).

extension StepFailure: ClassifiedError { public var kind: ErrorKind { .refused } }
extension WorkflowFileError: ClassifiedError { public var kind: ErrorKind { .refused } }
extension RebalanceRefusal: ClassifiedError { public var kind: ErrorKind { .refused } }
extension PortfolioConfigError: ClassifiedError { public var kind: ErrorKind { .refused } }
extension CostError: ClassifiedError { public var kind: ErrorKind { .refused } }
extension PlanRefusal: ClassifiedError { public var kind: ErrorKind { .refused } }
extension DecimalTextError: ClassifiedError { public var kind: ErrorKind { .refused } }
extension RiskLimitsError: ClassifiedError { public var kind: ErrorKind { .refused } }
extension DecisionFileError: ClassifiedError { public var kind: ErrorKind { .refused } }

extension AgentDesk {
    /// The agent of a name, whatever the maker's own errors are: an agent is a stranger, and no fault of the program.
    ///
    /// - Throws: ``StepFailure``.
    func entry(_ name: String, _ decisions: String?) throws -> Entry {
        do {
            return try make(name, decisions)
        } catch let known as any ClassifiedError {
            throw known
        } catch {
            throw StepFailure("agent_unavailable", "Agent '\(name)' could not be made: \(error)")
        }
    }
}
