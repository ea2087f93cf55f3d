import Foundation
import Testing
import TradingDomain

@testable import BinanceFutures

@Suite("Keys, addresses and signatures")
struct RequestTests {
    private static let secret = "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"
    private static let whole =
        "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943"

    /// The venue's own vectors; the third proves that nothing goes between query and body.
    @Test(
        "Signatures are the venue's",
        arguments: [
            (whole, "", "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"),
            ("", whole, "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"),
            (
                "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC",
                "quantity=1&price=9000&recvWindow=5000&timestamp=1591702613943",
                "30baaf0fab549bbeda7f5ef201898b34122da25fd23c646cac2c529aebe670a4"
            ),
        ]
    )
    func signing(query: String, body: String, expected: String) throws {
        let signer = FuturesSigner(try FuturesCredentials(key: "key", secret: Self.secret))
        #expect(signer.signature(query: query, body: body) == expected)
    }

    @Test("Parameters keep their order and are percent-encoded")
    func parameters() {
        let parameters = FuturesParameters([("b", "[\"x y\"]"), ("skipped", nil), ("a", "sx-a_1.~")])
        #expect(parameters.text == "b=%5B%22x%20y%22%5D&a=sx-a_1.~")
    }

    @Test("Credentials are never printed")
    func hidden() throws {
        let credentials = try FuturesCredentials(key: "the-key-itself", secret: "the-secret-itself")
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), "\([credentials])", dumped] {
            #expect(!text.contains("itself"), "\(text)")
        }
    }

    @Test("Credentials of the environment are named when they are missing")
    func environment() throws {
        let both = ["K": "key", "S": "secret"]
        let found = try FuturesCredentials(environment: both, keyVariable: "K", secretVariable: "S")
        #expect(found.key == "key" && found.secret == "secret")
        #expect(throws: FuturesCredentialsError.missing("the environment variable S")) {
            try FuturesCredentials(environment: ["K": "key", "S": ""], keyVariable: "K", secretVariable: "S")
        }
        #expect(throws: FuturesCredentialsError.malformed) {
            try FuturesCredentials(environment: ["K": "k y", "S": "s"], keyVariable: "K", secretVariable: "S")
        }
    }

    @Test("A key file is read only when nobody else can", arguments: [0o600, 0o400, 0o640, 0o604, 0o660])
    func file(mode: Int) throws {
        let file = NSTemporaryDirectory() + "keys-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try "# mine\nsecret = abc\nkey=xyz\n".write(toFile: file, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        if mode & 0o077 == 0 {
            let credentials = try FuturesCredentials(file: file)
            #expect(credentials.key == "xyz" && credentials.secret == "abc")
        } else {
            let error = #expect(throws: FuturesCredentialsError.self) { try FuturesCredentials(file: file) }
            #expect(error?.code == "credentials_readable_by_others")
            #expect(error?.description.contains("chmod 600") == true)
        }
    }

    @Test("A key file with anything else is refused", arguments: ["", "key=a", "key=a\nsecret=b\nkey=c", "a: b"])
    func badFile(text: String) throws {
        let file = NSTemporaryDirectory() + "keys-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try text.write(toFile: file, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        #expect(throws: FuturesCredentialsError.notOurFormat(file)) { try FuturesCredentials(file: file) }
        let missing = #expect(throws: FuturesCredentialsError.self) { try FuturesCredentials(file: file + "x") }
        #expect(missing?.code == "credentials_unreadable")
    }

    @Test("Real money needs two consents", arguments: [(true, true), (true, false), (false, true), (false, false)])
    func live(account: Bool, command: Bool) throws {
        if account, command {
            let addresses = FuturesAddresses.live(try LiveConsent(account: true, command: true))
            #expect(addresses.isLive && addresses.rest == "https://fapi.binance.com")
        } else {
            let error = #expect(throws: FuturesSetupError.self) { try LiveConsent(account: account, command: command) }
            #expect(error?.code == "live_not_consented")
            #expect(error?.description.contains("`--live`") == !command)
            #expect(error?.description.contains("`live: true`") == !account)
        }
    }

    @Test(
        "Keys go over an open line on this machine alone, and to the exchange only by consent",
        arguments: [
            ("http://127.0.0.1:80", "ws://localhost:80", true), ("https://venue.lan", "wss://venue.lan", true),
            ("http://venue.lan", "wss://venue.lan", false), ("https://venue.lan", "ws://venue.lan", false),
            ("https://fapi.binance.com", "wss://fstream.binance.com", false), ("https://a/b", "wss://a", false),
            ("https://demo-fapi.binance.com", "wss://fstream.binancefuture.com", true), ("venue.lan", "wss://a", false),
            ("https://127.0.0.1@evil.lan", "wss://a", false), ("http://127.0.0.1.evil.lan", "ws://127.0.0.1", false),
        ]
    )
    func addresses(rest: String, streams: String, isFine: Bool) {
        let made = Result { try FuturesAddresses.other(rest: rest, streams: streams) }
        #expect(((try? made.get()) != nil) == isFine, "\(made)")
        #expect((try? made.get())?.isLive != true)
    }

    @Test("The quickest answer tells the venue's time, and its lower bound is never ahead")
    func clock() throws {
        let start = ContinuousClock.now
        let served = Timestamp(nanoseconds: 1_000_000_000_000)
        let slow = ClockSample(sentAt: start, receivedAt: start + .milliseconds(900), serverTime: served)
        let quick = ClockSample(
            sentAt: start + .seconds(1),
            receivedAt: start + .seconds(1) + .milliseconds(20),
            serverTime: served + .seconds(5)
        )
        let clock = try #require(VenueClock([slow, quick]))
        #expect(clock.uncertainty == .milliseconds(10))
        #expect(clock.time(at: start + .milliseconds(1010)) == served + .seconds(5))
        #expect(clock.earliest(at: start + .milliseconds(2020)) == served + .seconds(6))
        #expect(clock.earliest(at: start + .seconds(3)) < clock.time(at: start + .seconds(3)))
        #expect(VenueClock([]) == nil)
    }

    @Test("Times are whole milliseconds", arguments: [(1_999_999, 1), (2_000_000, 2), (-1, -1), (0, 0)])
    func milliseconds(nanoseconds: Int, expected: Int) {
        #expect(Timestamp(nanoseconds: Int64(nanoseconds)).milliseconds == Int64(expected))
    }
}
