import Testing
import TradingDomain

@testable import PaperVenue

@Suite("Signatures")
struct SignatureTests {
    private static let secret = "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"
    private static let text =
        "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943"

    @Test(
        "The protocol's vectors",
        arguments: [
            (text, "", "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"),
            ("", text, "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"),
            (
                "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC",
                "quantity=1&price=9000&recvWindow=5000&timestamp=1591702613943",
                "30baaf0fab549bbeda7f5ef201898b34122da25fd23c646cac2c529aebe670a4"
            ),
        ]
    )
    func vectors(query: String, body: String, signature: String) {
        #expect(Signature.isValid(signature, query: query, body: body, secret: Self.secret))
        #expect(Signature.isValid(signature.uppercased(), query: query, body: body, secret: Self.secret))
        let joined = body.isEmpty ? (query + "&signature=" + signature, "") : (query, body + "&signature=" + signature)
        #expect(Signature.isValid(signature, query: joined.0, body: joined.1, secret: Self.secret))
        #expect(!Signature.isValid(signature, query: query + " ", body: body, secret: Self.secret))
    }

    @Test("A signature may stand anywhere, alone too")
    func places() {
        let signature = Signature.make("a=1&b=2", secret: "s")
        #expect(Signature.isValid(signature, query: "signature=x&a=1&b=2", body: "", secret: "s"))
        #expect(Signature.isValid(signature, query: "a=1&signature=x&b=2", body: "", secret: "s"))
        #expect(Signature.isValid(Signature.make("", secret: "s"), query: "signature=x", body: "", secret: "s"))
    }

    @Test("Raw JSON in a body is signed as it is sent")
    func rawBatch() {
        var desk = Desk()
        let one =
            #"{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTC","quantity":0.010,"price":"94000.0"}"#
        let body = "timestamp=\(desk.now.milliseconds)&batchOrders=[\(one), {\"symbol\": \"BTCUSDT\"}]"
        let signature = Signature.make(body, secret: "test-secret")
        let answer = desk.send(
            "POST",
            "/fapi/v1/batchOrders",
            body: body + "&signature=" + signature,
            key: "test-key"
        )
        #expect(answer.status == 200)
        #expect(answer.json.elements.map { $0["status"]?.characters } == ["NEW", nil])
        #expect(answer.json.elements.last?["code"] == .number(-1102))
    }
}
