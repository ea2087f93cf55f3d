import Foundation
import Testing
import TradingAgents

@Suite("Strict JSON")
struct JSONValueTests {
    @Test(
        "Numbers stay text, and texts are unescaped",
        arguments: [
            (#"12345678901234567.123456"#, JSONValue.number("12345678901234567.123456")),
            (#" -0.50e+3 "#, .number("-0.50e+3")),
            (#""A\u0042\ud83d\ude00\n""#, .string("AB😀\n")),
            ("[true,false,null,{}]", .array([.bool(true), .bool(false), .null, .object([])])),
            (#"{"b":1,"a":[]}"#, .object([.init("b", .number("1")), .init("a", .array([]))])),
        ]
    )
    func accepts(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: bytes(text)) == value)
    }

    /// The traps table of the contract and its relatives; each is read differently by some common parser.
    @Test(
        "What parsers disagree on is refused",
        arguments: [
            (#"{"pct":1,"pct":50}"#, JSONError.Kind.duplicateKey),
            (#"{"pct":1,"p\u0063t":50}"#, .duplicateKey),
            (#"{"a":{"b":1,"c":2,"b":3}}"#, .duplicateKey),
            ("NaN", .notJSON), ("-Infinity", .notJSON), ("01", .notJSON), ("-01", .notJSON), ("1.", .notJSON),
            (".5", .notJSON), ("+1", .notJSON), ("1e", .notJSON), ("0x10", .notJSON), ("{} {}", .notJSON),
            ("{}x", .notJSON), ("", .notJSON), ("  ", .notJSON), ("\u{FEFF}{}", .notJSON), ("{'a':1}", .notJSON),
            ("{a:1}", .notJSON), (#"{"a":1,}"#, .notJSON), ("[1,]", .notJSON), ("[1 2]", .notJSON), ("[", .notJSON),
            (#"{"a""#, .notJSON), ("\"a", .notJSON), ("\"\u{1}\"", .notJSON), ("\"a\nb\"", .notJSON),
            (#""\ud800""#, .notJSON), (#""\udc00""#, .notJSON), (#""\ud800\u0041""#, .notJSON),
            (#""\u00g0""#, .notJSON),
            (#""\x41""#, .notJSON), (#""\u0000""#, .notJSON), ("tru", .notJSON), ("truex", .notJSON),
            ("//c\n1", .notJSON),
            ("1\u{A0}", .notJSON), (String(repeating: "[", count: 17) + String(repeating: "]", count: 17), .notJSON),
        ]
    )
    func refuses(text: String, kind: JSONError.Kind) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: bytes(text)) }
        do throws(JSONError) { _ = try JSONValue(parsing: bytes(text)) } catch { #expect(error.kind == kind) }
    }

    @Test(
        "Bytes that are not UTF-8 are refused",
        arguments: [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] as [[UInt8]]
    )
    func invalidUTF8(_ document: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: document) }
    }

    @Test("Size and depth have limits that are exact")
    func limits() throws {
        _ = try JSONValue(parsing: bytes(String(repeating: "[", count: 16) + String(repeating: "]", count: 16)))
        let limit = JSONLimits(maximumBytes: 10)
        _ = try JSONValue(parsing: bytes("\"12345678\""), limits: limit)
        do throws(JSONError) {
            _ = try JSONValue(parsing: bytes("\"123456789\""), limits: limit)
            Issue.record("accepted 11 bytes")
        } catch {
            #expect(error.kind == .tooLarge)
        }
    }

    @Test("A duplicate is reported where it stands")
    func place() {
        do throws(JSONError) {
            _ = try JSONValue(parsing: bytes(#"{"trade":{"a/b":1,"a/b":2}}"#))
            Issue.record("accepted a duplicate")
        } catch {
            #expect(error.pointer == "/trade/a~1b")
            #expect(error.offset == 18)
        }
    }

    @Test(
        "The canonical form of a number is plain",
        arguments: [
            ("5", "5"), ("5.0", "5"), ("0.10", "0.1"), ("-0", "0"), ("-0.0", "0"), ("1e2", "100"), ("1.25e1", "12.5"),
            ("125E-2", "1.25"), ("1e-8", "0.00000001"), ("0e5", "0"), ("100", "100"), ("1e400", "1e400"),
        ]
    )
    func numbers(text: String, plain: String) throws {
        #expect(String(decoding: try JSONValue(parsing: bytes(text)).canonical().encoded(), as: UTF8.self) == plain)
    }

    @Test("Canonical members are sorted by bytes at every level, and encoding reads back")
    func canonical() throws {
        let value = try JSONValue(parsing: bytes(#"{"b":{"z":1.0,"a":"\u0007\"\\é"},"a":[2.50]}"#))
        let canonical = value.canonical()
        #expect(String(decoding: canonical.encoded(), as: UTF8.self) == #"{"a":[2.5],"b":{"a":"\u0007\"\\é","z":1}}"#)
        #expect(try JSONValue(parsing: canonical.encoded()) == canonical)
    }
}
