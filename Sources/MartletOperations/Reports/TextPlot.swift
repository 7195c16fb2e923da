/// A plot of characters: columns that are filled from the bottom.
struct TextPlot {
    /// How a plot is drawn.
    enum Glyphs {
        /// Two columns and four rows of dots in a character.
        case braille
        /// One character for each column and row.
        case ascii

        var columns: Int { self == .braille ? 2 : 1 }
        var rows: Int { self == .braille ? 4 : 1 }
    }

    /// The height in characters.
    private static let height = 5

    let glyphs: Glyphs
    /// The width of the columns in characters.
    let width: Int

    /// Lines from top to bottom, each `width` characters long. A missing value has an empty column.
    func lines(_ values: [Double?], maximum: Double) -> [String] {
        let columns = width * glyphs.columns
        let dots = Self.height * glyphs.rows
        let heights = (0..<columns).map { column -> Int in
            guard maximum > 0, let value = Self.value(values, column, of: columns), value > 0 else { return 0 }
            // A value that is not zero is visible.
            return max(1, Int((min(1, value / maximum) * Double(dots)).rounded()))
        }
        return (0..<Self.height).map { line in
            var text = ""
            for character in 0..<width {
                let place = character * glyphs.columns..<(character + 1) * glyphs.columns
                text.unicodeScalars.append(scalar(heights[place], above: (Self.height - 1 - line) * glyphs.rows))
            }
            return text
        }
    }

    /// The largest value of the intervals that a column stands for, or that of the interval that it is in.
    private static func value(_ values: [Double?], _ column: Int, of columns: Int) -> Double? {
        if values.isEmpty { return nil }
        let start = column * values.count / columns
        let end = max(start + 1, (column + 1) * values.count / columns)
        return values[start..<min(end, values.count)].compactMap(\.self).max()
    }

    /// The character that shows columns of dots above a row.
    private func scalar(_ heights: ArraySlice<Int>, above row: Int) -> Unicode.Scalar {
        if glyphs == .ascii { return (heights.first ?? 0) > row ? "#" : " " }
        // The bits of the Unicode block Braille Patterns, from the bottom of each column to its top.
        let bits: [[UInt32]] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]]
        var pattern: UInt32 = 0
        for (column, height) in heights.enumerated() {
            for dot in 0..<4 where height > row + dot { pattern |= bits[column][dot] }
        }
        return Unicode.Scalar(0x2800 + pattern) ?? " "
    }
}
