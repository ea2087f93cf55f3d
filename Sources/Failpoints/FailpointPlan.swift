#if FAILPOINTS
    import Glibc
    import Synchronization

    /// What SMARTEXEC_FAILPOINT asks for: `name[:nth][:action]`, several with commas between them, one after the other.
    ///
    /// `nth` counts from 1 since the one before it was done. Actions are `kill` (as by SIGKILL, the default), `stop` (as by
    /// SIGSTOP, until SIGCONT), `delay` with milliseconds as a fourth part, `error` where the place can fail, and `pass`,
    /// which only says when the next one begins to count.
    final class FailpointPlan: Sendable {
        struct Step: Hashable {
            enum Action: Hashable { case kill, stop, error, pass, delay(milliseconds: UInt32) }

            let name: String
            var nth = 1
            var action = Action.kill

            /// - Throws: ``Problem`` that says what is understood.
            init(_ text: Substring) throws(Problem) {
                let parts = text.split(separator: ":").map(String.init)
                name = parts.first ?? ""
                guard failpointNames.contains(name) else { throw Problem(text: "there is no failpoint '\(name)'") }
                if parts.count > 1 {
                    guard let count = Int(parts[1]), count > 0 else {
                        throw Problem(text: "'\(parts[1])' counts nothing")
                    }
                    nth = count
                }
                switch parts.dropFirst(2).first {
                case nil, "kill"?: break
                case "stop"?: action = .stop
                case "error"?: action = .error
                case "pass"?: action = .pass
                case "delay"?:
                    guard parts.count == 4, let time = UInt32(parts[3]) else {
                        throw Problem(text: "'delay' needs milliseconds, as in \(name):1:delay:500")
                    }
                    action = .delay(milliseconds: time)
                case let other?: throw Problem(text: "there is no action '\(other)'")
                }
            }
        }

        struct Problem: Error {
            let text: String

            var message: String {
                "SMARTEXEC_FAILPOINT: \(text). It takes name[:nth][:kill|stop|error|pass|delay:MS], and the names are:\n"
                    + failpointNames.joined(separator: "\n") + "\n"
            }
        }

        /// The plan of this process, where there is one.
        ///
        /// Only builds for tests have it, so nobody hands it down.
        static let environment: FailpointPlan? = {
            guard let text = getenv("SMARTEXEC_FAILPOINT").map({ String(cString: $0) }), !text.isEmpty else {
                return nil
            }
            do throws(Problem) {
                return try FailpointPlan(text)
            } catch {
                _ = error.message.withCString { write(STDERR_FILENO, $0, strlen($0)) }
                exit(2)
            }
        }()

        private let steps: [Step]
        private let place = Mutex(Place())

        private struct Place {
            var step = 0
            var hits = 0
        }

        init(_ text: String) throws(Problem) {
            var steps: [Step] = []
            for part in text.split(separator: ",") { steps.append(try Step(part)) }
            self.steps = steps
        }

        /// Does what is asked for at `name`, if it is its turn.
        ///
        /// - Returns: Whether the caller is to fail.
        func reach(_ name: String) -> Bool {
            guard let action = take(name) else { return false }
            switch action {
            case .kill: Glibc.kill(getpid(), SIGKILL)
            // To this thread: one for the whole process may be taken by another, and this would go on for a moment.
            case .stop: raise(SIGSTOP)
            case .delay(let milliseconds): usleep(milliseconds * 1000)
            case .error: return true
            case .pass: break
            }
            return false
        }

        /// What is to be done now that `name` is reached.
        func take(_ name: String) -> Step.Action? {
            place.withLock { place in
                guard place.step < steps.count, steps[place.step].name == name else { return nil }
                place.hits += 1
                guard place.hits == steps[place.step].nth else { return nil }
                defer { place = Place(step: place.step + 1, hits: 0) }
                return steps[place.step].action
            }
        }
    }
#endif
