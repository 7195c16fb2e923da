internal import MartletJSON

/// Whether and how much a model reasons before it replies. The parameters differ between servers: see `ServerDialect`.
public struct Thinking: Sendable, Equatable {
    /// Whether the model reasons at all.
    public var isEnabled: Bool
    /// The effort, such as `low`, `medium` or `high`.
    public var effort: String?
    /// The maximum number of reasoning tokens.
    public var budget: Int?
    /// Whether a temperature other than 1 is kept. Reasoning models are trained at 1, and some servers refuse anything
    /// else.
    public var keepsTemperature = false

    private init(isEnabled: Bool, effort: String? = nil, budget: Int? = nil) {
        (self.isEnabled, self.effort, self.budget) = (isEnabled, effort, budget)
    }

    /// No reasoning.
    public static let off = Thinking(isEnabled: false)
    /// The model's default effort.
    public static let on = Thinking(isEnabled: true)
    /// The given effort.
    public static func effort(_ effort: String) -> Thinking { Thinking(isEnabled: true, effort: effort) }
    /// At most this many tokens.
    public static func budget(_ tokens: Int) -> Thinking { Thinking(isEnabled: true, budget: tokens) }

    /// Efforts correspond to 4000, 8000 and 16000 tokens.
    var tokens: Int { budget ?? (effort == "low" ? 4000 : effort == "high" ? 16000 : 8000) }
    var word: String {
        if !isEnabled { return "none" }
        return effort ?? budget.map { $0 <= 4000 ? "low" : $0 <= 8000 ? "medium" : "high" } ?? "medium"
    }

    /// Raises a limit of a body: reasoning tokens count towards it, and the reply needs room.
    func makeRoom(in body: inout JSONObject, _ name: String) {
        guard let limit = body[name]?.number?.int else { return }
        let room = tokens.addingReportingOverflow(4096)
        body[name] = .number(JSONNumber(max(limit, room.overflow ? .max : room.partialValue)))
    }

    var json: JSONObject {
        var object: JSONObject = ["enabled": .bool(isEnabled)]
        if let effort { object["effort"] = .string(effort) }
        if let budget { object["budget"] = .number(JSONNumber(budget)) }
        if keepsTemperature { object["keeps_temperature"] = true }
        return object
    }

    init(json: JSONObject) {
        self.init(
            isEnabled: json["enabled"]?.bool ?? true, effort: json["effort"]?.string,
            budget: json["budget"]?.number?.int)
        keepsTemperature = json["keeps_temperature"]?.bool ?? false
    }
}
