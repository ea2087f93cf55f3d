import TradingDomain

/// An order while its size is being worked out.
struct SizingDraft {
    let side: Side
    let addsExposure: Bool
    var quantity = Quantity.zero
    /// The size in words, with its numbers.
    var arithmetic = ""
    /// A count was asked for, so that rounding it is worth telling.
    var isCount = false
    var adjustments: [SizingAdjustment] = []

    init(side: Side, addsExposure: Bool) {
        self.side = side
        self.addsExposure = addsExposure
    }

    mutating func adjust(_ code: SizingCode, _ message: String) {
        adjustments.append(SizingAdjustment(code: code, message: message))
    }

    mutating func roundToLots(_ instrument: Instrument) {
        let rounded = quantity.rounded(toLot: instrument.lot)
        if isCount, rounded != quantity, !rounded.isZero {
            adjust(.roundedToLot, "rounded from \(quantity) to \(rounded), whole lots of \(instrument.lot)")
        }
        quantity = rounded
    }
}
