internal import MartletJSON

/// Reads one `{"name": ..., "arguments": {...}}` incrementally and returns its fragments as early as possible.
///
/// Arguments are returned as the model writes them, byte for byte. If they are a string that contains JSON, as some
/// models write them, its content is returned once the string is complete. `parameters` is another name for
/// `arguments`.
struct ToolCallScanner {
    private enum State {
        case start
        case name
        case inName(JSONExtent, [UInt8])
        case colon(String)
        case value(String)
        case inValue(String, JSONExtent)
        case comma
        case over
    }

    private let index: Int
    private let id: String
    private var state = State.start
    private var functionName: String?
    /// The value of a member that is not returned incrementally: a name, or arguments before the name is known.
    private var bufferedValue: [UInt8] = []
    /// Complete arguments that precede the function's name.
    private var pendingArguments: [UInt8] = []
    private var assembler = UTF8Assembler()
    private(set) var hasBegun = false
    private(set) var isMalformed = false

    init(index: Int, id: String) {
        self.index = index
        self.id = id
    }

    /// Whether the call's object has ended.
    var isOver: Bool { if case .over = state { true } else { false } }

    /// Reads bytes until the object ends or turns out to be malformed. Returns how many it read, and the fragments that
    /// they add to the call.
    mutating func receive(_ bytes: ArraySlice<UInt8>) -> (count: Int, fragments: [ToolCallFragment]) {
        var fragments: [ToolCallFragment] = []
        var arguments: [UInt8] = []
        var count = 0
        for byte in bytes {
            if isOver || isMalformed { break }
            count += 1
            step(byte, &arguments, &fragments)
        }
        let text = assembler.receive(arguments)
        if !text.isEmpty { fragments.append(fragment(text)) }
        return (count, fragments)
    }

    // MARK: Members

    private mutating func step(_ byte: UInt8, _ arguments: inout [UInt8], _ fragments: inout [ToolCallFragment]) {
        switch state {
        case .inName(var extent, var raw):
            raw.append(byte)
            state = extent.step(byte) == .last ? .colon(Self.text(raw) ?? "") : .inName(extent, raw)
            return
        case .inValue(let member, var extent):
            switch extent.step(byte) {
            case .inside:
                state = .inValue(member, extent)
                take(byte, of: member, &arguments)
            case .last:
                take(byte, of: member, &arguments)
                end(member, &arguments, &fragments)
            case .past:
                end(member, &arguments, &fragments)
                step(byte, &arguments, &fragments)
            }
            return
        default:
            if [0x20, 0x09, 0x0A, 0x0D].contains(byte) { return }
        }
        switch (state, byte) {
        case (.start, UInt8(ascii: "{")): state = .name
        case (.name, UInt8(ascii: "\"")):
            var extent = JSONExtent()
            _ = extent.step(byte)
            state = .inName(extent, [byte])
        case (.colon(let member), UInt8(ascii: ":")): state = .value(member)
        case (.value(let member), _): begin(member, byte, &arguments, &fragments)
        case (.comma, UInt8(ascii: ",")): state = .name
        case (.comma, UInt8(ascii: "}")), (.name, UInt8(ascii: "}")): finish(&fragments)
        default: isMalformed = true
        }
    }

    private mutating func begin(
        _ member: String, _ byte: UInt8, _ arguments: inout [UInt8], _ fragments: inout [ToolCallFragment]
    ) {
        var extent = JSONExtent()
        bufferedValue = []
        switch extent.step(byte) {
        case .past:
            isMalformed = true
        case .inside, .last:
            state = .inValue(member, extent)
            if Self.isArguments(member), byte != UInt8(ascii: "\"") { announce(&fragments) }
            take(byte, of: member, &arguments)
        }
    }

    private static func isArguments(_ member: String) -> Bool { member == "arguments" || member == "parameters" }

    /// Arguments are returned at once if their call has been announced and they are not a string. All other values are
    /// buffered.
    private mutating func take(_ byte: UInt8, of member: String, _ arguments: inout [UInt8]) {
        if Self.isArguments(member), hasBegun, bufferedValue.isEmpty {
            arguments.append(byte)
        } else {
            bufferedValue.append(byte)
        }
    }

    private mutating func end(
        _ member: String, _ arguments: inout [UInt8], _ fragments: inout [ToolCallFragment]
    ) {
        state = .comma
        if member == "name" {
            functionName = Self.text(bufferedValue)
            if functionName == nil { isMalformed = true }
            if !pendingArguments.isEmpty {
                announce(&fragments)
                arguments += pendingArguments
                pendingArguments = []
            }
        } else if Self.isArguments(member), !bufferedValue.isEmpty {
            // A string stands for its content, which is JSON.
            let isString = bufferedValue.first == UInt8(ascii: "\"")
            let json = isString ? Array((Self.text(bufferedValue) ?? "").utf8) : bufferedValue
            if functionName == nil {
                pendingArguments = json
            } else {
                announce(&fragments)
                arguments += json
            }
        }
        bufferedValue = []
    }

    private mutating func finish(_ fragments: inout [ToolCallFragment]) {
        guard functionName != nil else {
            isMalformed = true
            return
        }
        state = .over
        if hasBegun { return }
        announce(&fragments)
        fragments.append(fragment(Array("{}".utf8)))
    }

    // MARK: Fragments

    /// Returns the call's first fragment, with its id and name, once its name is known.
    private mutating func announce(_ fragments: inout [ToolCallFragment]) {
        guard let functionName, !hasBegun else { return }
        hasBegun = true
        fragments.append(ToolCallFragment(index: index, id: id, name: functionName))
    }

    private func fragment(_ text: [UInt8]) -> ToolCallFragment {
        ToolCallFragment(index: index, arguments: String(decoding: text, as: UTF8.self))
    }

    /// The content of a JSON string; nil for other values.
    private static func text(_ raw: [UInt8]) -> String? { (try? JSONValue(parsing: raw))?.string }
}
