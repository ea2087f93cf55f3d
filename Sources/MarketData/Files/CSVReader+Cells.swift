public import TradingDomain

extension CSVReader {
    /// Units of 10⁻⁸.
    private func units(_ column: Int) throws(MarketDataError) -> Int64 {
        do {
            return try DecimalBytes.units(bytes(column))
        } catch {
            throw numberError(column, error)
        }
    }

    private func numberError(_ column: Int, _ failure: DecimalBytes.Failure) -> MarketDataError {
        switch failure {
        case .malformed where isEmpty(column):
            error("empty_cell", column, "a number is needed here. Fill it in or remove the row.")
        case .malformed: error("bad_number", column, "it is not a number. Write a decimal such as 12.5.")
        case .tooPrecise:
            error("too_precise", column, "it has more decimals than can be held exactly. Round it in the file.")
        case .outOfRange: error("number_out_of_range", column, "it is too large.")
        }
    }

    /// - Throws: `bad_number`, `empty_cell`, `too_precise`, `number_out_of_range`.
    public func price(_ column: Int) throws(MarketDataError) -> Price { Price(units: try units(column)) }

    /// A price, `nil` for an empty cell.
    public func optionalPrice(_ column: Int) throws(MarketDataError) -> Price? {
        isEmpty(column) ? nil : try price(column)
    }

    /// A number of zero or more.
    ///
    /// - Throws: `negative_size` and the errors of ``price(_:)``.
    public func quantity(_ column: Int) throws(MarketDataError) -> Quantity {
        let units = try units(column)
        guard units >= 0 else { throw error("negative_size", column, "a size is zero or more.") }
        return Quantity(units: units)
    }

    public func decimal(_ column: Int) throws(MarketDataError) -> FixedDecimal {
        FixedDecimal(units: Int128(try units(column)))
    }

    /// A decimal in units of 10⁻ᵖˡᵃᶜᵉˢ.
    func scaled(_ column: Int, places: Int) throws(MarketDataError) -> Int64 {
        do {
            guard let value = Int64(exactly: try DecimalBytes.exact(bytes(column), places: places)) else {
                throw DecimalBytes.Failure.outOfRange
            }
            return value
        } catch let failure as DecimalBytes.Failure {
            throw numberError(column, failure)
        } catch {
            throw self.error("bad_number", column, "it is not a number.")
        }
    }

    /// A whole number.
    public func integer(_ column: Int) throws(MarketDataError) -> Int64 {
        let cell = bytes(column)
        var index = cell.first == UInt8(ascii: "-") ? 1 : 0
        let negative = index == 1
        guard index < cell.count else { throw error("bad_number", column, "a whole number is needed here.") }
        var value: Int64 = 0
        while index < cell.count {
            let digit = cell[index] &- 48
            guard digit <= 9 else { throw error("bad_number", column, "it is not a whole number.") }
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(Int64(digit))
            guard !overflow, !carry else { throw error("number_out_of_range", column, "it is too large.") }
            value = sum
            index += 1
        }
        return negative ? -value : value
    }

    /// A whole number, `nil` for an empty cell.
    public func optionalInteger(_ column: Int) throws(MarketDataError) -> Int64? {
        isEmpty(column) ? nil : try integer(column)
    }

    /// A hexadecimal bit mask of up to 32 bits.
    func mask(_ column: Int) throws(MarketDataError) -> UInt32 {
        guard let mask = UInt32(text(column), radix: 16) else {
            throw error("bad_number", column, "it is not a hexadecimal bit mask such as 20000001.")
        }
        return mask
    }

    /// Nanoseconds since 1970-01-01 UTC.
    public func nanoseconds(_ column: Int) throws(MarketDataError) -> Timestamp {
        Timestamp(nanoseconds: try integer(column))
    }

    /// Nanoseconds since 1970-01-01 UTC, `nil` for an empty cell.
    public func optionalNanoseconds(_ column: Int) throws(MarketDataError) -> Timestamp? {
        isEmpty(column) ? nil : try nanoseconds(column)
    }

    /// RFC 3339 in UTC, such as `2019-02-15T14:30:00.000Z`.
    ///
    /// - Throws: `bad_time`.
    public func time(_ column: Int) throws(MarketDataError) -> Timestamp {
        if let time = millisecondTime(bytes(column)) { return time }
        guard let time = Timestamp(text(column)) else {
            throw error("bad_time", column, "it is not a time in UTC such as 2019-02-15T14:30:00.000Z.")
        }
        return time
    }

    /// The common `2019-02-15T14:30:00.000Z` without a `String`; `nil` for all else, right or wrong.
    private func millisecondTime(_ cell: UnsafeBufferPointer<UInt8>) -> Timestamp? {
        guard cell.count == 24, cell[4] == 45, cell[7] == 45, cell[10] == UInt8(ascii: "T"), cell[13] == 58,
            cell[16] == 58, cell[19] == UInt8(ascii: "."), cell[23] == UInt8(ascii: "Z"),
            let year = digits(cell, 0, 4), let month = digits(cell, 5, 2), let day = digits(cell, 8, 2),
            let hour = digits(cell, 11, 2), hour < 24, let minute = digits(cell, 14, 2), minute < 60,
            let second = digits(cell, 17, 2), second < 60, let milli = digits(cell, 20, 3),
            (1678...2261).contains(year), let date = CalendarDate(year: year, month: month, day: day)
        else { return nil }
        let seconds = Int64(hour * 3600 + minute * 60 + second)
        return Timestamp(nanoseconds: date.startUTC.nanoseconds + seconds * 1_000_000_000 + Int64(milli) * 1_000_000)
    }

    private func digits(_ cell: UnsafeBufferPointer<UInt8>, _ start: Int, _ count: Int) -> Int? {
        var value = 0
        var index = start
        while index < start + count {
            let digit = cell[index] &- 48
            if digit > 9 { return nil }
            value = value * 10 + Int(digit)
            index += 1
        }
        return value
    }

    /// A day such as `2019-02-15`.
    ///
    /// - Throws: `bad_date`.
    public func date(_ column: Int) throws(MarketDataError) -> CalendarDate {
        guard let date = CalendarDate(text(column)) else {
            throw error("bad_date", column, "it is not a day such as 2019-02-15.")
        }
        return date
    }
}
