import Foundation
import MartletJSON

/// The schemas of the Responses API, with the rules for its streams that a schema cannot express.
struct ResponseEventSchemas {
    private let schema: JSONSchema
    /// The schemas of events, by their type.
    private let names: [String: String]
    private static let ends = ["response.completed", "response.incomplete", "response.failed"]

    init(document: JSONValue) {
        schema = JSONSchema(document: document)
        var names: [String: String] = [:]
        for (name, schema) in document["components"]?["schemas"]?.object ?? [:] where name.hasSuffix("Event") {
            if let type = schema["properties"]?["type"]?["enum"]?[0]?.string { names[type] = name }
        }
        self.names = names
    }

    func faults(of body: [UInt8], as name: String) -> [String] {
        guard let value = try? JSONValue(parsing: body) else { return ["not JSON"] }
        return schema.faults(of: value, as: name)
    }

    /// The first event is `response.created`, the last repeats the output of the others, and numbers count up from `first`,
    /// which is 0 unless the client has asked for later events. Comments may appear anywhere.
    func faults(ofStream text: String, first: Int = 0) -> [String] {
        let frames = text.components(separatedBy: "\n\n").filter { !$0.isEmpty && !$0.hasPrefix(":") }
        var faults: [String] = []
        var types: [String] = []
        var items: [JSONValue] = []
        for (number, frame) in frames.enumerated() {
            let lines = frame.components(separatedBy: "\n")
            guard lines.count == 2, lines[0].hasPrefix("event: "), lines[1].hasPrefix("data: "),
                let event = try? JSONValue(parsing: Array(lines[1].dropFirst(6).utf8))
            else {
                faults.append("not an event with a name and one line of JSON: \(frame.prefix(80))")
                continue
            }
            let type = event["type"]?.string ?? ""
            types.append(type)
            if lines[0] != "event: \(type)" { faults.append("\(lines[0]) is of the type \(type)") }
            if event["sequence_number"]?.number?.int != first + number {
                faults.append("event \(first + number) has the number \(event["sequence_number"]?.description ?? "")")
            }
            faults += schema.faults(of: event, as: names[type] ?? "(no event of the type \(type))")
            if type == "response.output_item.done", let item = event["item"] { items.append(item) }
            if first == 0, Self.ends.contains(type), event["response"]?["output"] != .array(items) {
                faults.append("the output at the end is not what the events built")
            }
        }
        if first == 0, types.first != "response.created" {
            faults.append("the first event is \(types.first ?? "missing")")
        }
        if types.count(where: Self.ends.contains) != 1 || !Self.ends.contains(types.last ?? "") {
            faults.append("the stream does not end with exactly one end of the response")
        }
        return faults
    }
}
