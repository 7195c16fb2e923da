/// The members of a JSON object in source order.
///
/// Names are compared byte by byte, as RFC 8259 §8.3 advises: two encodings of `é` are two names. A duplicate name keeps
/// its first position and its last value. Small objects are searched linearly, large ones through an index, so the cost
/// per member stays constant for hostile input too.
public struct JSONObject: Sendable {
    private var members: [Element] = []
    /// Positions by name; empty up to `linearLimit` members.
    private var positions: [Name: Int] = [:]
    private static let linearLimit = 16

    /// An object without members.
    public init() {}

    /// The value of a member. Assigning replaces it in place or appends it; assigning `nil` removes the member, in time
    /// proportional to the size of the object.
    public subscript(name: String) -> JSONValue? {
        get { position(of: name).map { members[$0].value } }
        set {
            if let newValue {
                set(name, to: newValue)
            } else if let position = position(of: name) {
                members.remove(at: position)
                positions.removeAll()
                if members.count > Self.linearLimit { buildPositions() }
            }
        }
    }

    private mutating func set(_ name: String, to value: JSONValue) {
        if let position = position(of: name) {
            members[position].value = value
            return
        }
        members.append((name, value))
        if !positions.isEmpty {
            positions[Name(text: name)] = members.count - 1
        } else if members.count > Self.linearLimit {
            buildPositions()
        }
    }

    private func position(of name: String) -> Int? {
        if positions.isEmpty { return members.firstIndex { Name(text: $0.key) == Name(text: name) } }
        return positions[Name(text: name)]
    }

    private mutating func buildPositions() {
        for (position, member) in members.enumerated() { positions[Name(text: member.key)] = position }
    }
}

extension JSONObject {
    /// A member name that compares and hashes by its bytes, where `String` does so by canonical equivalence.
    private struct Name: Hashable {
        let text: String

        /// The first two comparisons are fast and decide nearly every case.
        static func == (left: Name, right: Name) -> Bool {
            left.text.utf8.count == right.text.utf8.count && left.text == right.text
                && left.text.utf8.elementsEqual(right.text.utf8)
        }

        func hash(into hasher: inout Hasher) {
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }
}

extension JSONObject: RandomAccessCollection {
    /// A member's name and value.
    public typealias Element = (key: String, value: JSONValue)

    /// Always 0.
    public var startIndex: Int { 0 }
    /// The number of members.
    public var endIndex: Int { members.count }

    /// The member at a position in source order.
    public subscript(position: Int) -> Element { members[position] }
}

extension JSONObject: Equatable {
    /// Compares names and values; order does not matter.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (name, value) in elements { self[name] = value }
    }
}
