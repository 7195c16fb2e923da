internal import Martlet

/// Metrics as text that Prometheus reads: its text format 0.0.4, or OpenMetrics 1.0.
struct Exposition {
    enum Format: Sendable {
        case text
        case openMetrics

        /// The format that a client with this `Accept` field prefers. Text unless it asks for OpenMetrics.
        init(accepting field: String?) {
            var (text, open) = (0.0, 0.0)
            for range in (field ?? "").lowercased().split(separator: ",") {
                let parts = range.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
                let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
                switch parts.first {
                case "application/openmetrics-text": open = max(open, quality)
                case "text/plain": text = max(text, quality)
                default: break
                }
            }
            self = open > 0 && open >= text ? .openMetrics : .text
        }

        var contentType: String {
            switch self {
            case .text: "text/plain; version=0.0.4; charset=utf-8"
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        }
    }

    enum Kind: String, Sendable {
        case counter, gauge, histogram, summary
    }

    private let format: Format
    /// The start of the names of Martlet's own metrics, with its colon.
    private let prefix: String
    private var bytes: [UInt8] = []
    /// The name of the current family as it is sampled.
    private var name: [UInt8] = []

    init(_ format: Format, prefix: String) {
        self.format = format
        self.prefix = prefix + ":"
        bytes.reserveCapacity(64 * 1024)
    }

    /// The whole text.
    consuming func finished() -> [UInt8] {
        if format == .openMetrics { bytes += "# EOF\n".utf8 }
        return bytes
    }

    // MARK: Families

    /// Begins a family of Martlet's own metrics. The name of a counter ends in `_total`.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        commonFamily(prefix + name, kind, help)
    }

    /// Begins a family whose name all programs share, and which has no prefix.
    mutating func commonFamily(_ name: String, _ kind: Kind, _ help: String) {
        self.name = Array(name.utf8)
        // In OpenMetrics the suffix belongs to the sample, not to the family.
        let family =
            format == .openMetrics && kind == .counter ? name.utf8.dropLast("_total".utf8.count) : name.utf8[...]
        bytes += "# HELP ".utf8
        bytes += family
        bytes.append(UInt8(ascii: " "))
        // The text format has quotation marks as they are, OpenMetrics escapes them here too.
        Self.append(help, escapesQuotes: format == .openMetrics, to: &bytes)
        bytes += "\n# TYPE ".utf8
        bytes += family
        bytes.append(UInt8(ascii: " "))
        bytes += kind.rawValue.utf8
        bytes.append(UInt8(ascii: "\n"))
    }

    // MARK: Samples

    mutating func sample(_ labels: Labels, _ value: Int) {
        begin("", labels)
        end(value)
    }

    mutating func sample(_ labels: Labels, _ value: Double) {
        begin("", labels)
        end(Self.text(value))
    }

    /// An amount of billionths, in units, exact.
    mutating func sample(_ labels: Labels, nanoUnits: Int) {
        begin("", labels)
        end(Cost.amount(nanoUnits))
    }

    /// A summary without quantiles.
    mutating func summary(_ labels: Labels, count: Int, sum: Int) {
        begin("_sum", labels)
        end(sum)
        begin("_count", labels)
        end(count)
    }

    /// A histogram, from the count of each bucket.
    ///
    /// - Parameters:
    ///   - bounds: The upper bounds but the last, infinite one, as `Exposition.text` writes them.
    ///   - counts: One more than there are bounds.
    mutating func histogram(_ labels: Labels, bounds: [String], counts: [Int], sum: Double) {
        var total = 0
        for (index, count) in counts.enumerated() {
            total += count
            bytes += name
            bytes += "_bucket{".utf8
            bytes += labels.bytes
            bytes += (labels.bytes.isEmpty ? "le=\"" : ",le=\"").utf8
            bytes += (index < bounds.count ? bounds[index] : "+Inf").utf8
            bytes += "\"} ".utf8
            end(total)
        }
        begin("_sum", labels)
        end(Self.text(sum))
        begin("_count", labels)
        end(total)
    }

    private mutating func begin(_ suffix: String, _ labels: Labels) {
        bytes += name
        bytes += suffix.utf8
        if !labels.bytes.isEmpty {
            bytes.append(UInt8(ascii: "{"))
            bytes += labels.bytes
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: " "))
    }

    private mutating func end(_ value: Int) { end(String(value)) }

    private mutating func end(_ value: String) {
        bytes += value.utf8
        bytes.append(UInt8(ascii: "\n"))
    }

    /// A number in the same form in both formats, since the bound of a bucket identifies a series.
    static func text(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number > 0 ? "+Inf" : "-Inf" }
        return number.description
    }

    /// Appends text in which a line feed and a backslash, and on request a quotation mark, are escaped.
    fileprivate static func append(_ text: String, escapesQuotes: Bool, to bytes: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes += #"\\"#.utf8
            case UInt8(ascii: "\n"): bytes += #"\n"#.utf8
            case UInt8(ascii: "\"") where escapesQuotes: bytes += #"\""#.utf8
            default: bytes.append(byte)
            }
        }
    }
}

/// The labels of a series as they are written: `name="value"`, comma-separated.
package struct Labels: Sendable, ExpressibleByDictionaryLiteral {
    fileprivate private(set) var bytes: [UInt8] = []

    package init(dictionaryLiteral pairs: (String, String)...) {
        for (name, value) in pairs { append(name, value) }
    }

    private mutating func append(_ name: String, _ value: String) {
        if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
        bytes += name.utf8
        bytes += "=\"".utf8
        Exposition.append(value, escapesQuotes: true, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }
}
