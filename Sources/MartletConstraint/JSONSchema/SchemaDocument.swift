internal import MartletJSON

/// The schemas of a JSON Schema text, each read when it is first needed.
///
/// A reference leads to a place in the same text: nothing is fetched.
final class SchemaDocument {
    static let maximumBytes = 1 << 20
    static let maximumDepth = 64

    /// The schemas `true` and `false`, which are in every document.
    static let always: SchemaID = 0
    static let never: SchemaID = 1

    private(set) var root = SchemaDocument.always
    private let text: JSONValue
    private var values: [JSONValue] = [true, false]
    private var schemas: [Schema?] = [nil, nil]
    private var pointers = ["", ""]
    private var depths = [0, 0]
    private var numbers: [[UInt8]: SchemaID] = [:]
    /// By the name of `$anchor`, in UTF-8, the place.
    private lazy var anchors = Self.anchors(in: text)

    /// - Throws: `ConstraintError` of the kind `tooComplex`.
    init(_ text: JSONValue) throws(ConstraintError) {
        self.text = text
        var writer = JSONWriter()
        writer.value(text)
        if writer.bytes.count > Self.maximumBytes {
            throw ConstraintError(
                .tooComplex, "A schema may have at most \(Self.maximumBytes) bytes, but this one has more.", pointer: ""
            )
        }
        root = add(text, at: "", depth: 0)
    }

    /// - Throws: `ConstraintError` with a pointer to the keyword that is malformed or not supported.
    func schema(_ id: SchemaID) throws(ConstraintError) -> Schema {
        if let known = schemas[id] { return known }
        if depths[id] > Self.maximumDepth {
            throw ConstraintError(
                .tooComplex, "The schema has more than \(Self.maximumDepth) levels of schemas in schemas.",
                pointer: pointers[id])
        }
        var parser = SchemaParser(self, id, at: pointers[id])
        let schema = try parser.parse(values[id])
        schemas[id] = schema
        return schema
    }

    /// The number of a schema within another one.
    ///
    /// - Parameter path: The names and indices that lead to it.
    func subschema(of parent: SchemaID, _ path: String..., value: JSONValue) -> SchemaID {
        let pointer = path.reduce(pointers[parent]) { $0.appendingPointer($1) }
        return add(value, at: pointer, depth: depths[parent] + 1)
    }

    private func add(_ value: JSONValue, at pointer: String, depth: Int) -> SchemaID {
        switch value {
        case true: return Self.always
        case false: return Self.never
        default: break
        }
        let key = Array(pointer.utf8)
        if let known = numbers[key] { return known }
        numbers[key] = values.count
        values.append(value)
        schemas.append(nil)
        pointers.append(pointer)
        depths.append(depth)
        return values.count - 1
    }

    // MARK: References

    /// The schema to which `$ref` leads.
    ///
    /// - Parameter pointer: That of the keyword.
    func target(of reference: String, at pointer: String) throws(ConstraintError) -> SchemaID {
        func fault(_ kind: ConstraintError.Kind, _ sentence: String) -> ConstraintError {
            .at(pointer, kind, sentence)
        }
        var fragment = reference[...]
        if var id = text.object?["$id"]?.string?.utf8[...], !id.isEmpty {
            if id.last == UInt8(ascii: "#") { id = id.dropLast() }
            if fragment.utf8.starts(with: id) { fragment = Substring(fragment.utf8.dropFirst(id.count)) }
        }
        if fragment.isEmpty { fragment = "#" }
        guard fragment.first == "#" else {
            throw fault(
                .unsupported,
                "only references to a place in the same schema are followed, such as `#/$defs/name`; nothing is fetched."
            )
        }
        guard let path = Self.percentDecoded(fragment.dropFirst()) else {
            throw fault(.malformed, "the reference is not a URI reference.")
        }
        let place: String
        if path.isEmpty || path.hasPrefix("/") {
            place = path
        } else if let anchor = anchors[Array(path.utf8)] {
            place = anchor
        } else {
            throw fault(.malformed, "no schema has the `$anchor` `\(path)`.")
        }
        guard let value = value(at: place) else { throw fault(.malformed, "nothing is at `#\(place)`.") }
        return add(value, at: place, depth: place.utf8.count { $0 == UInt8(ascii: "/") } / 2)
    }

    private func value(at pointer: String) -> JSONValue? {
        var value = text
        for name in JSONPointer.parts(of: pointer) {
            switch value {
            case .object(let object):
                guard let member = object[name] else { return nil }
                value = member
            case .array(let elements):
                guard let index = Int(name), String(index) == name, elements.indices.contains(index) else { return nil }
                value = elements[index]
            default: return nil
            }
        }
        return value
    }

    private static func anchors(in text: JSONValue) -> [[UInt8]: String] {
        var result: [[UInt8]: String] = [:]
        var pending = [(text, "")]
        while let (value, pointer) = pending.popLast() {
            switch value {
            case .object(let object):
                if let anchor = object["$anchor"]?.string { result[Array(anchor.utf8)] = pointer }
                for (name, member) in object { pending.append((member, pointer.appendingPointer(name))) }
            case .array(let elements):
                for (index, element) in elements.enumerated() {
                    pending.append((element, pointer.appendingPointer(String(index))))
                }
            default: break
            }
        }
        return result
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte != UInt8(ascii: "%") {
                bytes.append(byte)
                continue
            }
            guard let decoded = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2
            else { return nil }
            bytes.append(decoded)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
