/// Where the members of an object, or the elements of an array, are in a JSON text: for reading and replacing some of them
/// without parsing and writing all of it.
///
/// It finds borders and does not check the rest: a text that must be valid is parsed strictly, too.
package struct JSONOutline: Sendable, Equatable {
    /// A member of an object.
    package struct Member: Sendable, Equatable {
        /// With its quotes.
        package let name: Range<Int>
        package let value: Range<Int>
    }

    /// In the order of the text.
    package private(set) var members: [Member] = []
    /// Those of an array, in the order of the text.
    package private(set) var elements: [Range<Int>] = []
    /// The value itself, without the white space around it.
    package private(set) var range = 0..<0

    /// The outline of the object or array in a part of `text`. Nil for any other value, and where a border is missing.
    package init?(of text: Span<UInt8>, in part: Range<Int>? = nil) {
        var scanner = Scanner(part ?? 0..<text.count)
        scanner.skipWhitespace(text)
        let start = scanner.offset
        switch scanner.next(text) {
        case UInt8(ascii: "{"):
            guard scanner.readObject(into: &members, text) else { return nil }
        case UInt8(ascii: "["):
            guard scanner.readArray(into: &elements, text) else { return nil }
        default: return nil
        }
        range = start..<scanner.offset
        scanner.skipWhitespace(text)
        if scanner.next(text) != nil { return nil }
    }

    /// The value of the last member of that name, which is the one that parsers use; nil without one.
    package func value(of name: String, in text: Span<UInt8>) -> Range<Int>? {
        var name = name
        return name.withUTF8 { name in
            members.last { member in Self.isNamed(name.span, member.name, text) }?.value
        }
    }

    /// What to remove so that the object has no member of that name: their commas are removed too.
    package func removals(of name: String, in text: Span<UInt8>) -> [Range<Int>] {
        var name = name
        let isRemoved = name.withUTF8 { name in members.map { Self.isNamed(name.span, $0.name, text) } }
        let firstKept = isRemoved.firstIndex(of: false) ?? members.count
        return members.indices.filter { isRemoved[$0] }.map { index in
            if index > firstKept { return members[index - 1].value.upperBound..<members[index].value.upperBound }
            let end = index + 1 < members.count ? members[index + 1].name.lowerBound : members[index].value.upperBound
            return members[index].name.lowerBound..<end
        }
    }

    /// The text at a place, as it is spelled.
    package static func text(at range: Range<Int>, in text: Span<UInt8>) -> String {
        text.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    /// The name of a member that the object has twice; nil if there is none.
    package func repeatedName(in text: Span<UInt8>) -> String? {
        var seen: Set<[UInt8]> = []
        for member in members {
            let name = Self.string(at: member.name, in: text) ?? ""
            if !seen.insert(Array(name.utf8)).inserted { return name }
        }
        return nil
    }

    private static func isNamed(_ name: Span<UInt8>, _ range: Range<Int>, _ text: Span<UInt8>) -> Bool {
        // Without the quotes.
        let (start, count) = (range.lowerBound + 1, range.count - 2)
        if count < name.count { return false }
        var isEscaped = false
        var index = 0
        while index < count {
            let byte = text[start + index]
            if byte == UInt8(ascii: "\\") { isEscaped = true }
            if !isEscaped, index >= name.count || byte != name[index] {
                isEscaped = false
                break
            }
            index += 1
        }
        if !isEscaped { return index == count && count == name.count }
        return string(at: range, in: text).map { Array($0.utf8) } == name.withUnsafeBufferPointer(Array.init)
    }

    /// The string at a place; nil for another value.
    package static func string(at range: Range<Int>, in text: Span<UInt8>) -> String? {
        (try? JSONValue(parsing: text.extracting(range)))?.string
    }

    /// Whether the value at a place is spelled so: `null`, `true`, `""`.
    package static func isSpelled(_ spelling: String, at range: Range<Int>, in text: Span<UInt8>) -> Bool {
        guard range.count == spelling.utf8.count else { return false }
        return zip(range, spelling.utf8).allSatisfy { text[$0] == $1 }
    }
}

/// Reads a text from one border to the next.
///
/// The bytes are a parameter of each method, since a struct cannot store a `Span`.
private struct Scanner {
    private let end: Int
    private(set) var offset: Int

    init(_ part: Range<Int>) { (offset, end) = (part.lowerBound, part.upperBound) }

    func next(_ text: Span<UInt8>) -> UInt8? { offset < end ? text[offset] : nil }

    mutating func skipWhitespace(_ text: Span<UInt8>) {
        while let byte = next(text), [0x20, 0x0A, 0x0D, 0x09].contains(byte) { offset += 1 }
    }

    private mutating func take(_ byte: Character, _ text: Span<UInt8>) -> Bool {
        guard next(text) == byte.asciiValue else { return false }
        offset += 1
        return true
    }

    mutating func readObject(into members: inout [JSONOutline.Member], _ text: Span<UInt8>) -> Bool {
        offset += 1
        skipWhitespace(text)
        if take("}", text) { return true }
        while true {
            skipWhitespace(text)
            guard next(text) == UInt8(ascii: "\""), let name = readValue(text) else { return false }
            skipWhitespace(text)
            guard take(":", text) else { return false }
            skipWhitespace(text)
            guard let value = readValue(text) else { return false }
            members.append(JSONOutline.Member(name: name, value: value))
            skipWhitespace(text)
            if take("}", text) { return true }
            guard take(",", text) else { return false }
        }
    }

    mutating func readArray(into elements: inout [Range<Int>], _ text: Span<UInt8>) -> Bool {
        offset += 1
        skipWhitespace(text)
        if take("]", text) { return true }
        while true {
            skipWhitespace(text)
            guard let element = readValue(text) else { return false }
            elements.append(element)
            skipWhitespace(text)
            if take("]", text) { return true }
            guard take(",", text) else { return false }
        }
    }

    /// Passes a value, whatever is in it. Nil if it has no end, or no byte.
    private mutating func readValue(_ text: Span<UInt8>) -> Range<Int>? {
        let start = offset
        var depth = 0
        while let byte = next(text) {
            switch byte {
            case UInt8(ascii: "\""):
                guard skipString(text) else { return nil }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                offset += 1
                continue
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                // The end of what this value is in.
                if depth == 0 { return offset > start ? start..<offset : nil }
                depth -= 1
                offset += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x0A, 0x0D, 0x09:
                if depth == 0 { return offset > start ? start..<offset : nil }
                offset += 1
                continue
            default:
                offset += 1
                continue
            }
            if depth == 0 { return start..<offset }
        }
        return depth == 0 && offset > start ? start..<offset : nil
    }

    private mutating func skipString(_ text: Span<UInt8>) -> Bool {
        offset += 1
        while offset < end {
            offset = min(end, text.firstSpecial(from: offset))
            guard let byte = next(text) else { return false }
            offset += 1
            if byte == UInt8(ascii: "\"") { return true }
            if byte == UInt8(ascii: "\\") { offset += 1 }
        }
        return false
    }
}
