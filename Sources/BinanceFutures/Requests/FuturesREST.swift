import Foundation
public import Networking
import Synchronization
public import TradingDomain

/// The venue's REST interface: one function for each call that the product needs.
///
/// Nothing is ever sent a second time. Questions throw ``FuturesError``; requests that change something return a
/// ``VenueVerdict`` with the answer, so that nobody can take "no answer" for "not done".
public final class FuturesREST: Sendable {
    /// One request, before it is signed.
    struct Call: Sendable {
        enum Security: Hashable, Sendable {
            case none
            /// The key in a header.
            case key
            /// The key and a signature, for a request made at `at`, by the venue's clock; `nil` for now.
            case signed(at: Timestamp?, window: Duration)
        }

        var method = "GET"
        let path: String
        var parameters = FuturesParameters()
        var security = Security.none
        var cost = RequestCost(weight: 1)
        var priority = RequestPriority.trading
        /// An order: its parameters go into the body, and not one repetition may leave.
        var isOrder = false

        /// Whether it changes nothing, and carries a time.
        var isSignedQuestion: Bool { method == "GET" && security != .none && security != .key }

        /// For messages; without parameters.
        var name: String { "\(method) \(path)" }
    }

    /// How long a request of ours stays valid unless its intent says otherwise.
    static let window = Duration.seconds(5)
    /// How long a question is worth waiting for; the limits count minutes.
    private static let patience = Duration.seconds(90)
    /// What the exchange allows an address (weight) and an account (orders); it tells the same in `exchangeInfo`.
    public static let limits = [
        RateLimit(.weight, per: .seconds(60), most: 2400),
        RateLimit(.orders, per: .seconds(10), most: 300),
        RateLimit(.orders, per: .seconds(60), most: 1200),
    ]
    /// Questions of a measurement of the clock: enough that one of them meets no hiccup.
    private static let clockQuestions = 5

    /// Milliseconds by which two measurements of the clock may differ without anybody being told.
    private static let jump: Int64 = 500

    public let addresses: FuturesAddresses
    private let credentials: FuturesCredentials?
    private let signer: FuturesSigner?
    private let client: HTTPClient
    private let budget: RequestBudget<ContinuousClock>
    private let clock = Mutex<VenueClock?>(nil)
    private let silence = Mutex<VenueSilence?>(nil)
    private let listener = Mutex<(@Sendable (VenueNotice) -> Void)?>(nil)

    /// - Parameters:
    ///   - addresses: Where the venue is.
    ///   - credentials: `nil` for market data alone.
    ///   - client: Its connections bound the requests in flight.
    ///   - limits: The venue's, of which other programs at this address may have a part.
    public init(
        _ addresses: FuturesAddresses,
        credentials: FuturesCredentials?,
        client: HTTPClient = HTTPClient(connections: 8),
        limits: [RateLimit] = FuturesREST.limits
    ) {
        self.addresses = addresses
        self.credentials = credentials
        signer = credentials.map(FuturesSigner.init)
        self.client = client
        budget = RequestBudget(RateLimiter(limits))
    }

    /// Tells `body` from now on what people should know, besides the answers; for one listener.
    func notify(_ body: @escaping @Sendable (VenueNotice) -> Void) { listener.withLock { $0 = body } }

    private func tell(_ notice: VenueNotice) { listener.withLock { $0 }?(notice) }

    // MARK: The venue's clock

    /// The venue's time by the last measurement; `nil` before the first.
    public var venueTime: Timestamp? { clock.withLock { $0?.time(at: .now) } }

    /// What the venue's clock surely shows at least; `nil` before the first measurement.
    public var venueTimeAtLeast: Timestamp? { clock.withLock { $0?.earliest(at: .now) } }

    /// Asks for the venue's time several times and goes by the quickest answer.
    ///
    /// - Throws: ``FuturesError`` when no question was answered; an earlier measurement then stays.
    @discardableResult
    public func measureClock() async throws(FuturesError) -> VenueClock {
        var samples: [ClockSample] = []
        for question in 1...Self.clockQuestions {
            let sentAt = ContinuousClock.now
            do {
                let answer = try await ask(Call(path: "/fapi/v1/time"), as: WireTime.self)
                let serverTime = Timestamp(milliseconds: answer.serverTime)
                samples.append(ClockSample(sentAt: sentAt, receivedAt: .now, serverTime: serverTime))
            } catch  where question < Self.clockQuestions || !samples.isEmpty {
                continue
            }
        }
        guard let measured = VenueClock(samples) else { throw .clockUnknown }
        let before = clock.withLock { clock in
            defer { clock = measured }
            return clock
        }
        let now = ContinuousClock.now
        if let moved = before.map({ measured.time(at: now) - $0.time(at: now) }), abs(moved.milliseconds) >= Self.jump {
            tell(.clockMoved(by: moved))
        }
        return measured
    }

    /// The venue's time by its own word, now.
    ///
    /// - Throws: ``FuturesError``.
    public func serverTime() async throws(FuturesError) -> Timestamp {
        Timestamp(milliseconds: try await ask(Call(path: "/fapi/v1/time"), as: WireTime.self).serverTime)
    }

    // MARK: Asking

    /// Sends a question and reads its answer.
    ///
    /// One that the venue refuses for its time is asked once more by a clock measured anew: questions do no harm twice.
    func ask<Answer: Decodable>(_ call: Call, as type: Answer.Type) async throws(FuturesError) -> Answer {
        do {
            return try await askOnce(call, as: type)
        } catch .answered(_, let message) where message.meansLate && call.isSignedQuestion {
            try await measureClock()
            return try await askOnce(call, as: type)
        }
    }

    private func askOnce<Answer: Decodable>(_ call: Call, as _: Answer.Type) async throws(FuturesError) -> Answer {
        let response: HTTPResponse
        switch try await exchange(call) {
        case .success(let answer): response = answer
        case .failure(let error): throw .transport(error)
        }
        guard (200..<300).contains(response.status) else {
            if let message = VenueMessage(response.body) {
                throw .answered(status: response.status, message)
            }
            let text = String(decoding: response.body.prefix(200), as: UTF8.self)
            throw .unreadable(call: call.name, status: response.status, problem: "it begins with '\(text)'")
        }
        return try Self.read(response, call)
    }

    /// Sends a request that changes something: what became of it, and the answer when it was accepted.
    func act<Answer: Decodable>(_ call: Call, as _: Answer.Type) async -> (verdict: VenueVerdict, answer: Answer?) {
        do {
            switch try await exchange(call) {
            case .failure(let error): return (VenueVerdict(error), nil)
            case .success(let response):
                let verdict = VenueVerdict(response)
                guard verdict == .accepted else { return (verdict, nil) }
                do {
                    return (.accepted, try Self.read(response, call))
                } catch {
                    // It was accepted, and what exactly was, has to be found out.
                    return (.unknown(reason: error.description), nil)
                }
            }
        } catch {
            return (.unavailable(reason: error.description, .notReached), nil)
        }
    }

    /// - Throws: ``FuturesError`` when nothing was sent for a reason of our own.
    private func exchange(_ call: Call) async throws(FuturesError) -> Result<HTTPResponse, HTTPError> {
        if call.security != .none, credentials == nil { throw .noCredentials(call: call.name) }
        if case .signed(at: nil, _) = call.security, venueTime == nil { try await measureClock() }
        try await pass(call)
        do {
            let response = try await client.send(request(call))
            let isOrderLimit = response.status == 429 && VenueMessage(response.body)?.code == -1015
            await budget.learn(from: response, isOrderLimit: isOrderLimit)
            if response.status == 418 || response.status == 429 { await keepStill(response, call.cost) }
            return .success(response)
        } catch {
            return .failure(error)
        }
    }

    /// Takes note that the venue asked for silence, and tells of it unless one as long is known.
    private func keepStill(_ response: HTTPResponse, _ cost: RequestCost) async {
        guard let wait = await budget.blocked(cost) else { return }
        let asked = VenueSilence(
            status: response.status,
            until: (venueTime ?? Timestamp(nanoseconds: Int64(Date().timeIntervalSince1970) * 1_000_000_000)) + wait
        )
        let isNews = silence.withLock { silence in
            guard silence.map({ asked.until > $0.until + .seconds(1) || asked.status != $0.status }) ?? true else {
                return false
            }
            silence = asked
            return true
        }
        if isNews { tell(.silenced(asked)) }
    }

    /// Waits for a call's turn under the limits; an order no longer than it is valid.
    private func pass(_ call: Call) async throws(FuturesError) {
        var patience = call.isOrder ? Self.window : Self.patience
        if case .signed(let at?, let window) = call.security, let now = venueTime { patience = at + window - now }
        do {
            try await budget.spend(call.cost, call.priority, within: max(patience, .zero))
        } catch {
            if case .blocked = error, let silence = silence.withLock({ $0 }) { throw .silenced(silence) }
            throw .withheld(error)
        }
    }

    /// The request as it leaves; a signature covers exactly the texts that are sent.
    private func request(_ call: Call) -> HTTPRequest {
        var parameters = call.parameters
        var signature: String?
        if case .signed(let at, let window) = call.security, let signer {
            let time = at ?? venueTime ?? Timestamp(nanoseconds: 0)
            parameters.append("recvWindow", String(window.milliseconds))
            parameters.append("timestamp", String(time.milliseconds))
            signature = signer.signature(
                query: call.isOrder ? "" : parameters.text,
                body: call.isOrder ? parameters.text : ""
            )
        }
        let text = parameters.text + (signature.map { "&signature=\($0)" } ?? "")
        var headers: [HTTPHeader] = []
        if call.security != .none, let credentials { headers.append(HTTPHeader("X-MBX-APIKEY", credentials.key)) }
        if call.isOrder { headers.append(HTTPHeader("Content-Type", "application/x-www-form-urlencoded")) }
        return HTTPRequest(
            method: call.method,
            url: addresses.rest + call.path + (call.isOrder || text.isEmpty ? "" : "?" + text),
            headers: headers,
            body: call.isOrder ? Array(text.utf8) : [],
            goesOutOnce: call.isOrder
        )
    }

    private static func read<Answer: Decodable>(
        _ response: HTTPResponse,
        _ call: Call
    ) throws(FuturesError) -> Answer {
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(response.body))
        } catch {
            throw .unreadable(call: call.name, status: response.status, problem: Self.words(error))
        }
    }

    private static func words(_ error: any Error) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, let context): "`\(path(context, key))` is missing"
        case .valueNotFound(_, let context): "`\(path(context))` is null"
        case .typeMismatch(_, let context): "`\(path(context))` is of another type"
        case .dataCorrupted(let context): "`\(path(context))`: \(context.debugDescription)"
        default: "it is no JSON"
        }
    }

    private static func path(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
        (context.codingPath + (last.map { [$0] } ?? [])).map(\.stringValue).joined(separator: ".")
    }
}
