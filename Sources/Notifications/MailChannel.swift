import Crypto
import Foundation
public import Networking
public import Orchestration

/// Sends each message as a plain-text mail by SMTP.
public struct MailChannel: NotificationChannel {
    private let server: MailServer
    private let from: String
    private let to: [String]
    private let timeout: Duration

    /// A channel from one address to others.
    ///
    /// - Parameters:
    ///   - server: Who takes the mail.
    ///   - from: An address without a display name.
    ///   - to: At least one.
    ///   - timeout: For one try; wall clock.
    public init(server: MailServer, from: String, to: [String], timeout: Duration = .seconds(20)) {
        precondition(!to.isEmpty, "a mail to nobody")
        self.server = server
        self.from = from
        self.to = to
        self.timeout = timeout
    }

    public var summary: String { "mail to \(to.joined(separator: ", ")) by \(server.host):\(server.port)" }

    public func deliver(_ message: NotificationMessage) async throws(NotificationFailure) {
        let mail = MailText.make(message, from: from, to: to, date: Date())
        do {
            try await MailClient().send(mail, from: from, to: to, by: server, timeout: timeout)
        } catch {
            let kind: NotificationFailure.Kind =
                error.isWorthAnotherTry ? .notReached : error.kind == .unavailable ? .notConfigured : .refused
            throw NotificationFailure(kind, error.message)
        }
    }
}

/// A message as RFC 5322 has it.
enum MailText {
    static func make(_ message: NotificationMessage, from: String, to: [String], date: Date) -> [UInt8] {
        // The same for every try, so that a mailbox can tell.
        let id = SHA256.hash(data: Data(message.key.utf8)).prefix(16).map { String($0, radix: 16) }.joined()
        let headers = [
            "From: <\(from)>",
            "To: \(to.map { "<\($0)>" }.joined(separator: ", "))",
            "Subject: \(encoded(message.subject))",
            "Date: \(text(date))",
            "Message-ID: <\(id)@smartexec.invalid>",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",
        ]
        let body = Data(message.text.utf8).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
        return Array((headers.joined(separator: "\r\n") + "\r\n\r\n" + body + "\r\n").utf8)
    }

    /// A header's text in encoded words (RFC 2047), whatever it holds: no character of it can end the line.
    private static func encoded(_ text: String) -> String {
        var words: [String] = []
        var piece = ""
        for character in text {
            // An encoded word has at most 75 characters; 45 bytes are 60 of Base64.
            if piece.utf8.count + character.utf8.count > 45 {
                words.append(piece)
                piece = ""
            }
            piece.append(character)
        }
        words.append(piece)
        return words.map { "=?utf-8?B?\(Data($0.utf8).base64EncodedString())?=" }.joined(separator: "\r\n ")
    }

    private static func text(_ date: Date) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss '+0000'"
        return format.string(from: date)
    }
}
