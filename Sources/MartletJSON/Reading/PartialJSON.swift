/// The value of a JSON text that arrives in pieces: open strings, arrays and objects end where the text ends. A number, a
/// literal and a member's name count when they are complete, and a member when its value has begun.
///
/// Each byte is examined once, and the value is changed in place unless somebody keeps an earlier one.
package struct PartialJSON: Sendable {
    /// What the next byte belongs to.
    private enum Expectation {
        case value
        /// After `[`.
        case valueOrEnd
        case name
        /// After `{`.
        case nameOrEnd
        case colon
        /// After an element or a member.
        case commaOrEnd
        case string(isName: Bool)
        /// A number or a literal, as far as `word` has it.
        case word
        /// The text is complete.
        case nothing
        /// The text is not JSON.
        case malformed
    }

    /// The nesting limit of `JSONValue.init(parsing:)`.
    private static let maximumDepth = 128

    private var expectation = Expectation.value
    /// The containers that are not closed. Between two pieces their content is in `value`.
    private var open: [OpenContainer] = []
    /// The string in progress.
    private var string = PartialString()
    private var word: [UInt8] = []
    private var value: JSONValue?
    private var hasChanged = false

    package init() {}

    /// Continues the text.
    ///
    /// - Returns: The value so far, if these bytes changed it and the text may still become JSON.
    package mutating func feed(_ bytes: some Sequence<UInt8>) -> JSONValue? {
        if case .malformed = expectation { return nil }
        hasChanged = false
        takeApart()
        for byte in bytes { take(byte) }
        if case .string(let isName) = expectation {
            let length = string.text.utf8.count
            if !string.flush() { expectation = .malformed }
            if !isName, string.text.utf8.count > length { hasChanged = true }
        }
        if case .malformed = expectation { return nil }
        putTogether()
        return hasChanged ? value : nil
    }

    // MARK: The value

    /// The text of a string in progress that is a value.
    private var openText: String? {
        if case .string(isName: false) = expectation { string.text } else { nil }
    }

    /// Moves the content of the open containers into `value`, each into the one around it.
    private mutating func putTogether() {
        var inner = openText.map { JSONValue.string($0) }
        for index in open.indices.reversed() {
            if let inner { open[index].add(inner) }
            inner = open[index].takeContent()
        }
        if let inner { value = inner }
    }

    /// The opposite, so that the content can be changed without a copy.
    private mutating func takeApart() {
        let hasText = openText != nil
        for index in open.indices { open[index].take(&value, removingLast: hasText || index < open.count - 1) }
        if hasText { value = nil }
    }

    private mutating func add(_ complete: JSONValue) {
        if open.isEmpty {
            value = complete
        } else {
            open[open.count - 1].add(complete)
        }
        expectation = open.isEmpty ? .nothing : .commaOrEnd
    }

    // MARK: The text

    private mutating func take(_ byte: UInt8) {
        switch expectation {
        case .string(let isName): takeStringByte(byte, isName: isName)
        case .word:
            if Self.isWordByte(byte) {
                takeWordByte(byte)
            } else {
                endWord()
                take(byte)
            }
        case .malformed: break
        default: if ![0x20, 0x0A, 0x0D, 0x09].contains(byte) { takeToken(byte) }
        }
    }

    private mutating func takeToken(_ byte: UInt8) {
        switch (expectation, byte) {
        case (.valueOrEnd, UInt8(ascii: "]")), (.nameOrEnd, UInt8(ascii: "}")): close(byte)
        case (.commaOrEnd, UInt8(ascii: "]")), (.commaOrEnd, UInt8(ascii: "}")): close(byte)
        case (.commaOrEnd, UInt8(ascii: ",")): expectation = open.last?.isArray == true ? .value : .name
        case (.colon, UInt8(ascii: ":")): expectation = .value
        case (.name, UInt8(ascii: "\"")), (.nameOrEnd, UInt8(ascii: "\"")): beginString(isName: true)
        case (.value, _), (.valueOrEnd, _): beginValue(byte)
        default: expectation = .malformed
        }
    }

    private mutating func beginValue(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""):
            beginString(isName: false)
            hasChanged = true
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            let isArray = byte == UInt8(ascii: "[")
            guard open.count < Self.maximumDepth else {
                expectation = .malformed
                return
            }
            open.append(OpenContainer(isArray: isArray))
            expectation = isArray ? .valueOrEnd : .nameOrEnd
            hasChanged = true
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "t"), UInt8(ascii: "f"),
            UInt8(ascii: "n"):
            word = []
            expectation = .word
            takeWordByte(byte)
        default: expectation = .malformed
        }
    }

    private mutating func close(_ byte: UInt8) {
        guard let last = open.last, last.isArray == (byte == UInt8(ascii: "]")) else {
            expectation = .malformed
            return
        }
        let content = open[open.count - 1].takeContent()
        open.removeLast()
        add(content)
    }

    private mutating func beginString(isName: Bool) {
        string = PartialString()
        expectation = .string(isName: isName)
    }

    private mutating func takeStringByte(_ byte: UInt8, isName: Bool) {
        let length = string.text.utf8.count
        switch string.take(byte) {
        case .continues: break
        case .malformed: expectation = .malformed
        case .ended where isName:
            open[open.count - 1].name = string.text
            expectation = .colon
        case .ended:
            if string.text.utf8.count > length { hasChanged = true }
            add(.string(string.text))
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "+"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    /// A literal is complete with its last letter, a number with the byte after it.
    private mutating func takeWordByte(_ byte: UInt8) {
        word.append(byte)
        if ["true", "false", "null"].contains(where: { word.elementsEqual($0.utf8) }) { endWord() }
    }

    private mutating func endWord() {
        guard let complete = try? JSONValue(parsing: word) else {
            expectation = .malformed
            return
        }
        hasChanged = true
        add(complete)
    }
}

/// An array or object that is not closed.
private struct OpenContainer: Sendable {
    let isArray: Bool
    /// The name of the last member, which may have no value yet.
    var name = ""
    private var elements: [JSONValue] = []
    private var members = JSONObject()

    init(isArray: Bool) { self.isArray = isArray }

    mutating func add(_ value: JSONValue) {
        if isArray { elements.append(value) } else { members[name] = value }
    }

    /// The content, which is empty afterwards.
    mutating func takeContent() -> JSONValue {
        defer { (elements, members) = ([], JSONObject()) }
        return isArray ? .array(elements) : .object(members)
    }

    /// Takes the content out of `value`, and replaces `value` by the last element or member if that is to be removed.
    mutating func take(_ value: inout JSONValue?, removingLast: Bool) {
        if case .array(let elements) = value { self.elements = elements }
        if case .object(let members) = value { self.members = members }
        value = nil
        guard removingLast else { return }
        if isArray {
            value = elements.popLast()
        } else {
            value = members[name]
            members[name] = .null
        }
    }
}
