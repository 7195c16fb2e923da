import MartletJSON

/// Every parameter of an endpoint, each with how it is read. A body's members are walked once and looked up here.
package struct ParameterTable<Request: EndpointRequest>: Sendable {
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

        static func ollama(_ name: String, _ handling: Parameter.Handling, read: Reader? = nil) -> Row {
            Row(parameter: Parameter(name: name, handling: handling, origin: .ollama), read: read)
        }
    }

    /// The parameters in the order they are written down in.
    package let all: [Parameter]
    private let rows: [String: Row]

    init(_ rows: [Row]) {
        all = rows.map(\.parameter)
        self.rows = Dictionary(rows.map { ($0.parameter.name, $0) }) { first, _ in first }
    }

    /// Reads all that a request's body says into the request. The first fault is a 400 that names its `param`; names
    /// that the table does not have are gathered.
    func read(into request: inout Request, capabilities: Capabilities) throws(OpenAIError) {
        let body = request.body
        for (name, value) in body {
            guard let row = rows[name] else {
                request.unknownParameters.append(name)
                continue
            }
            if case .null = value { continue }
            do {
                try row.read?(&request, Field(name, value))
            } catch {
                throw error as? OpenAIError ?? .serverError("`\(name)` could not be read.")
            }
            try row.parameter.check(value, in: body, capabilities: capabilities)
        }
    }
}
