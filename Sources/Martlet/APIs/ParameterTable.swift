internal import MartletJSON
internal import MartletOpenAI

/// A request value that is decoded from a body by a table of parameters.
protocol EndpointRequest: Sendable {
    /// Every parameter of the endpoint.
    static var parameters: ParameterTable<Self> { get }
    /// The body that the request is decoded from.
    var body: JSONObject { get set }
    /// The names in the body that `parameters` does not contain.
    var unknownParameters: [String] { get set }
    var context: RequestContext { get set }
}

/// Every parameter of an endpoint and how it is decoded. Decoding visits each member of a body once and looks it up
/// here.
struct ParameterTable<Request: EndpointRequest>: Sendable {
    /// Validates the value, which is not `null`, and stores it in the request. It throws only `OpenAIError`, which the
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

    /// The parameters in the order of the table.
    let all: [Parameter]
    private let rows: [String: Row]

    init(_ rows: [Row]) {
        all = rows.map(\.parameter)
        self.rows = Dictionary(rows.map { ($0.parameter.name, $0) }) { first, _ in first }
    }

    /// Decodes the members of the request's body into the request, and collects the names that the table does not
    /// contain.
    ///
    /// - Throws: A 400 for the first invalid member, with its name as `param`, translated by `names`.
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
    /// The 400 `unknown_parameter` for a name that the table does not contain, with the closest known name as a hint.
    func unknown(_ name: String) -> OpenAIError {
        let hint = closest(to: name).map { "did you mean `\($0)`?" } ?? "leave it out."
        // A longer name is not a typing error, and is not repeated.
        let shown = String(name.prefix(64))
        let isWhole = shown.utf8.count == name.utf8.count
        return .unknownParameter(shown, "`\(shown)`\(isWhole ? "" : "…") is not a parameter of this endpoint; \(hint)")
    }

    /// The known name that is likely meant by a misspelt `name`; nil if none is close.
    func closest(to name: String) -> String? { name.closest(among: all.lazy.map(\.name)) }
}

extension String {
    /// The name with the smallest edit distance, if that is at most 3 and at most a third of this name's bytes; of
    /// several at the same distance, the first.
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

    /// The Levenshtein distance in bytes.
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
