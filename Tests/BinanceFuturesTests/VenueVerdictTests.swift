import ExecutionEngine
import Networking
import Testing

@testable import BinanceFutures

@Suite("What became of a request")
struct VenueVerdictTests {
    enum Kind: Hashable { case accepted, refused, notReached, limited, busy, late, unknown }

    private func kind(_ verdict: VenueVerdict) -> Kind {
        switch verdict {
        case .accepted: .accepted
        case .refused: .refused
        case .unavailable(_, .notReached): .notReached
        case .unavailable(_, .limited): .limited
        case .unavailable(_, .busy): .busy
        case .unavailable(_, .late): .late
        case .unknown: .unknown
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let status: Int
        var code: Int?
        var text = ""
        let kind: Kind
        var testDescription: String { "HTTP \(status), \(code.map(String.init) ?? text)" }
    }

    @Test(
        "Answers",
        arguments: [
            Case(status: 200, kind: .accepted),
            Case(status: 200, code: 200, kind: .accepted),
            Case(status: 200, code: -2022, kind: .unknown),
            // The request is at fault.
            Case(status: 400, code: -2019, kind: .refused),
            Case(status: 400, code: -1121, kind: .refused),
            Case(status: 400, code: -5022, kind: .refused),
            Case(status: 401, code: -2015, kind: .refused),
            Case(status: 404, code: -5000, kind: .refused),
            // Nobody knows.
            Case(status: 400, code: -1000, kind: .unknown),
            Case(status: 400, code: -1006, kind: .unknown),
            Case(status: 400, code: -1007, kind: .unknown),
            Case(status: 408, code: -1007, kind: .unknown),
            Case(status: 408, text: "", kind: .unknown),
            Case(status: 400, text: "<html>", kind: .unknown),
            Case(status: 404, text: "no page", kind: .unknown),
            Case(status: 302, text: "", kind: .unknown),
            Case(status: 500, text: "Request occur unknown error.", kind: .unknown),
            Case(status: 502, text: "bad gateway", kind: .unknown),
            Case(status: 504, code: -1001, kind: .unknown),
            Case(status: 500, code: -2019, kind: .unknown),
            Case(status: 503, text: "Unknown error, please check your request or try again later.", kind: .unknown),
            Case(status: 503, code: 0, text: "", kind: .unknown),
            // The id is taken: an earlier copy is there.
            Case(status: 400, code: -4116, kind: .unknown),
            // It passes.
            Case(status: 429, code: -1003, kind: .limited),
            Case(status: 418, code: -1003, kind: .limited),
            Case(status: 429, text: "", kind: .limited),
            Case(status: 400, code: -1015, kind: .limited),
            Case(status: 400, code: -1021, kind: .late),
            Case(status: 400, code: -5028, kind: .late),
            Case(status: 503, code: -1001, kind: .busy),
            Case(status: 503, code: -1008, kind: .busy),
            Case(status: 503, text: "Service Unavailable.", kind: .busy),
            Case(status: 403, text: "<html>", kind: .busy),
        ]
    )
    func answers(_ it: Case) {
        let message = it.code.map { VenueMessage(code: $0, message: it.text) }
        #expect(kind(VenueVerdict(status: it.status, message, text: it.text)) == it.kind)
    }

    @Test("A message of the venue inside JSON counts as its text does")
    func wrapped() {
        let message = VenueMessage(code: 0, message: "Service Unavailable.")
        #expect(kind(VenueVerdict(status: 503, message)) == .busy)
    }

    /// Only what is listed is certain: every other status and code leaves the order's fate open, or is refused by a 4xx.
    @Test("No answer but a 4xx with a code is taken for a refusal", arguments: 100..<600)
    func everything(status: Int) {
        for code in [nil, -1, -1000, -1001, -1002, -1006, -1007, -1008, -2010, -2019, -4116, -5021, -9999] as [Int?] {
            let verdict = kind(VenueVerdict(status: status, code.map { VenueMessage(code: $0, message: "x") }))
            if verdict == .refused { #expect((400..<500).contains(status) && code != nil) }
            if verdict == .accepted { #expect((200..<300).contains(status) && code == nil) }
            if status >= 500, status != 503 { #expect(verdict == .unknown) }
        }
    }

    @Test("Without an answer, it depends on whether a byte may have left", arguments: HTTPError.Kind.allCases)
    func transport(_ kind: HTTPError.Kind) {
        for isSurelyNotSent in [true, false] {
            let verdict = VenueVerdict(HTTPError(kind: kind, isSurelyNotSent: isSurelyNotSent, message: "x"))
            #expect(self.kind(verdict) == (isSurelyNotSent ? .notReached : .unknown))
        }
    }

    @Test("Errors of questions say what to do, and how the engine takes them")
    func questions() {
        let key = FuturesError.answered(status: 401, VenueMessage(code: -2015, message: "Invalid API-key."))
        #expect(key.code == "key_refused" && key.kind == .refused)
        #expect(key.description.contains("Check the API key"))
        let busy = FuturesError.answered(status: 503, VenueMessage(code: -1008, message: "Throttled."))
        #expect(busy.kind == .unavailable)
        #expect(FuturesError.withheld(.cancelled).kind == .unavailable)
        #expect(FuturesError.noCredentials(call: "GET /x").code == "credentials_missing")
    }
}
