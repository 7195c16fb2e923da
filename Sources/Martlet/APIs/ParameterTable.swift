internal import MartletJSON
internal import MartletOpenAI

/// What the body of an endpoint is read into.
protocol EndpointRequest: Sendable {
    /// Every parameter of the endpoint.
    static var parameters: ParameterTable<Self> { get }
    /// The body it is read from.
    var body: JSONObject { get set }
    /// The names in the body that `parameters` does not have.
    var unknownParameters: [String] { get set }
    /// What came with it.
    var context: RequestContext { get set }
}

/// Every parameter of an endpoint, each with how it is read. A body's members are walked once and looked up here.
struct ParameterTable<Request: EndpointRequest>: Sendable {
    /// Checks the value, which is not `null`, and puts it where it belongs. All it throws is `OpenAIError`, which the
    /// compiler does not infer for a closure.
    typealias Reader = @Sendable (inout Request, Field) throws -> Void

    struct Row: Sendable {
        let parameter: Parameter
        let read: Reader?

        static func openAI(_ name: String, _ handling: Parameter.Handling, read: Reader? = nil) -> Row {
            Row(parameter: Parameter(name: name, handling: handling, origin: .openAI), read: read)
        }

        static func vLLM(_ name: String, _ handling: Parameter.Handling, read: Reader? = nil) -> Row {
            Row(parameter: Parameter(name: name, handling: handling, origin: .vLLM), read: read)
        }

        static func llamaCPP(_ name: String, _ handling: Parameter.Handling, read: Reader? = nil) -> Row {
            Row(parameter: Parameter(name: name, handling: handling, origin: .llamaCPP), read: read)
        }

        static func other(_ name: String, _ handling: Parameter.Handling, read: Reader? = nil) -> Row {
            Row(parameter: Parameter(name: name, handling: handling, origin: .other), read: read)
        }
    }

    /// The parameters in the order they are written down in.
    let all: [Parameter]
    private let rows: [String: Row]

    init(_ rows: [Row]) {
        all = rows.map(\.parameter)
        self.rows = Dictionary(rows.map { ($0.parameter.name, $0) }) { first, _ in first }
    }

    /// Reads all that a request's body says into the request. The first fault is a 400 that names its `param`, as
    /// `names` has it; names that the table does not have are gathered.
    func read(
        into request: inout Request, capabilities: Capabilities, names: ParameterNames = .own
    ) throws(OpenAIError) {
        let body = request.body
        for (name, value) in body {
            guard let row = rows[name] else {
                request.unknownParameters.append(name)
                continue
            }
            if case .null = value { continue }
            do {
                try row.read?(&request, Field(names[name], value))
            } catch {
                throw error as? OpenAIError ?? .serverError("`\(name)` could not be read.")
            }
            try row.parameter.check(value, in: body, capabilities: capabilities, as: names[name])
        }
    }
}

extension ParameterTable {
    /// The 400 `unknown_parameter` for a name that the table does not have, with the known name that it may be a slip
    /// of.
    func unknown(_ name: String) -> OpenAIError {
        let hint = closest(to: name).map { "did you mean `\($0)`?" } ?? "leave it out."
        // No longer than a name can be in good faith.
        let shown = String(name.prefix(64))
        let isWhole = shown.utf8.count == name.utf8.count
        return .unknownParameter(shown, "`\(shown)`\(isWhole ? "" : "…") is not a parameter of this endpoint; \(hint)")
    }

    /// The known name that `name` may be a slip of.
    func closest(to name: String) -> String? { name.closest(among: all.lazy.map(\.name)) }
}

extension String {
    /// The name that the fewest edits make of this one, if they are at most three and one in three bytes; of several that
    /// are as close, the first.
    package func closest(among names: some Sequence<String>) -> String? {
        let bytes = Array(utf8.prefix(65))
        guard bytes.count <= 64 else { return nil }
        var best: String?
        var bound = Swift.min(bytes.count / 3, 3)
        guard bound > 0 else { return nil }
        for name in names {
            let distance = Self.edits(from: bytes, to: Array(name.utf8))
            if distance < bound || (distance == bound && best == nil) { (best, bound) = (name, distance) }
        }
        return best
    }

    /// How many bytes must be inserted, removed or changed to make one name of another (Levenshtein).
    private static func edits(from name: [UInt8], to other: [UInt8]) -> Int {
        var row = Array(0...other.count)
        for (index, byte) in name.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, candidate) in other.enumerated() {
                let change = diagonal + (byte == candidate ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = Swift.min(change, row[column] + 1, diagonal + 1)
            }
        }
        return row[other.count]
    }
}
