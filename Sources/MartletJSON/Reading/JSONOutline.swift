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
        let part = part ?? 0..<text.count
        var members: [Member] = []
        var elements: [Range<Int>] = []
        let range =
            Self.visitMembers(of: text, in: part) { members.append(Member(name: $0, value: $1)) }
            ?? Self.visitElements(of: text, in: part) { elements.append($0) }
        guard let range else { return nil }
        (self.members, self.elements, self.range) = (members, elements, range)
    }

    /// Calls `visit` with the places of the name and the value of each member of the object in a part of `text`, and keeps
    /// nothing. Returns the place of the object; nil for any other value, and where a border is missing, which may be found
    /// behind some members.
    package static func visitMembers(
        of text: Span<UInt8>, in part: Range<Int>, _ visit: (_ name: Range<Int>, _ value: Range<Int>) -> Void
    ) -> Range<Int>? {
        JSONBorders(part).whole(of: text) { $0.readObject(text, visit) }
    }

    /// As `visitMembers`, for the elements of an array.
    package static func visitElements(
        of text: Span<UInt8>, in part: Range<Int>, _ visit: (Range<Int>) -> Void
    ) -> Range<Int>? {
        JSONBorders(part).whole(of: text) { $0.readArray(text, visit) }
    }

    /// The value of the last member of that name of the object in a part of `text`; nil without one. Keeps nothing.
    package static func value(of name: StaticString, in part: Range<Int>, of text: Span<UInt8>) -> Range<Int>? {
        var found: Range<Int>?
        let object = visitMembers(of: text, in: part) { if isNamed(name, $0, text) { found = $1 } }
        return object == nil ? nil : found
    }

    /// The value of the last member of that name, which is the one that parsers use; nil without one.
    package func value(of name: String, in text: Span<UInt8>) -> Range<Int>? {
        var name = name
        return name.withUTF8 { name in
            members.last { member in Self.isNamed(name.span, member.name, text) }?.value
        }
    }

    /// The text at a place, as it is spelled.
    package static func text(at range: Range<Int>, in text: Span<UInt8>) -> String {
        text.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    /// The name of a member that the object has twice; nil if there is none.
    package func repeatedName(in text: Span<UInt8>) -> String? {
        // Of few members each pair is compared, which allocates nothing.
        if members.count > 16 { return repeatedNameOfMany(in: text) }
        for (index, member) in members.enumerated() {
            let name = text.extracting(member.name.lowerBound + 1..<member.name.upperBound - 1)
            let isPlain = name.firstSpecial(from: 0) == name.count
            if !isPlain { return repeatedNameOfMany(in: text) }
            for earlier in members[..<index] where earlier.name.count == member.name.count {
                if Self.isNamed(name, earlier.name, text) { return Self.string(at: member.name, in: text) }
            }
        }
        return nil
    }

    private func repeatedNameOfMany(in text: Span<UInt8>) -> String? {
        var seen: Set<[UInt8]> = []
        for member in members {
            let name = Self.string(at: member.name, in: text) ?? ""
            if !seen.insert(Array(name.utf8)).inserted { return name }
        }
        return nil
    }

    /// Whether the name at a place is this one, which has no characters that must be escaped.
    package static func isNamed(_ name: StaticString, _ range: Range<Int>, _ text: Span<UInt8>) -> Bool {
        let name = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        return isNamed(name.span, range, text)
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
    package static func isSpelled(_ spelling: StaticString, at range: Range<Int>, in text: Span<UInt8>) -> Bool {
        range.count == spelling.utf8CodeUnitCount && text.contains(spelling, at: range.lowerBound)
    }

    /// The number at a place, if it is not negative and has neither fraction nor exponent; nil for another value.
    package static func index(at range: Range<Int>, in text: Span<UInt8>) -> Int? {
        if range.isEmpty || range.count > 18 { return nil }
        var number = 0
        for offset in range {
            guard (0x30...0x39).contains(text[offset]) else { return nil }
            number = number * 10 + Int(text[offset] - 0x30)
        }
        return number
    }
}
