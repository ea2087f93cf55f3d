import ExecutionEngine
import TradingDomain
import Workflows

/// Carries out one call: in a slot of its pool, within its deadline, and again where its retry policy says so.
struct StepPerformer: Sendable {
    /// How often the clock is read while a step with a deadline executes: timeouts are in seconds and longer.
    private static let deadlineCheck = Duration.milliseconds(20)
    /// Longest stretch of a wait between tries in which nobody looks whether the run is to end.
    private static let retryCheck = Duration.milliseconds(50)

    let catalog: StepCatalog
    let context: StepContext
    let control: RunControl

    /// What the call came to; an error only of the surroundings.
    ///
    /// A try that fails with a code that the policy covers is made again after its wait, which is wall-clock time.
    func perform(_ call: StepCall) async -> Result<StepResult, any Error> {
        let policy = call.retry ?? (call.effect == .notify ? NotifySend.retry : nil)
        var attempt = 1
        while true {
            let result = await once(call)
            guard let code = Self.failure(result), let policy, attempt < policy.attempts, policy.covers(code),
                await mayTryAgain(call)
            else { return result.map { NotifySend.tolerated($0, of: call) } }
            attempt += 1
            guard await pause(policy.wait(before: attempt)) else {
                return result.map { NotifySend.tolerated($0, of: call) }
            }
        }
    }

    private static func failure(_ result: Result<StepResult, any Error>) -> String? {
        guard case .success(.done(.failed(let code, _), _)) = result else { return nil }
        return code
    }

    private func mayTryAgain(_ call: StepCall) async -> Bool {
        guard let deadline = call.workflowDeadline else { return true }
        return await context.desk.clock.now() < deadline.time
    }

    /// Waits between two tries; `false` when the run was asked to end meanwhile.
    private func pause(_ wait: Duration) async -> Bool {
        let end = ContinuousClock.now + wait
        while ContinuousClock.now < end {
            guard !control.isStopping, control.cancellation == nil else { return false }
            // Cancelled with its run: there is no further try then.
            guard (try? await Task.sleep(for: min(Self.retryCheck, end - .now))) != nil else { return false }
        }
        return true
    }

    private func once(_ call: StepCall) async -> Result<StepResult, any Error> {
        let own = call.timeout.map { $0 == .zero ? nil : $0 } ?? nil
        guard own != nil || call.workflowDeadline != nil, call.effect != .order else { return await run(call) }
        var deadline = call.workflowDeadline
        if let own {
            // Each try has its own.
            let time = await context.desk.clock.now() + own
            if deadline.map({ time < $0.time }) ?? true {
                deadline = CallDeadline(time: time, reason: "step \(call.path)", limit: own, isOfWorkflow: false)
            }
        }
        guard let deadline else { return await run(call) }
        return await run(call, until: deadline)
    }

    /// The step beside a watch on the clock; what is done in spite of a late cancel counts.
    private func run(_ call: StepCall, until deadline: CallDeadline) async -> Result<StepResult, any Error> {
        await withTaskGroup(of: Result<StepResult, any Error>?.self) { group in
            group.addTask { await run(call) }
            group.addTask {
                await pass(deadline.time)
                return nil
            }
            var isLate = false
            while let next = await group.next() {
                guard let result = next else {
                    isLate = true
                    group.cancelAll()
                    continue
                }
                group.cancelAll()
                if isLate, Self.wasCutOff(result) { return .success(Self.timedOut(call, deadline)) }
                return result
            }
            return .success(Self.timedOut(call, deadline))
        }
    }

    /// Whether a step that was cancelled ended by that, or by a failure that it may have caused.
    private static func wasCutOff(_ result: Result<StepResult, any Error>) -> Bool {
        if case .failure(let error) = result { return error is CancellationError }
        return failure(result) != nil
    }

    /// Returns when business time has reached `time`, or when nobody waits for it any more.
    private func pass(_ time: Timestamp) async {
        while await context.desk.clock.now() < time {
            guard (try? await Task.sleep(for: Self.deadlineCheck)) != nil else { return }  // the step is done
        }
    }

    /// The outcome of a call whose deadline has passed.
    static func timedOut(_ call: StepCall, _ deadline: CallDeadline) -> StepResult {
        let message = "\(call.place): \(deadline.text); \(call.uses) was not done by \(deadline.time)."
        return .done(
            .failed(code: CallDeadline.code, message: message),
            notes: ItemNote.failure(of: call, code: CallDeadline.code, message: message)
        )
    }

    /// Runs one call; what it throws fails its item, unless the run itself was lost or the database is gone.
    private func run(_ call: StepCall) async -> Result<StepResult, any Error> {
        guard let step = catalog.step(call.uses) else {
            let message = "\(call.place): this program has no step type '\(call.uses)'."
            return .success(.done(.failed(code: "unknown_step", message: message), notes: []))
        }
        do {
            return .success(
                try await context.desk.pools.within(call.pool, for: call.path, of: context.claim, control: control) {
                    try await step.run(call, context)
                }
            )
        } catch {
            switch ErrorHandler.response(to: error) {
            case .stopRun: return .failure(error)
            case .failItem: break
            case .enterSafeMode: await context.desk.engine.report(error)
            }
            let failure = error as? StepFailure ?? StepFailure("step_failed", "\(call.path): \(error)")
            return .success(
                .done(
                    .failed(code: failure.code, message: failure.message),
                    notes: ItemNote.failure(of: call, code: failure.code, message: failure.message)
                )
            )
        }
    }
}

extension ItemNote {
    /// The row of the report for a call about a ticker that failed; none for other calls.
    static func failure(of call: StepCall, code: String, message: String) -> [ItemNote] {
        let order = call.inputs["order"]?.recordValue
        let ticker = call.inputs["ticker"]?.tickerValue ?? order?["symbol"].tickerValue
        return ticker.map { [.ended($0, status: .failed, code: code, message: message)] } ?? []
    }
}
