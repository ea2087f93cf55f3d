import OrderManagement
import RiskRules
public import TradingDomain

/// Whether the account is reconciled, and when its venue is to be asked.
struct ReconciliationWatch: Sendable {
    let settings: ReconciliationSettings
    var state: ReconciliationState
    var cause: ReconciliationRecord.Cause
    var dueAt: Timestamp
    /// Trades are asked for from here until a comparison has succeeded.
    let opening: Timestamp
    /// Whether the journal lets the account open exposure.
    var isStoredReconciled: Bool
    /// What the last report left unexplained; the same twice is no chance.
    var unexplained: [ReconciliationFinding] = []
    /// All that the last report showed: what stays, such as an external order, is told once.
    var told: [ReconciliationFinding] = []
    var failures = 0
    /// Why reports do not come; while it is set, equal books are not enough: the next fill would go unheard.
    var disconnection: String?
    /// A person's word that the venue's positions and balances are right, until it is used.
    var adoption: ReconciliationRequest?

    /// From when trades have to be asked for.
    var since: Timestamp { state.through.map { $0 - settings.overlap } ?? opening }
}

extension EngineCore {
    /// Whether the books are known to be the venue's; always where the venue need not be asked.
    public var isReconciled: Bool { reconciliation?.state.isReconciled ?? true }

    /// How the account stands with its venue; `nil` where the venue need not be asked.
    public var reconciliationState: ReconciliationState? { reconciliation?.state }

    /// From when trades are to be asked for when the venue's report is due; the caller feeds it to ``reconcile(_:at:)``.
    public func dueReport(at now: Timestamp) -> Timestamp? {
        guard let reconciliation else { return nil }
        return reconciliation.dueAt <= now || isPollDue(at: now) ? reconciliation.since : nil
    }

    /// The venue's reports do not come any more; tries to open them again may fail for other reasons, which are no news.
    mutating func disconnected(_ reason: String, at now: Timestamp) {
        guard let watch = reconciliation, watch.disconnection == nil else { return }
        let words = "the venue's reports do not come any more (\(reason))"
        reconciliation?.disconnection = words
        unreconcile(words, .reconnect, at: now)
    }

    /// Reports come again: what happened meanwhile nobody has told.
    mutating func connected(at now: Timestamp) {
        guard reconciliation != nil else { return }
        reconciliation?.disconnection = nil
        unreconcile("the venue's reports come again, and what happened meanwhile is not known", .reconnect, at: now)
    }

    /// Something may not have been told.
    mutating func untold(_ reason: String, at now: Timestamp) {
        guard reconciliation != nil else { return }
        unreconcile(reason, .reconnect, at: now)
    }

    /// A person asks for a comparison.
    mutating func apply(_ request: ReconciliationRequest, at now: Timestamp) {
        guard reconciliation != nil, notedRequests.insert(request.number).inserted else { return }
        pending.requests.append(request.number)
        reconciliation?.cause = .asked
        reconciliation?.dueAt = now
        if request.adopts { reconciliation?.adoption = request }
    }

    /// Whether what was compared has to be stored at once; that all is well may wait for the next batch.
    var hasNewsOfVenue: Bool {
        guard let record = pending.reconciliation else { return false }
        let isStored = reconciliation?.isStoredReconciled == record.state.isReconciled
        return !isStored || !record.state.isReconciled || (record.isNotable && !record.findings.isEmpty)
    }

    // MARK: Comparing

    /// Takes the venue's report of the account: books what is missing, counts what is unknown, and judges the rest (I13).
    public mutating func reconcile(_ answer: AccountReportAnswer, at now: Timestamp) {
        guard reconciliation != nil else { return }
        switch answer {
        case .unavailable(let reason):
            missed(reason, at: now)
            missedPoll(at: now)
        case .report(let report):
            compare(report, at: now)
            poll(report, at: now)
        }
    }

    private mutating func compare(_ report: BrokerAccountReport, at now: Timestamp) {
        guard let watch = reconciliation else { return }
        var (findings, steps) = Reconciler.orders(bookedOrders(in: report), report)
        // What may still trade is counted before what has traded: an order's fills then belong to it.
        for step in steps { perform(step, at: now) }
        attribute(report.fills, at: now)
        findings += book(report.fills, report.venueTime, at: now)
        findings += book(report.payments, at: now)
        var holdings = Reconciler.holdings(
            portfolio,
            report,
            toleranceBps: watch.settings.balanceToleranceBps
        )
        if let adoption = watch.adoption, !holdings.isEmpty {
            reconciliation?.adoption = nil
            findings += adopt(report, adoption, at: now)
            holdings = Reconciler.holdings(portfolio, report, toleranceBps: watch.settings.balanceToleranceBps)
        }
        findings += holdings
        conclude(report, findings, at: now)
    }

    /// What follows from a comparison for the account.
    private mutating func conclude(
        _ report: BrokerAccountReport,
        _ findings: [ReconciliationFinding],
        at now: Timestamp
    ) {
        guard var watch = reconciliation else { return }
        let unexplained = findings.filter { !$0.isSettled }
        let isRepeated = !unexplained.isEmpty && unexplained == watch.unexplained
        let was = watch.state
        if unexplained.isEmpty, let reason = watch.disconnection {
            watch.state = ReconciliationState(
                isReconciled: false,
                reason: reason,
                since: was.isReconciled ? now : was.since,
                through: report.venueTime
            )
        } else if unexplained.isEmpty {
            watch.state = ReconciliationState(
                isReconciled: true,
                reason: "equal to the venue",
                since: was.isReconciled ? was.since : now,
                through: report.venueTime
            )
        } else if !was.isReconciled || isRepeated {
            let more = unexplained.count > 1 ? " (and \(unexplained.count - 1) more)" : ""
            watch.state = ReconciliationState(
                isReconciled: false,
                reason: unexplained[0].message + more,
                since: was.isReconciled ? now : was.since,
                through: was.through
            )
        }
        watch.failures = isRepeated ? watch.failures + 1 : 0
        watch.unexplained = unexplained
        let isNews = !findings.isEmpty && findings != watch.told
        watch.told = findings
        watch.dueAt = now + wait(of: watch)
        let cause = watch.cause
        watch.cause = .interval
        reconciliation = watch
        for finding in findings where finding.kind.isAlerted {
            alert(finding.kind.rawValue, "\(finding.message) Done: \(finding.action).", parent: nil, at: now)
        }
        if isRepeated {
            for finding in unexplained {
                alert("account_unreconciled", "\(finding.message) Done: \(finding.action).", parent: nil, at: now)
            }
        }
        // What the batch before did not store goes with this one.
        let before = pending.reconciliation.map { $0.isNotable ? $0.findings : [] } ?? []
        pending.reconciliation = ReconciliationRecord(
            cause: cause,
            at: now,
            venueTime: report.venueTime,
            state: watch.state,
            openOrders: report.openOrders.count,
            fills: report.fills.count,
            findings: before + findings.filter { !before.contains($0) },
            isNotable: !before.isEmpty || cause != .interval || was.isReconciled != watch.state.isReconciled || isNews
        )
        if was.isReconciled, !watch.state.isReconciled { holdBack() }
        if !was.isReconciled, watch.state.isReconciled { letGo(at: now) }
    }

    private func wait(of watch: ReconciliationWatch) -> Duration {
        guard !watch.unexplained.isEmpty else {
            return watch.disconnection == nil ? watch.settings.interval : watch.settings.disconnectedInterval
        }
        return min(
            ErrorHandler.wait(after: watch.failures + 1, first: watch.settings.retry),
            watch.settings.interval
        )
    }

    private mutating func missed(_ reason: String, at now: Timestamp) {
        guard var watch = reconciliation else { return }
        watch.failures += 1
        watch.dueAt =
            now + min(ErrorHandler.wait(after: watch.failures, first: watch.settings.retry), watch.settings.interval)
        reconciliation = watch
        guard watch.failures >= watch.settings.failuresMax || !watch.state.isReconciled else { return }
        unreconcile("the venue cannot be asked: \(reason)", watch.cause, at: now)
        reconciliation?.dueAt = watch.dueAt
    }

    private mutating func unreconcile(_ reason: String, _ cause: ReconciliationRecord.Cause, at now: Timestamp) {
        guard var watch = reconciliation else { return }
        let was = watch.state
        watch.cause = cause
        watch.dueAt = now
        guard was.isReconciled || was.reason != reason else {
            reconciliation = watch
            return
        }
        watch.state = ReconciliationState(
            isReconciled: false,
            reason: reason,
            since: was.isReconciled ? now : was.since,
            through: was.through
        )
        reconciliation = watch
        pending.reconciliation = ReconciliationRecord(cause: cause, at: now, venueTime: nil, state: watch.state)
        alert("account_unreconciled", "Nothing adds exposure: \(reason).", parent: nil, at: now)
        holdBack()
    }

    // MARK: Holding parents back

    /// Lets no parent ask for anything that adds exposure; what is at the venue is still taken care of.
    private mutating func holdBack() {
        for place in working where addsExposure(place) { sessions.all[place].hold() }
    }

    private mutating func letGo(at now: Timestamp) {
        let restored = Set(resuming)
        for place in working where sessions.all[place].isHeld {
            let id = sessions.all[place].parent.id
            guard !restored.contains(id) else { continue }
            if sessions.all[place].state == .paused {
                sessions.all[place].release()
            } else {
                command(ParentCommand(parent: id, kind: .resume, reason: "the account is reconciled"), at: now)
            }
        }
    }

    /// Whether a restored parent may go on.
    func mayGoOn(_ id: ParentOrderID) -> Bool {
        isReconciled || sessions.place(of: id).map { !addsExposure($0) } ?? true
    }

    /// Whether an order waits for its account to be reconciled, instead of being refused by risk at once.
    mutating func waitsForReconciliation(_ submission: ParentSubmission, at now: Timestamp) -> Bool {
        guard let reconciliation, !isReconciled, early[submission.id] == nil, submission.flattens == nil,
            now - submission.submittedAt < reconciliation.settings.patience
        else { return false }
        // What only reduces passes now, as ever.
        return !riskSnapshot(at: now, naming: [submission.order.instrument]).onlyReduces(submission.order)
    }
}

extension SmartExecutionEngine {
    /// Whether orders that add exposure may pass: the books are known to be the venue's, and what was restored goes on.
    public var isReconciled: Bool { core.isReconciled && core.resuming.isEmpty }

    /// How long an order waits for its account to be reconciled; `nil` where there is no venue to be asked.
    public var reconciliationPatience: Duration? { core.reconciliation?.settings.patience }
}
