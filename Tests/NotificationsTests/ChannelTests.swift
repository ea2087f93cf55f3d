import Crypto
import ExecutionEngine
import Foundation
import Networking
import Orchestration
import Testing
import TradingDomain

@testable import Notifications

@Suite("Channels to people", .serialized)
struct ChannelTests {
    private static let text = "Desk: 3 orders worked\nsecond line, ü “quoted” \u{1F4C8}\n.\nlast"

    private func message(_ key: String = "run/tell", _ text: String = ChannelTests.text) -> NotificationMessage {
        NotificationMessage(
            key: key,
            text: text,
            account: AccountID(unchecked: "paper@x"),
            run: RunID(unchecked: "run"),
            at: Timestamp(nanoseconds: 1_790_000_000_000_000_000)
        )
    }

    private func failure(_ channel: any NotificationChannel) async -> NotificationFailure? {
        do throws(NotificationFailure) {
            try await channel.deliver(message())
            return nil
        } catch { return error }
    }

    // MARK: Webhook

    private func webhook(_ url: String, _ secret: String? = "s3cr3t", timeout: Duration = .seconds(120))
        -> WebhookChannel
    {
        WebhookChannel(
            url: ChannelSecret(url),
            secret: secret.map { ChannelSecret($0) },
            timeout: timeout,
            now: { Timestamp(nanoseconds: 1_234_567_890_999_999_999) }
        )
    }

    @Test("A webhook gets JSON that it can verify, with the key of every try")
    func webhook() async throws {
        let sinks = try await LocalSinks()
        try await webhook(sinks.url("/hook")).deliver(message())
        let seen = try #require(try await sinks.seen().first)
        #expect(seen.headers["idempotency-key"] == "run/tell")
        #expect(seen.headers["content-type"] == "application/json")
        #expect(seen.headers["x-smartexec-timestamp"] == "1234567890")
        let key = SymmetricKey(data: Data("s3cr3t".utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Data("1234567890.\(seen.body)".utf8), using: key)
        #expect(seen.headers["x-smartexec-signature"] == "v1=" + code.map { String(format: "%02x", $0) }.joined())
        let body = try JSONSerialization.jsonObject(with: Data(seen.body.utf8)) as? [String: String]
        #expect(body?["text"] == Self.text && body?["subject"] == "Desk: 3 orders worked" && body?["run"] == "run")
        try await webhook(sinks.url("/hook"), nil).deliver(message())
        #expect(try await sinks.seen().last?.headers["x-smartexec-signature"] == nil)
    }

    @Test("HMAC-SHA256 as RFC 4231's second case has it, over timestamp, dot and body")
    func signature() {

        let key = SymmetricKey(data: Data("Jefe".utf8))
        let rfc = HMAC<SHA256>.authenticationCode(for: Data("what do ya want for nothing?".utf8), using: key)
        #expect(
            rfc.map { String(format: "%02x", $0) }.joined()
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        )
        let ours = WebhookChannel.signature(of: Array("b".utf8), at: "1", ChannelSecret("Jefe"))
        let same = HMAC<SHA256>.authenticationCode(for: Data("1.b".utf8), using: key)
        #expect(ours == "v1=" + same.map { String(format: "%02x", $0) }.joined())
    }

    @Test(
        "What is worth another try, and what is not",
        arguments: [
            ("/status/204", nil), ("/status/404", NotificationFailure.Kind.refused), ("/status/302", .refused),
            ("/status/500", .notReached), ("/status/429", .notReached), ("/hang", .notReached), ("/large", .notReached),
        ]
    )
    func statuses(_ path: String, _ kind: NotificationFailure.Kind?) async throws {
        let sinks = try await LocalSinks()
        // Only who says nothing at all is given up soon.
        let patience = path == "/hang" ? Duration.milliseconds(700) : .seconds(120)
        let found = await failure(webhook(sinks.url(path + "?token=hush"), timeout: patience))
        #expect(found?.kind == kind, "\(String(describing: found))")
        #expect(found?.description.contains("hush") != true && found?.description.contains("s3cr3t") != true)
    }

    @Test("Nobody listens: worth another try, and the address's secrets stay secret")
    func unreachable() async {
        let channel = webhook("http://127.0.0.1:1/T000/hush?token=hush")
        let found = await failure(channel)
        #expect(found?.kind == .notReached)
        for shown in ["\(String(describing: found))", channel.summary, "\(channel)", String(reflecting: channel)] {
            #expect(!shown.contains("hush") && !shown.contains("s3cr3t"), "\(shown)")
        }
    }

    // MARK: Command

    private func command(_ script: String, timeout: Duration = .seconds(120)) -> CommandChannel {
        CommandChannel(
            command: ["sh", "-c", script],
            path: "/usr/bin:/bin",
            folder: NSTemporaryDirectory(),
            timeout: timeout
        )
    }

    @Test("A command gets the text on its input, the key in its environment, and none of ours")
    func command() async throws {
        let file = NSTemporaryDirectory() + "notify-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await command("env > \(file); cat >> \(file)").deliver(message("run/tell\nX=1"))
        let seen = try String(contentsOfFile: file, encoding: .utf8)
        #expect(seen.hasSuffix(Self.text))
        #expect(seen.contains("NOTIFY_KEY=run/tell X=1\n") && seen.contains("NOTIFY_LEVEL=info\n"), "\(seen)")
        #expect(!seen.contains("HOME=") && !seen.contains("SMARTEXEC"), "\(seen)")
    }

    @Test(
        "A command that fails, hangs, floods or is not there",
        arguments: [
            ("echo oh no >&2; exit 3", NotificationFailure.Kind.notReached, "oh no"),
            ("sleep 900", .notReached, "deadline"), ("trap '' TERM; sleep 900", .notReached, "deadline"),
            ("yes", .refused, "bytes of output"), ("kill -9 $$", .notReached, "signal 9"),
        ]
    )
    func badCommand(_ script: String, _ kind: NotificationFailure.Kind, _ words: String) async {
        // Only what hangs is ended soon, long before it would end by itself.
        let patience = words == "deadline" ? Duration.milliseconds(500) : .seconds(120)
        let began = ContinuousClock.now
        let found = await failure(command(script, timeout: patience))
        #expect(found?.kind == kind && found?.message.contains(words) == true, "\(String(describing: found))")
        #expect(ContinuousClock.now - began < .seconds(300))
    }

    @Test("A command that does not read its input is no failure; one that is not there is")
    func otherCommands() async {
        #expect(await failure(command("exit 0")) == nil)
        let missing = CommandChannel(command: ["/nowhere/at/all"], path: "/bin", folder: "/")
        #expect(await failure(missing)?.kind == .refused)
    }

    // MARK: Mail

    private func mail(
        _ sinks: LocalSinks,
        to: String = "ops@taken.example",
        timeout: Duration = .seconds(120),
        _ server: (inout MailServer) -> Void = { _ in }
    )
        -> MailChannel
    {
        var place = MailServer(host: "127.0.0.1", port: sinks.mailPort, security: .none)
        server(&place)
        return MailChannel(server: place, from: "desk@taken.example", to: [to], timeout: timeout)
    }

    @Test("A mail arrives whole, whatever its text holds")
    func mail() async throws {
        try #require(MailClient.isAvailable, "this libcurl has no SMTP")
        let sinks = try await LocalSinks()
        for text in [
            Self.text, "Subject\r\nBcc: evil@taken.example\r\n\r\n.\r\nQUIT\r\n", String(repeating: "ü", count: 3000),
        ] {
            try await mail(sinks).deliver(message("k", text))
            let seen = try #require(try await sinks.seen().last)
            #expect(seen.path == "mail" && seen.headers["from"]?.contains("<desk@taken.example>") == true)
            #expect(seen.headers["to"]?.contains("<ops@taken.example>") == true)
            let parts = seen.body.components(separatedBy: "\r\n\r\n")
            #expect(parts.count == 2, "\(seen.body)")
            #expect(!parts[0].contains("Bcc:") && parts[0].contains("Message-ID: <"), "\(parts[0])")
            #expect(parts[0].components(separatedBy: "\r\n").allSatisfy { $0.utf8.count <= 998 })
            let data = Data(base64Encoded: parts[1], options: .ignoreUnknownCharacters)
            #expect(data.map { String(decoding: $0, as: UTF8.self) } == text)
        }
        #expect(
            Set(try await sinks.seen().map { $0.body.components(separatedBy: "Message-ID: ")[1].prefix(36) }).count == 1
        )
    }

    @Test("A mail that is refused, deferred, or would go out in plain text")
    func badMail() async throws {
        try #require(MailClient.isAvailable, "this libcurl has no SMTP")
        let sinks = try await LocalSinks()
        #expect(await failure(mail(sinks, to: "ops@refused.example"))?.kind == .refused)
        #expect(await failure(mail(sinks, to: "ops@busy.example"))?.kind == .notReached)
        #expect(await failure(mail(sinks, to: "ops@hang.example", timeout: .seconds(2)))?.kind == .notReached)
        // The server offers no STARTTLS: nothing is sent.
        #expect(await failure(mail(sinks) { $0.security = .starttls })?.kind == .refused)
        #expect(await failure(mail(sinks) { $0.port = 1 })?.kind == .notReached)
        let login = await failure(
            mail(sinks) {
                $0.user = "u"
                $0.password = "wrong"
            }
        )
        #expect(login?.message.contains("wrong") != true, "\(String(describing: login))")
        #expect(try await sinks.seen().isEmpty)
    }

    @Test("A mail goes by TLS to a server that proves its name, and to no other")
    func secureMail() async throws {
        try #require(MailClient.isAvailable, "this libcurl has no SMTP")
        let identity = try await Identity()
        let sinks = try await LocalSinks(identity: identity.both)
        for security in [MailServer.Security.starttls, .implicit] {
            let secure = mail(sinks) {
                $0.security = security
                $0.port = security == .implicit ? sinks.secureMailPort : sinks.mailPort
                $0.authoritiesFile = identity.certificate.path
                $0.user = "u"
                $0.password = "right"
            }
            try await secure.deliver(message("\(security)"))
            let seen = try await sinks.seen()
            #expect(seen.last?.path == "mail in TLS", "\(security)")
            // Whoever is not vouched for, or is vouched for under another name, is told nothing.
            for (host, file) in [("127.0.0.1", nil), ("localhost", identity.certificate.path)] {
                let wrong = mail(sinks) {
                    $0.security = security
                    $0.host = host
                    $0.port = security == .implicit ? sinks.secureMailPort : sinks.mailPort
                    $0.authoritiesFile = file
                }
                let problem = await failure(wrong)
                #expect(problem?.kind == .refused && problem?.message.contains("certificate") == true, "\(host)")
            }
            #expect(try await sinks.seen().count == seen.count)
        }
    }

    // MARK: Names

    @Test("A channel that is not there, or lacks a variable, says what to do")
    func names() async {
        let channels = NotificationChannels(["ops": IncompleteChannel(summary: "webhook", problem: "X is not set.")])
        for (name, words) in [("ops", "X is not set."), ("opps", "known: ops")] {
            do throws(NotificationFailure) {
                try await channels.send(message(), to: name)
                Issue.record("\(name) took it")
            } catch {
                #expect(error.kind == .notConfigured && error.message.contains(words), "\(error)")
            }
        }
    }
}
