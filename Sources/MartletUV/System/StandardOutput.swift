#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Unbuffered standard output and standard error: text reaches a pipe at once.
package enum StandardOutput {
    package static func write(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// Escapes invisible characters except line feeds, since `text` may contain text from outside.
    package static func writeError(_ text: String) {
        write(text.escapingInvisibles(keepingLineFeeds: true), to: STDERR_FILENO)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            #if canImport(Glibc)
                let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            #else
                let count = bytes.withUnsafeBytes { Darwin.write(descriptor, $0.baseAddress, $0.count) }
            #endif
            // A closed reader must not stop the server.
            if count <= 0 { return }
            bytes = bytes.dropFirst(count)
        }
    }
}

extension StringProtocol {
    /// The text with each invisible or reordering character escaped in the form `\u{202E}`: controls (C0 and C1),
    /// bidirectional and other format controls, zero-width characters, line and paragraph separators. Text from outside
    /// then cannot forge, hide or reorder lines of a log or of a terminal (CWE-117, Unicode Technical Standard 55).
    package func escapingInvisibles(keepingLineFeeds: Bool = false) -> String {
        // The fast path: nearly all logged text is printable ASCII.
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
        // Fillers and joiners that are letters or marks. A variation selector affects only the character before it.
        default: properties.isDefaultIgnorableCodePoint && !properties.isVariationSelector
        }
    }
}
