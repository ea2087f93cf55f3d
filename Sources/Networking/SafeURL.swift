/// The parts of an address that may be shown.
enum SafeURL {
    /// `url` without user, password, query and fragment.
    static func text(_ url: String) -> String {
        let bare = url.prefix { $0 != "?" && $0 != "#" }
        // `scheme://authority/path`: the third slash ends what may hold a password.
        let parts = bare.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[1].isEmpty else {
            return String(bare.split(separator: "@", omittingEmptySubsequences: false).last ?? "")
        }
        let host = parts[2].split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        return "\(parts[0])//\(host)" + (parts.count > 3 ? "/\(parts[3])" : "")
    }

    /// Whether `url` is absolute, of `http` or `https`, and free of characters that could end a header line.
    static func isAcceptable(_ url: String) -> Bool {
        let lowered = url.prefix(8).lowercased()
        return (lowered.hasPrefix("http://") || lowered.hasPrefix("https://"))
            && url.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    }
}
