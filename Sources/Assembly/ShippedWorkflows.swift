public import YAMLNodes

/// The workflows of the folder `workflows`, built into the program, so that it works from anywhere.
public enum ShippedWorkflows {
    private static let files: [String: [UInt8]] = [
        "process-ticker": PackageResources.process_ticker_yaml,
        "watchlist": PackageResources.watchlist_yaml,
        "manual-order": PackageResources.manual_order_yaml,
        "rebalance": PackageResources.rebalance_yaml,
        "weekly-rebalance": PackageResources.weekly_rebalance_yaml,
        "month-end-rebalance": PackageResources.month_end_rebalance_yaml,
    ]

    /// Their names, in alphabetical order.
    public static var names: [String] { files.keys.sorted() }

    /// The workflow of a name; diagnostics call it `NAME.yaml (built in)`.
    public static func named(_ name: String) -> SourceFile? {
        files[name].map { SourceFile(name: "\(name).yaml (built in)", text: String(decoding: $0, as: UTF8.self)) }
    }
}
