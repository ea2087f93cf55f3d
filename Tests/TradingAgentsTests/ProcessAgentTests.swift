import Foundation
import Glibc
import Testing
import TradingAgents
import TradingDomain

/// Hostile children: each must cost one abstention and nothing else.
@Suite("Process agent")
struct ProcessAgentTests {
    private let runtime = AgentRuntime(now: { noon })

    static let python: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/python3" }.first { FileManager.default.isExecutableFile(atPath: $0) && !$0.contains("shims") }

    private static let buy = #"{"action":"BUY","position_size":5}"#

    /// Asks a shell script that writes a process number to its log.
    ///
    /// A shell starts within the short deadline except on a machine that is very busy; then it gets a longer one.
    private func askShell(_ script: String, timeout: Duration, grace: Duration = .milliseconds(100)) async
        -> (exchange: AgentExchange, process: String)
    {
        let configuration = ProcessAgent.Configuration(
            executable: "/bin/sh",
            arguments: ["-c", script],
            grace: grace
        )
        let agent = ProcessAgent(id: AgentID(unchecked: "child"), configuration: configuration)
        var timeout = timeout
        while true {
            let exchange = await runtime.ask(agent, makeRequest(), timeout: timeout)
            await runtime.settle()
            let process = String(decoding: exchange.errorTail, as: UTF8.self).trimmingCharacters(in: .newlines)
            if !process.isEmpty || timeout > .seconds(10) { return (exchange, process) }
            timeout *= 4
        }
    }

    private func ask(
        _ script: String,
        _ request: DecisionRequest = makeRequest(),
        timeout: Duration = .seconds(120),
        grace: Duration = .milliseconds(100),
        environment: [String: String] = [:]
    ) async throws -> AgentExchange {
        let python = try #require(Self.python, "python3 is needed to run this test")
        let configuration = ProcessAgent.Configuration(
            executable: python,
            arguments: ["-c", script],
            environment: environment,
            grace: grace
        )
        let agent = ProcessAgent(id: AgentID(unchecked: "child"), configuration: configuration)
        let exchange = await runtime.ask(agent, request, timeout: timeout)
        // The answer is there at the deadline; the child is surely gone once the runtime has settled.
        await runtime.settle()
        return exchange
    }

    private func code(_ exchange: AgentExchange) -> TradingDecision.Abstention.Code? {
        guard case .abstain(let abstention) = exchange.decisions[0].body else { return nil }
        return abstention.code
    }

    private func message(_ exchange: AgentExchange) -> String {
        guard case .abstain(let abstention) = exchange.decisions[0].body else { return "" }
        return abstention.message ?? ""
    }

    /// Whether the process of that number runs; a zombie that nobody reaped yet does not.
    private func isAlive(_ process: String) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
        return stat.split(separator: ")").last?.split(separator: " ").first != "Z"
    }

    @Test("A print is a whole agent; the request arrives as one line")
    func simplest() async throws {
        let answer = try await ask(
            """
            import json, sys
            lines = sys.stdin.readlines()
            request = json.loads(lines[0])["request"]
            print(json.dumps({"action": "BUY", "position_size": 5, "rationale": f"{len(lines)} {request['request_id']}"}))
            print("thinking", file=sys.stderr)
            """
        )
        #expect(answer.decisions[0].actionName == "BUY")
        #expect(answer.decisions[0].rationale == "1 req-000042")
        #expect(String(decoding: answer.errorTail, as: UTF8.self) == "thinking\n")
        #expect(String(decoding: answer.replyBytes, as: UTF8.self).contains("position_size"))
        #expect(!answer.requestBytes.isEmpty)
    }

    @Test("Envelopes, wrapped decisions and chatter of the protocol", arguments: [0, 1])
    func protocolLines(form: Int) async throws {
        let envelope = Documents.trade.split(separator: "\n").joined()
        let wrapped = #"{"type":"decision","request_id":"req-000042","decision":\#(envelope)}"#
        let answer = try await ask(
            """
            print('{"type":"progress","request_id":"req-000042","message":"reading"}')
            print(r'''\(form == 0 ? envelope : wrapped)''')
            print('{"type":"usage","request_id":"req-000042","tokens_in":1}')
            print('{"type":"done","request_id":"req-000042"}')
            """
        )
        #expect(answer.decisions[0].id.text == "dec-20261120-AAPL-0001", "\(message(answer))")
        #expect(answer.decisions[0].trade?.size == .deltaPercentOfEquity(decimal("5")))
    }

    @Test(
        "What goes wrong becomes the right abstention",
        arguments: [
            ("print('hello'); print('{broken')", "UNPARSEABLE", "hello"),
            ("pass", "NO_VIEW", "did not answer"),
            ("import sys; print('\(buy)'); sys.exit(1)", "MODEL_ERROR", "status 1"),
            ("import os, signal; print('\(buy)', flush=True); os.kill(os.getpid(), 9)", "MODEL_ERROR", "signal 9"),
            ("raise ValueError('no model')", "MODEL_ERROR", "ValueError: no model"),
            (#"print('{"type":"error","code":"REFUSED","message":"will not"}')"#, "REFUSED", "will not"),
            (#"print('{"type":"error","code":"X","message":"odd"}'); print('\#(buy)')"#, "MODEL_ERROR", "odd"),
            ("print('x' * (1024 * 1024 + 1)); import time; time.sleep(60)", "UNPARSEABLE", "TOO_LARGE"),
            ("print('noise\\n' * 101, flush=True); import time; time.sleep(60)", "UNPARSEABLE", "100 lines"),
            ("while True: print('{}' * 9, end=' ')", "UNPARSEABLE", "TOO_LARGE"),
            (#"print('{"action":"BUY","position_size":5,"action":"SELL"}')"#, "UNPARSEABLE", "DUPLICATE_KEY"),
            (
                #"print('{"type":"decision","request_id":"other","decision":{"action":"HOLD"}}')"#, "UNPARSEABLE",
                "other"
            ),
        ]
    )
    func failures(script: String, code: String, text: String) async throws {
        let answer = try await ask(script)
        #expect(self.code(answer)?.rawValue == code)
        #expect(message(answer).contains(text), "\(message(answer))")
    }

    @Test("A child that floods its log or never reads its input still answers")
    func floods() async throws {
        let log = try await ask("import sys\nsys.stderr.write('e' * 5_000_000)\nprint('\(Self.buy)')")
        #expect(log.decisions[0].actionName == "BUY")
        #expect(log.errorTail.count == 64 * 1024)
        var request = makeRequest()
        request.context.extra["big"] = String(repeating: "x", count: 1_000_000)
        let deaf = try await ask("print('\(Self.buy)')", request)
        #expect(deaf.decisions[0].actionName == "BUY")
        let closed = try await ask("import os, sys\nos.close(0)\nprint('\(Self.buy)')", request)
        #expect(closed.decisions[0].actionName == "BUY")
    }

    @Test("A hundred noisy lines are tolerated")
    func noise() async throws {
        let answer = try await ask("print('noise\\n' * 99)\nprint('\(Self.buy)')")
        #expect(answer.decisions[0].actionName == "BUY")
    }

    @Test("An answer after the deadline is not one, and who ignores SIGTERM is killed")
    func stubborn() async throws {
        let (answer, process) = await askShell(
            "trap '' TERM; echo $$ >&2; while :; do sleep 0.01; done",
            timeout: .milliseconds(300)
        )
        #expect(code(answer) == .timeout)
        #expect(Int(process) != nil)
        #expect(!isAlive(process))
    }

    @Test("A child that ends well at SIGTERM with an answer is late all the same")
    func late() async throws {
        let (answer, process) = await askShell(
            "answer='\(Self.buy)'; trap 'echo \"$answer\"; exit 0' TERM; echo $$ >&2; while :; do sleep 0.01; done",
            timeout: .milliseconds(300),
            grace: .seconds(10)
        )
        #expect(code(answer) == .timeout)
        #expect(!isAlive(process))
    }

    /// The grandchild holds the pipes open and ignores SIGTERM; waiting for the end of file would wait for ever.
    @Test("Grandchildren die with the child, at its end and at its deadline", arguments: [true, false])
    func grandchild(exits: Bool) async throws {
        let (answer, process) = await askShell(
            "(trap '' TERM; sleep 60; sleep 60) & echo $! >&2; echo '\(Self.buy)'; \(exits ? "exit 0" : "wait; sleep 60")",
            timeout: exits ? .seconds(120) : .milliseconds(300)
        )
        if exits { #expect(answer.decisions[0].actionName == "BUY") } else { #expect(code(answer) == .timeout) }
        #expect(Int(process) != nil, "\(process)")
        // SIGKILL is sent; the kernel may need a moment to bury the process, which no signal announces.
        let deadline = ContinuousClock.now + .seconds(10)
        while isAlive(process), ContinuousClock.now < deadline { await Task.yield() }
        #expect(!isAlive(process))
    }

    @Test("The environment is what the configuration lists, and the folder is empty and private")
    func surroundings() async throws {
        setenv("SX_TEST_SECRET", "hunter2", 1)
        let answer = try await ask(
            """
            import json, os, stat
            mode = oct(stat.S_IMODE(os.stat(".").st_mode))
            found = {"names": sorted(n for n in os.environ if n != "LC_CTYPE"), "files": os.listdir("."), "mode": mode,
                     "leader": os.getsid(0) == os.getpid(), "open": sorted(os.listdir("/proc/self/fd"))[:5]}
            print(json.dumps({"action": "HOLD", "rationale": json.dumps(found)}))
            """,
            environment: ["MODEL": "a"]
        )
        let found = try #require(answer.decisions[0].rationale)
        #expect(found.contains(#""names": ["HOME", "LANG", "MODEL", "PATH", "TMPDIR"]"#), "\(found)")
        #expect(
            found.contains(#""files": [], "mode": "0o700", "leader": true, "open": ["0", "1", "2", "3"]"#),
            "\(found)"
        )
        #expect(!found.contains("hunter2"))
    }

    @Test("A program that is not there is a MODEL_ERROR with its name")
    func missing() async {
        let configuration = ProcessAgent.Configuration(executable: "/nowhere/agent")
        let agent = ProcessAgent(id: AgentID(unchecked: "child"), configuration: configuration)
        let answer = await runtime.ask(agent, makeRequest(), timeout: .seconds(120))
        #expect(code(answer) == .modelError)
        #expect(message(answer).contains("/nowhere/agent"), "\(message(answer))")
    }

    @Test("The example agent decides by the change in the last hour")
    func example() async throws {
        let python = try #require(Self.python, "python3 is needed to run this test")
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Examples/agents/momentum_agent.py").path
        let configuration = ProcessAgent.Configuration(executable: python, arguments: [script])
        let agent = ProcessAgent(id: AgentID(unchecked: "example"), configuration: configuration)
        let request = makeRequest(
            ["AAPL", "MSFT", "NVDA", "SPY"],
            kind: .batch,
            portfolio: makePortfolio(["MSFT": "10"]),
            extra: ["closes.AAPL": "98,99", "closes.MSFT": "102,101", "closes.NVDA": "100"]
        )
        let answer = await runtime.ask(agent, request, timeout: .seconds(120))
        #expect(answer.decisions.map(\.actionName) == ["BUY", "SELL", "HOLD", "ABSTAIN"])
        #expect(answer.decisions[0].urgency == .high)
    }
}
