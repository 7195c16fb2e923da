package import MartletJSON

extension JSONValue {
    /// A member; nil if there is none, which is not the same as `null`.
    package subscript(name: String) -> JSONValue? { object?[name] }

    /// An element; nil if there is none.
    package subscript(index: Int) -> JSONValue? { array.flatMap { $0.indices.contains(index) ? $0[index] : nil } }
}
