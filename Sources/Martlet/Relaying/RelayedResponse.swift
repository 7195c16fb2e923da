internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// What a relayed stream of the Responses API needs to end with `response.failed`.
struct RelayedResponse {
    /// The response as the first event has it, as JSON.
    private var first: [UInt8] = []
    private var items: [[UInt8]] = []
    private var nextNumber = 0
    private let reserve: @Sendable (Int) -> Bool

    /// - Parameter reserve: Counts bytes against the server's memory, if they fit.
    init(reserving reserve: @escaping @Sendable (Int) -> Bool) { self.reserve = reserve }

    /// Records an event that the client gets. Items beyond the memory budget are left out of the last event.
    mutating func record(_ reading: FrameReading, _ event: Span<UInt8>) {
        nextNumber = (reading.sequenceNumber ?? nextNumber) + 1
        if first.isEmpty, let range = reading.response {
            event.extracting(range).withUnsafeBufferPointer { first = Array($0) }
        } else if let range = reading.completeItem, reserve(range.count) {
            event.extracting(range).withUnsafeBufferPointer { items.append(Array($0)) }
        }
    }

    /// The last event of a stream that an error ends; nil for one that has not begun.
    func failure(_ error: OpenAIError, model: String?) -> [UInt8]? {
        guard var response = (try? JSONValue(parsing: first))?.object else { return nil }
        response["status"] = "failed"
        response["error"] = .object([
            "code": .string(ResponseObject.code(of: error)), "message": .string(error.message),
        ])
        if let model { response["model"] = .string(model) }
        var bytes: [UInt8] = []
        ServerSentEvents.beginEvent(named: "response.failed", to: &bytes)
        bytes.append { writer in
            writer.object { writer in
                writer.member("type", "response.failed")
                writer.object("response") { writer in
                    for (name, value) in response where name != "output" { writer.member(name, value) }
                    writer.array("output") { writer in for item in items { writer.raw(item) } }
                }
                writer.member("sequence_number", nextNumber)
            }
        }
        ServerSentEvents.endEvent(to: &bytes)
        return bytes
    }
}
