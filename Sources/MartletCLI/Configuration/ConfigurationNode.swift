import Martlet
import MartletUV
import Yams

/// A value of a configuration file that knows its place. A value that is not what a method is to return is reported, and
/// the method returns nil.
struct ConfigurationNode {
    /// As messages name it: `'weight' in upstreams[1]`.
    let name: String
    /// Where the values in it are: `upstreams[1].weight`.
    let path: String
    let line: Int
    let node: Node
    let report: ConfigurationReport

    /// Whether nothing is there: YAML's null.
    var isNull: Bool { plain.map { ["", "~", "null", "Null", "NULL"].contains($0) } ?? false }

    var isMapping: Bool { node.mapping != nil }

    /// The text of a scalar without quotes.
    private var plain: String? { node.scalar.flatMap { $0.style == .plain ? $0.string : nil } }

    // MARK: Values

    func string() -> String? {
        guard let text = node.scalar?.string, !text.isEmpty, !isNull else { return refuse("text") }
        return text
    }

    func flag() -> Bool? {
        switch plain {
        case "true", "True", "TRUE", "yes", "on": true
        case "false", "False", "FALSE", "no", "off": false
        default: refuse("true or false")
        }
    }

    func integer(in range: ClosedRange<Int>) -> Int? {
        guard let number = plain.flatMap({ Int($0) }), range.contains(number) else {
            return refuse("a whole number within \(range.lowerBound)...\(range.upperBound)")
        }
        return number
    }

    func number(above lowest: Double, atMost highest: Double) -> Double? {
        number("a number above \(lowest.short) and at most \(highest.short)") { $0 > lowest && $0 <= highest }
    }

    func number(in range: ClosedRange<Double>) -> Double? {
        number("a number within \(range.lowerBound.short)...\(range.upperBound.short)", where: range.contains)
    }

    /// - Parameter expected: What a number is for which `isValid` is true.
    func number(_ expected: String, where isValid: (Double) -> Bool) -> Double? {
        guard let number = plain.flatMap({ Double($0) }), isValid(number) else { return refuse(expected) }
        return number
    }

    /// A number of seconds, or a number with the unit `ms`, `s`, `m` or `h`; a millisecond at least.
    func duration(atMost limit: Duration = .seconds(86_400)) -> Duration? {
        let units: [(suffix: String, seconds: Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("", 1)]
        let text = node.scalar?.string ?? ""
        let unit = units.first { text.hasSuffix($0.suffix) } ?? ("", 1)
        let highest = limit / .seconds(1)
        // With a unit also in quotes, since JSON has no other way to write it.
        guard plain != nil || !unit.suffix.isEmpty, let number = Double(text.dropLast(unit.suffix.count)),
            number * unit.seconds >= 0.001, number * unit.seconds <= highest
        else { return refuse("a duration above 0 and at most \(highest.short) seconds, such as 30, 500ms or 10m") }
        return .milliseconds(Int64((number * unit.seconds * 1000).rounded()))
    }

    /// A duration, or `none` for no limit; nil for anything else.
    func limit() -> Duration?? { node.scalar?.string == "none" ? .some(nil) : duration().map { .some($0) } }

    /// The value that a name stands for.
    func choice<Value>(of names: [String], _ value: (String) -> Value?) -> Value? {
        if let choice = node.scalar.flatMap({ value($0.string) }) { return choice }
        let hint = node.scalar?.string.closest(among: names).map { "; did you mean '\($0)'?" } ?? ""
        return refuse("one of \(names.joined(separator: ", "))", hint)
    }

    /// The values of a sequence.
    func elements() -> [ConfigurationNode]? {
        guard let sequence = node.sequence else { return refuse("a list") }
        return sequence.enumerated().map { index, element in
            let path = "\(path)[\(index)]"
            return ConfigurationNode(
                name: path, path: path, line: element.mark?.line ?? line, node: element, report: report)
        }
    }

    // MARK: Problems

    /// Reports a problem of the value.
    ///
    /// - Parameter message: Continues a sentence that begins with the name of the value.
    func report(_ message: String) { report.add("\(name) \(message)", line: line) }

    func refuse<Value>(_ expected: String, _ hint: String = "") -> Value? {
        let found: String =
            switch node {
            case .scalar(let scalar) where scalar.style == .plain: "'\(scalar.string.shownInMessages)'"
            case .scalar(let scalar): "the text '\(scalar.string.shownInMessages)'"
            case .sequence: "a list"
            case .mapping: "a mapping"
            case .alias: "an alias"
            }
        report("must be \(expected), but it is \(found)\(hint)")
        return nil
    }
}

extension String {
    /// At most 64 characters of it, on one line.
    var shownInMessages: String {
        String(prefix(64)).escapingInvisibles() + (count > 64 ? "…" : "")
    }
}

extension Double {
    /// Without a fraction where it has none.
    fileprivate var short: String { Int(exactly: self).map { "\($0)" } ?? "\(self)" }
}
