internal import MartletJSON

/// Where and why a value did not decode.
struct DecodingFault {
    /// The path of the value, such as `steps[2].minutes`; empty for the root.
    let path: String
    /// The problem with the path: `steps[2].minutes must be of type Int`.
    let problem: String

    /// - Parameter count: The number of components that are left out at the beginning of the path.
    init(_ error: any Error, droppingFirst count: Int = 0) {
        var keys: [any CodingKey] = []
        let problem: String
        switch error {
        case DecodingError.keyNotFound(let key, let context):
            keys = context.codingPath + [key]
            problem = "is missing"
        case DecodingError.typeMismatch(let type, let context):
            keys = context.codingPath
            problem = "must be \(Self.kind(type))"
        case DecodingError.valueNotFound(let type, let context):
            keys = context.codingPath
            problem = "must be \(Self.kind(type)), not null"
        case DecodingError.dataCorrupted(let context):
            keys = context.codingPath
            problem = "is not valid: \(context.debugDescription)"
        case let error as JSONError:
            problem = "is not JSON: \(error.message.dropLast()) (line \(error.line), column \(error.column))"
        default: problem = "does not decode: \(error)"
        }
        path = Self.path(of: keys.dropFirst(count))
        self.problem = "\(path.isEmpty ? "the value" : path) \(problem)"
    }

    /// What the decoder calls a dictionary or an array is any object or array.
    private static func kind(_ type: any Any.Type) -> String {
        if type is [String: Any].Type { return "an object" }
        return type is [Any].Type ? "an array" : "of type \(type)"
    }

    private static func path(of keys: some Sequence<any CodingKey>) -> String {
        var path = ""
        for key in keys {
            // How decoders name the elements of arrays.
            if let index = key.intValue, key.stringValue == "Index \(index)" {
                path += "[\(index)]"
            } else {
                path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        return path
    }
}
