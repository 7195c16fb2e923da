/// The names of the members of all objects that are open in a JSON text, as far as it is written.
///
/// Names must differ, which no context-free grammar can express. The text alone determines its objects, independently of how
/// the grammar parses it; and each name has one spelling, so that names are compared by their bytes.
struct MemberNames: Sendable {
    private enum Place: Sendable {
        case value
        case beforeName
        case name
        case string
    }

    /// By open array or object, the innermost last; an array has no names.
    private var containers: [Set<[UInt8]>?] = []
    private var place = Place.value
    private var isEscaped = false
    /// What is written of a name, without its quotes.
    private var beginning: [UInt8] = []

    /// The names of the innermost object, and the beginning of a further one; nil outside of a name.
    var pending: (used: Set<[UInt8]>, beginning: [UInt8])? {
        guard case .name = place, let used = containers.last ?? nil else { return nil }
        return (used, beginning)
    }

    /// Returns false if the byte completes a name that the object has already.
    mutating func append(_ byte: UInt8) -> Bool {
        switch place {
        case .name, .string:
            if !isEscaped, byte == UInt8(ascii: "\"") { return endString() }
            isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            if case .name = place { beginning.append(byte) }
        case .value, .beforeName: appendPunctuation(byte)
        }
        return true
    }

    private mutating func endString() -> Bool {
        guard case .name = place else {
            place = .value
            return true
        }
        place = .value
        defer { beginning = [] }
        return containers[containers.count - 1]?.insert(beginning).inserted ?? true
    }

    private mutating func appendPunctuation(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "{"):
            containers.append([])
            place = .beforeName
        case UInt8(ascii: "["):
            containers.append(nil)
            place = .value
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            _ = containers.popLast()
            place = .value
        case UInt8(ascii: ","): if containers.last ?? nil != nil { place = .beforeName }
        case UInt8(ascii: "\""):
            if case .beforeName = place { place = .name } else { place = .string }
        default: break
        }
    }
}
