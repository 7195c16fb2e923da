extension StringProtocol {
    /// The text with each character that shows nothing, or moves what stands beside it, written as its number in the
    /// form `\u{202E}`: controls (C0 and C1), bidirectional and other format controls, zero-width characters, line and
    /// paragraph separators. Text from outside then cannot forge, hide or reorder a line of a log or of a terminal
    /// (CWE-117, Unicode Technical Standard 55).
    package func escapingInvisibles(keepingLineFeeds: Bool = false) -> String {
        // Nearly all text that is logged is plain.
        if utf8.allSatisfy({ (0x20...0x7E).contains($0) || (keepingLineFeeds && $0 == 0x0A) }) { return String(self) }
        var text = ""
        for scalar in unicodeScalars {
            if scalar.isInvisible && !(keepingLineFeeds && scalar == "\n") {
                text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    fileprivate var isInvisible: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse: true
        // Fillers and joiners that are letters or marks. A variation selector changes only the character before it.
        default: properties.isDefaultIgnorableCodePoint && !properties.isVariationSelector
        }
    }
}
