import ExecutionEngine
import Notifications
import RiskRules
import Testing
import TradingDomain

@testable import smartexec

@Suite("Notifications and sets of limits in the configuration")
struct NotificationConfigurationTests {
    @Test("Channels of every kind, and what goes to them by itself")
    func channels() throws {
        let text = """
            notifications:
              ops: { webhook: "https://hooks.example.com/x", secret_env: OPS_SECRET, timeout: 3s }
              slack: { webhook_env: SLACK_URL }
              pager: { command: [page, desk] }
              mail: { smtp: "mail.example.com:587", tls: starttls, from: a@b.example, to: [c@d.example, e@f.example], ca_file: gone.pem, username_env: U, password_env: P }
              alerts: { to: pager, level: critical }
              approvals: { to: ops }
            """
        let loaded = try Workplace(["config/config.yaml": text]).load([
            "OPS_SECRET": "hush", "SLACK_URL": "https://h/hush",
        ])
        let notifications = loaded.configuration.notifications
        #expect(notifications.channels.keys.sorted() == ["mail", "ops", "pager", "slack"])
        #expect(notifications.alerts == .init(to: "pager", level: .critical) && notifications.approvals == "ops")
        #expect(!loaded.settings.contains { "\($0)".contains("hush") })
        let channels = ChannelFactory(loaded).channels
        #expect(channels.summary(of: "ops") == "webhook hooks.example.com, signed")
        #expect(channels.summary(of: "slack") == "webhook h, unsigned")
        #expect(channels.summary(of: "mail") == "mail by mail.example.com", "a variable of it is not set")
    }

    @Test(
        "What makes no sense is refused where it stands",
        arguments: [
            ("ops: { }", "without a way"), ("ops: { webhook: \"http://h/\", command: [a] }", "has one way"),
            ("ops: { webhook: \"ftp://h\" }", "no URL"), ("ops: { command: [] }", "names no program"),
            ("ops: { smtp: \"mail\", tls: none, from: a@b, to: c@d }", "no host with a port"),
            ("ops: { smtp: \"m:25\", tls: none, from: \"a b@c\", to: c@d }", "no mail address"),
            ("ops: { smtp: \"m:25\", tls: none, from: \"a@c>\", to: c@d }", "no mail address"),
            ("ops: { smtp: \"m:25\", tls: none, from: a@c, to: c@d, password_env: P }", "plain text"),
            ("ops: { smtp: \"m:25\", from: a@c, to: c@d }", "`tls`"), ("alerts: { to: ops }", "which is no channel"),
            ("ops: { command: [a], password: hunter2 }", "holds a secret"), ("ops: { command: [a], wat: 1 }", "wat"),
            ("ops: { command: [a] }\n  alerts: { to: opps }", "did you mean `ops`"),
        ]
    )
    func refused(_ text: String, _ words: String) throws {
        let failure = try Workplace(["config/config.yaml": "notifications:\n  \(text)\n"]).failure()
        #expect(failure.description.contains(words), "\(failure.description)")
        #expect(!failure.description.contains("hunter2"))
    }

    @Test("A set of limits is never looser than the account's own")
    func limitSets() throws {
        let text = """
            accounts:
              paper:
                limit_sets:
                  tight: { max_position_percent: 2, max_order_notional: 100, restricted: [GME] }
                  loose: { max_position_percent: 90, max_order_notional: 9000000 }
            """
        let loaded = try Workplace(["config/config.yaml": text]).load()
        let account = try #require(loaded.configuration.defaultAccount)
        let (own, sets) = (try account.riskLimits(), try account.riskLimitSets())
        #expect(sets["loose"] == own)
        #expect(sets["tight"]?.maxPositionPercent == FixedDecimal(2))
        #expect(sets["tight"]?.maxOrderNotional == FixedDecimal(100))
        #expect(sets["tight"]?.restricted.map(\.text) == ["GME"])
        #expect(sets["tight"]?.maxGrossExposurePercent == own.maxGrossExposurePercent)
        let taken = try Workplace(["config/config.yaml": "accounts: { paper: { limit_sets: { default: {} } } }\n"])
            .failure()
        #expect(taken.description.contains("`default` is taken"))
    }
}
