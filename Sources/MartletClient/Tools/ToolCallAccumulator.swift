internal import MartletJSON
internal import MartletOpenAI

/// Assembles tool calls from what servers send: complete or in fragments; with ids, without, or with one id for all;
/// with an index for each call, with index 0 for all, or with none.
///
/// - Elements of a complete reply are always separate calls.
/// - A fragment belongs to the call with its id, otherwise to the one with its index, otherwise to the latest. The
///   index distinguishes calls that share an id.
/// - A fragment with a function name begins a call if it cannot belong to another: after complete arguments, under an
///   index that its id did not have, or next to a fragment of the same chunk that went to the same call. One without a
///   name never begins a call, since a chunk may contain several pieces of one call (vLLM with speculative decoding).
/// - A call without an id, or with the id of an earlier call, gets a new one, because results are matched by id.
struct ToolCallAccumulator: Sendable {
    /// A piece of a call, or a complete one.
    struct Fragment: Sendable {
        /// The server's id of the call.
        var id: String?
        /// The position of the call, as the server counts.
        var index: Int?
        /// Empty if the piece does not contain it.
        var name = ""
        var arguments = ""
    }

    private struct Call: Sendable {
        /// The server's id.
        var id: String?
        var index: Int?
        let ownID = "call_\(RandomID.next())"
        var isDuplicate = false
        var name = ""
        var arguments = ""
        var extent = ObjectExtent()
    }

    private var started: [Call] = []

    /// The calls so far, in the order in which they began.
    var calls: [ToolCall] {
        started.indices.map { call(at: $0) }
    }

    /// The call at a position, as far as it has arrived.
    func call(at place: Int) -> ToolCall {
        let call = started[place]
        let isBlank = call.arguments.allSatisfy(\.isWhitespace)
        let id = call.isDuplicate ? call.ownID : call.id ?? call.ownID
        return ToolCall(id: id, name: call.name, arguments: isBlank ? "{}" : call.arguments)
    }

    /// Adds the fragments of a chunk or of a complete reply.
    ///
    /// - Parameter areComplete: Whether they come from a complete reply, in which each element is a call.
    /// - Returns: For each fragment, its call as it is then.
    mutating func add(_ fragments: [Fragment], areComplete: Bool) -> [ChatEvent.ToolCallDelta] {
        var taken: Set<Int> = []
        return fragments.enumerated().map { offset, fragment in
            let (id, name, arguments) = (fragment.id, fragment.name, fragment.arguments)
            // Several fragments without an index are several calls, even without ids.
            let index = fragment.index ?? (fragments.count > 1 ? offset : nil)
            var place = areComplete ? nil : self.place(id: id, index: index)
            if let found = place, let index = fragment.index, let known = started[found].index,
                index != known, !name.isEmpty, !started[found].name.isEmpty
            {
                place = nil
            }
            if let found = place, !name.isEmpty {
                let belongsToAnother =
                    taken.contains(found)
                    || cannotContinue(started[found], with: name, arguments, isLatest: id == nil && index == nil)
                if belongsToAnother { place = nil }
            }
            let own = place ?? begin(index: index)
            taken.insert(own)
            extend(own, id: id, name: name, arguments: arguments)
            return ChatEvent.ToolCallDelta(index: own, call: call(at: own), arguments: arguments)
        }
    }

    /// The call that a fragment refers to by its id or index.
    private func place(id: String?, index: Int?) -> Int? {
        if let id, let known = started.lastIndex(where: { $0.id == id }) {
            return started.lastIndex { $0.id == id && $0.index == index } ?? known
        }
        let onIndex = index.flatMap { index in started.lastIndex { $0.index == index } }
        // The call that began without an id gets it now. A different id is a different call.
        if id != nil { return onIndex.flatMap { started[$0].id == nil ? $0 : nil } }
        return onIndex ?? (index == nil ? started.indices.last : nil)
    }

    /// Whether a fragment with a name must belong to another call.
    ///
    /// - Parameter isLatest: Whether only the order assigned it to the call.
    private func cannotContinue(_ call: Call, with name: String, _ arguments: String, isLatest: Bool) -> Bool {
        if call.name.isEmpty { return false }
        // Some servers repeat the name with an empty fragment at the end.
        if call.extent.isComplete, name != call.name || !arguments.allSatisfy(\.isWhitespace) { return true }
        return isLatest && name != call.name
    }

    private mutating func begin(index: Int?) -> Int {
        started.append(Call(index: index))
        return started.count - 1
    }

    private mutating func extend(_ place: Int, id: String?, name: String, arguments: String) {
        if started[place].id == nil, let id {
            started[place].isDuplicate = started.contains { $0.id == id }
            started[place].id = id
        }
        // Some servers repeat the name with every fragment.
        if started[place].name.isEmpty { started[place].name = name }
        started[place].arguments += arguments
        started[place].extent.advance(over: arguments)
    }
}

extension ToolCallAccumulator.Fragment {
    /// An element of `tool_calls`. Some servers send the arguments as an object.
    init(json: JSONObject) {
        let function = json["function"]?.object
        self.init(
            id: json["id"]?.string.flatMap { $0.isEmpty ? nil : $0 }, index: json["index"]?.number?.int,
            name: function?["name"]?.string ?? "")
        switch function?["arguments"] {
        case .string(let text): arguments = text
        case .object(let object): arguments = JSONValue.object(object).description
        default: break
        }
    }
}

/// Whether JSON text that arrives in pieces is a complete object. Every byte is examined once.
private struct ObjectExtent: Sendable {
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// Whether an object has been opened and closed.
    private(set) var isComplete = false

    mutating func advance(over text: String) {
        for byte in text.utf8 {
            if isEscaped {
                isEscaped = false
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString.toggle()
            case UInt8(ascii: "\\") where isInString: isEscaped = true
            case UInt8(ascii: "{") where !isInString: depth += 1
            case UInt8(ascii: "}") where !isInString:
                depth -= 1
                if depth == 0 { isComplete = true }
            default: break
            }
        }
    }
}
