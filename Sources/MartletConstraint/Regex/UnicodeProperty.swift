/// The properties of Unicode that regular expressions can name: general categories, alone or after `gc=` or
/// `General_Category=`, `ASCII` and `Any`.
enum UnicodeProperty {
    /// Nil for a property that is not known.
    static func scalars(named name: String) -> ScalarSet? {
        let parts = name.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let last = parts.last, parts.count == 1 || ["gc", "General_Category"].contains(parts[0]) else {
            return nil
        }
        if parts.count == 1, last == "Any" { return .all }
        if parts.count == 1, last == "ASCII" { return ScalarSet([0...0x7F]) }
        guard let categories = categories[String(last)] else { return nil }
        return ScalarSet(categories.flatMap { ranges[$0] ?? [] })
    }

    /// The scalars of each category. Looking at all scalars takes a while, so it is done once.
    private static let ranges: [Unicode.GeneralCategory: [ClosedRange<UInt32>]] = {
        var result: [Unicode.GeneralCategory: [ClosedRange<UInt32>]] = [:]
        for value in ScalarSet.all.ranges.joined() {
            guard let category = Unicode.Scalar(value)?.properties.generalCategory else { continue }
            if let last = result[category]?.last, last.upperBound + 1 == value {
                result[category]?.removeLast()
                result[category]?.append(last.lowerBound...value)
            } else {
                result[category, default: []].append(value...value)
            }
        }
        return result
    }()

    private static let categories: [String: Set<Unicode.GeneralCategory>] = {
        let groups: [(names: [String], Set<Unicode.GeneralCategory>)] = [
            (["Lu", "Uppercase_Letter"], [.uppercaseLetter]), (["Ll", "Lowercase_Letter"], [.lowercaseLetter]),
            (["Lt", "Titlecase_Letter"], [.titlecaseLetter]), (["Lm", "Modifier_Letter"], [.modifierLetter]),
            (["Lo", "Other_Letter"], [.otherLetter]), (["Mn", "Nonspacing_Mark"], [.nonspacingMark]),
            (["Mc", "Spacing_Mark"], [.spacingMark]), (["Me", "Enclosing_Mark"], [.enclosingMark]),
            (["Nd", "Decimal_Number", "digit"], [.decimalNumber]), (["Nl", "Letter_Number"], [.letterNumber]),
            (["No", "Other_Number"], [.otherNumber]), (["Pc", "Connector_Punctuation"], [.connectorPunctuation]),
            (["Pd", "Dash_Punctuation"], [.dashPunctuation]), (["Ps", "Open_Punctuation"], [.openPunctuation]),
            (["Pe", "Close_Punctuation"], [.closePunctuation]), (["Pi", "Initial_Punctuation"], [.initialPunctuation]),
            (["Pf", "Final_Punctuation"], [.finalPunctuation]), (["Po", "Other_Punctuation"], [.otherPunctuation]),
            (["Sm", "Math_Symbol"], [.mathSymbol]), (["Sc", "Currency_Symbol"], [.currencySymbol]),
            (["Sk", "Modifier_Symbol"], [.modifierSymbol]), (["So", "Other_Symbol"], [.otherSymbol]),
            (["Zs", "Space_Separator"], [.spaceSeparator]), (["Zl", "Line_Separator"], [.lineSeparator]),
            (["Zp", "Paragraph_Separator"], [.paragraphSeparator]), (["Cc", "Control", "cntrl"], [.control]),
            (["Cf", "Format"], [.format]), (["Co", "Private_Use"], [.privateUse]),
            (["Cn", "Unassigned"], [.unassigned]),
            (["L", "Letter"], [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter]),
            (["LC", "Cased_Letter"], [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter]),
            (["M", "Mark", "Combining_Mark"], [.nonspacingMark, .spacingMark, .enclosingMark]),
            (["N", "Number"], [.decimalNumber, .letterNumber, .otherNumber]),
            (
                ["P", "Punctuation", "punct"],
                [
                    .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
                    .finalPunctuation, .otherPunctuation,
                ]
            ),
            (["S", "Symbol"], [.mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol]),
            (["Z", "Separator"], [.spaceSeparator, .lineSeparator, .paragraphSeparator]),
            (["C", "Other"], [.control, .format, .privateUse, .unassigned, .surrogate]),
        ]
        return Dictionary(groups.flatMap { group in group.names.map { ($0, group.1) } }) { first, _ in first }
    }()
}
