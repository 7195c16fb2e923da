package import MartletJSON

extension JSONValue {
    /// A member; nil if it is absent, which differs from `null`.
    package subscript(name: String) -> JSONValue? { object?[name] }

    /// An element; nil if the index is out of range.
    package subscript(index: Int) -> JSONValue? { array.flatMap { $0.indices.contains(index) ? $0[index] : nil } }
}
