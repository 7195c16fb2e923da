/// A value that can be written as JSON.
public protocol JSONWritable {
    /// Must write exactly one JSON value.
    func write(to writer: inout JSONWriter)
}

extension String: JSONWritable {
    public func write(to writer: inout JSONWriter) { writer.writeString(self) }
}

extension Bool: JSONWritable {
    public func write(to writer: inout JSONWriter) { writer.writeASCII(self ? "true" : "false") }
}

extension Int: JSONWritable {
    public func write(to writer: inout JSONWriter) { writer.bytes.append(decimal: self) }
}

extension Double: JSONWritable {
    /// The shortest text that reads back as the same value; `null` for NaN and the infinities.
    public func write(to writer: inout JSONWriter) { writer.writeASCII(isFinite ? description : "null") }
}

extension Float: JSONWritable {
    /// The shortest text that reads back as the same value; `null` for NaN and the infinities.
    public func write(to writer: inout JSONWriter) { writer.writeASCII(isFinite ? description : "null") }
}

extension JSONNumber: JSONWritable {
    public func write(to writer: inout JSONWriter) { writer.writeASCII(text) }
}

extension JSONValue: JSONWritable {
    public func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.writeASCII("null")
        case .bool(let value): value.write(to: &writer)
        case .number(let value): value.write(to: &writer)
        case .string(let value): value.write(to: &writer)
        case .array(let value): value.write(to: &writer)
        case .object(let value): value.write(to: &writer)
        }
    }
}

extension JSONObject: JSONWritable {
    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            for (name, value) in self { writer.member(name, value) }
        }
    }
}

extension Array: JSONWritable where Element: JSONWritable {
    public func write(to writer: inout JSONWriter) {
        writer.array { writer in
            for element in self { writer.value(element) }
        }
    }
}

extension Optional: JSONWritable where Wrapped: JSONWritable {
    /// The value, or `null`.
    public func write(to writer: inout JSONWriter) {
        if let self { self.write(to: &writer) } else { writer.writeASCII("null") }
    }
}
