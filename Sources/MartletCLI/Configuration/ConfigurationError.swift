/// What is wrong with a configuration file.
struct ConfigurationError: Error, CustomStringConvertible {
    struct Problem: Equatable {
        /// Counted from 1; nil if it is the file as a whole.
        let line: Int?
        let message: String
    }

    private static let maximumShown = 20

    /// As the user has named it.
    let file: String
    let problems: [Problem]

    init(_ file: String, _ problems: [Problem]) {
        self.file = file
        self.problems = problems.sorted { ($0.line ?? 0, $0.message) < ($1.line ?? 0, $1.message) }
    }

    init(_ file: String, line: Int? = nil, _ message: String) {
        self.init(file, [Problem(line: line, message: message)])
    }

    /// A line for each problem, as compilers write them.
    var lines: [String] {
        let shown = problems.prefix(Self.maximumShown).map { problem in
            "\(file)\(problem.line.map { ":\($0)" } ?? ""): \(problem.message)"
        }
        let rest = problems.count - shown.count
        return rest > 0 ? shown + ["\(file): and \(rest) problems more"] : shown
    }

    var description: String { lines.joined(separator: "\n") }
}

/// Collects the problems of a file while it is read, so that all of them are found at once.
final class ConfigurationReport {
    private(set) var problems: [ConfigurationError.Problem] = []

    func add(_ message: String, line: Int) {
        problems.append(ConfigurationError.Problem(line: line, message: message))
    }
}
