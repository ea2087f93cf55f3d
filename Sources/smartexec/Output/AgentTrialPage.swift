import ExecutionEngine
import Foundation
import Orchestration
import Portfolio
import RiskRules
import TradingAgents
import TradingDomain

/// An agent's trial for people and for programs.
struct AgentTrialPage {
    let trial: AgentTrial
    let name: String
    let symbol: Symbol
    let source: String

    /// Bytes of a request, an answer or a log that are shown; the whole is in the database after a real run.
    private static let shownBytes = 8192

    /// What the decision itself is worth: sizing and risk speak about the account, not about the agent.
    var status: ExitStatus {
        switch trial.verdict.outcome {
        case .accepted, .noAction, .duplicate: .success
        case .abstained, .rejected: .incomplete
        case .blocked: .blocked
        }
    }

    /// One object with `request`, `answer`, `gates`, `decision`, `order` and `risk`.
    func json() throws -> String { try Listing.json(document) }

    /// The exchange, the gates and what it would become.
    func text(_ style: TextStyle, width: Int?) -> String {
        var lines = ["Agent \(name) (\(source)) about \(symbol). Nothing is traded and nothing is recorded.", ""]
        lines.append(style.bold("1 Request"))
        lines += indented(trial.exchange.requestBytes)
        lines.append("")
        let ending = trial.exchange.ending.map { ", \($0)" } ?? ""
        lines.append(style.bold("2 Answer") + " after \(milliseconds) ms of \(trial.timeout.seconds) s\(ending)")
        lines += trial.exchange.replyBytes.isEmpty ? indented(withoutBytes) : indented(trial.exchange.replyBytes)
        if !trial.exchange.errorTail.isEmpty {
            lines.append("  standard error, the end of it:")
            lines += indented(trial.exchange.errorTail).map { "  \($0)" }
        }
        for refusal in trial.exchange.refusals { lines.append("  not used: \(VisibleText.of(refusal.description))") }
        lines.append("")
        lines.append(style.bold("3 Gates") + " \(trial.verdict.outcome.verdict)")
        var table = Table([
            .text("Gate"), .text("Verdict"), .text("Code"), .text("Observed"), .text("Limit"), .prose("Message"),
        ])
        for check in trial.verdict.checks {
            table.add(
                [
                    check.gate.rawValue, check.verdict.rawValue, check.code?.rawValue ?? "", check.observed ?? "",
                    check.limit ?? "", check.message ?? "",
                ].map(VisibleText.of)
            )
        }
        lines += table.rendered(width: width.map { $0 - 2 }, style: style).split(separator: "\n").map { "  \($0)" }
        lines.append("")
        lines.append(style.bold("4 Would become") + " \(conclusion)")
        lines += consequences.map { "  \($0)" }
        return lines.joined(separator: "\n")
    }

    // MARK: Words

    /// What to show of an answer that came without bytes: an agent in this process gives a value, a silent one nothing.
    private var withoutBytes: [UInt8] {
        guard trial.decision.trade != nil else { return Array("(nothing)".utf8) }
        return Array("a value of this process: ".utf8) + trial.decision.json(.wire).encoded()
    }

    private var milliseconds: Int { Int(trial.exchange.duration.seconds * 1000) }

    private var conclusion: String {
        guard trial.verdict.isAccepted else {
            return "nothing: \(trial.verdict.outcome.status ?? "") \(VisibleText.of(trial.verdict.message))"
        }
        return switch trial.sizing {
        case .order(let order, _)?:
            "\(order.side.rawValue) \(trial.risk?.approved?.quantity ?? order.quantity) \(order.symbol)"
                + (trial.risk?.approved == nil ? ", but the risk rules block it" : "")
        case .noAction(_, let message)?: "nothing: \(message)"
        case .refused(_, let message)?: "nothing: \(message)"
        case nil: "nothing: there is no price to size it at"
        }
    }

    private var consequences: [String] {
        guard case .order(let order, let adjustments)? = trial.sizing else { return [] }
        let route = UrgencyRoute.route(for: trial.urgency.urgency)
        let asked = trial.decision.trade.map { "\($0.action.rawValue) \($0.size?.words ?? "")" } ?? ""
        return ["asked     \(asked)", "size      \(order.note)"] + adjustments.map { "          \($0.message)" } + [
            "urgency   \(trial.urgency.urgency.rawValue), given by \(trial.urgency.source.rawValue)",
            "algorithm \(route.algorithm), \(route.time)" + (route.slices.map { ", at most \($0) slices" } ?? ""),
        ]
            + (trial.risk?.verdicts ?? []).map { verdict in
                "risk      \(verdict.isBlock ? "BLOCK" : verdict.isViolation ? "SHRINK" : "pass") \(verdict.rule): \(verdict.message)"
            }
    }

    private func indented(_ bytes: [UInt8]) -> [String] {
        VisibleText.lines(bytes, limit: Self.shownBytes).map { "  \($0)" }
    }

    // MARK: JSON

    private struct Document: Encodable {
        struct Order: Encodable {
            let side: String
            let quantity: Quantity
            let referencePrice: Price
            let note: String
        }

        let agent: String
        let ticker: String
        let request: String
        let answer: String
        let standardError: String
        let ending: String?
        let milliseconds: Int
        let notUsed: [AgentReplyRefusal]
        let decision: String
        let verdict: String
        let status: String
        let message: String
        let gates: [IntakeCheck]
        let urgency: String
        let urgencySource: String
        let algorithm: String?
        let order: Order?
        let approvedQuantity: Quantity?
        let sizing: String?
        let risk: [RiskVerdict]
    }

    private var document: Document {
        let exchange = trial.exchange
        let order = trial.sizing?.order
        return Document(
            agent: name,
            ticker: symbol.text,
            request: String(decoding: exchange.requestBytes, as: UTF8.self),
            answer: String(decoding: exchange.replyBytes, as: UTF8.self),
            standardError: String(decoding: exchange.errorTail, as: UTF8.self),
            ending: exchange.ending,
            milliseconds: milliseconds,
            notUsed: exchange.refusals,
            decision: String(decoding: trial.decision.canonicalBytes(.stored), as: UTF8.self),
            verdict: trial.verdict.outcome.verdict,
            status: trial.verdict.outcome.status ?? "ACCEPTED",
            message: trial.verdict.message,
            gates: trial.verdict.checks,
            urgency: trial.urgency.urgency.rawValue,
            urgencySource: trial.urgency.source.rawValue,
            algorithm: order.map { _ in UrgencyRoute.route(for: trial.urgency.urgency).algorithm.text },
            order: order.map {
                Document.Order(
                    side: $0.side.rawValue,
                    quantity: $0.quantity,
                    referencePrice: $0.referencePrice,
                    note: $0.note
                )
            },
            approvedQuantity: trial.risk?.approved?.quantity,
            sizing: sizingWords,
            risk: trial.risk?.verdicts ?? []
        )
    }

    private var sizingWords: String? {
        switch trial.sizing {
        case .order(let order, _)?: order.note
        case .noAction(_, let message)?, .refused(_, let message)?: message
        case nil: nil
        }
    }
}

extension SizeBasis {
    /// The size for people.
    fileprivate var words: String {
        switch self {
        case .deltaPercentOfEquity(let percent): "\(percent) % of equity"
        case .targetPercentOfEquity(let percent): "up to \(percent) % of equity"
        case .percentOfPosition(let percent): "\(percent) % of the position"
        case .notional(let amount): "for \(amount)"
        case .shares(let quantity): "\(quantity) units"
        case .all: "all of the position"
        }
    }
}
