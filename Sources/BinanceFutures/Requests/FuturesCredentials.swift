import Foundation

/// The API key of an account and its secret; neither is ever printed.
///
/// They come from environment variables or from a file that only its owner may read, never from a configuration file.
public struct FuturesCredentials: Sendable {
    let key: String
    let secret: String

    /// - Throws: ``FuturesCredentialsError`` when either is empty or has characters that no key has.
    public init(key: String, secret: String) throws(FuturesCredentialsError) {
        guard !key.isEmpty, !secret.isEmpty else { throw .missing("an API key and its secret") }
        guard Self.isPlausible(key), Self.isPlausible(secret) else { throw .malformed }
        self.key = key
        self.secret = secret
    }

    /// Reads both from environment variables.
    ///
    /// - Parameters:
    ///   - environment: The program's environment.
    ///   - keyVariable: The name of the variable that holds the key, such as `BINANCE_KEY`.
    ///   - secretVariable: The name of the one that holds the secret.
    /// - Throws: ``FuturesCredentialsError`` when one is not set, or malformed.
    public init(
        environment: [String: String],
        keyVariable: String,
        secretVariable: String
    ) throws(FuturesCredentialsError) {
        for name in [keyVariable, secretVariable] where (environment[name] ?? "").isEmpty {
            throw .missing("the environment variable \(name)")
        }
        try self.init(key: environment[keyVariable] ?? "", secret: environment[secretVariable] ?? "")
    }

    /// Reads a file of two lines, `key=…` and `secret=…`, in either order; lines that begin with `#` are comments.
    ///
    /// - Throws: ``FuturesCredentialsError`` when it cannot be read, when others than its owner may read or change it,
    ///   or when it has other lines.
    public init(file: String) throws(FuturesCredentialsError) {
        let text = try Self.readPrivate(file)
        var values: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let parts = line.split(separator: "=", maxSplits: 1).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard parts.count == 2, ["key", "secret"].contains(parts[0]), values[parts[0]] == nil else {
                throw .notOurFormat(file)
            }
            values[parts[0]] = parts[1]
        }
        guard let key = values["key"], let secret = values["secret"] else { throw .notOurFormat(file) }
        try self.init(key: key, secret: secret)
    }

    /// A key file has two lines; whatever is longer is another file.
    private static let mostBytes = 4096

    private static func readPrivate(_ file: String) throws(FuturesCredentialsError) -> String {
        let handle = open(file, O_RDONLY | O_CLOEXEC)
        guard handle >= 0 else { throw .unreadable(file, String(cString: strerror(errno))) }
        defer { close(handle) }
        // Of the open file, so that it cannot be exchanged between the look and the read.
        var status = stat()
        guard fstat(handle, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(file, "it is no ordinary file")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw .readableByOthers(file, mode: String(status.st_mode & 0o777, radix: 8))
        }
        var bytes = [UInt8](repeating: 0, count: mostBytes)
        let count = read(handle, &bytes, mostBytes)
        guard count >= 0, count < mostBytes else { throw .notOurFormat(file) }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    private static func isPlausible(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}

extension FuturesCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "FuturesCredentials(hidden)" }
    public var debugDescription: String { description }
    /// Empty, so that `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why there are no credentials; names places, never values.
public enum FuturesCredentialsError: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(String)
    case malformed
    case unreadable(String, String)
    case readableByOthers(String, mode: String)
    case notOurFormat(String)

    /// Stable name for rows and metrics.
    public var code: String {
        switch self {
        case .missing: "credentials_missing"
        case .malformed: "credentials_malformed"
        case .unreadable: "credentials_unreadable"
        case .readableByOthers: "credentials_readable_by_others"
        case .notOurFormat: "credentials_not_understood"
        }
    }

    public var description: String {
        switch self {
        case .missing(let what): "There is no key for the venue: set \(what)."
        case .malformed:
            "The API key or its secret has a blank or another character that no key has. Copy both anew from the venue."
        case .unreadable(let file, let reason): "The key file \(file) cannot be read: \(reason)."
        case .readableByOthers(let file, let mode):
            "The key file \(file) is open to other accounts (mode \(mode)). Run `chmod 600 \(file)`, and exchange the key if "
                + "others may have read it."
        case .notOurFormat(let file):
            "The key file \(file) is not understood. It needs the two lines `key=…` and `secret=…`."
        }
    }
}
