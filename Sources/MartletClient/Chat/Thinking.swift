internal import MartletJSON

/// Whether, and how much, a model is to think before it answers. How that is said differs by server: see `ServerDialect`.
public struct Thinking: Sendable, Equatable {
    /// Whether it is to think at all.
    public var isEnabled: Bool
    /// How hard, in the server's words: `low`, `medium`, `high`.
    public var effort: String?
    /// How many tokens it may think for.
    public var budget: Int?
    /// Whether a temperature other than 1 stays as it is. Models that think are trained at 1, and some servers refuse
    /// anything else.
    public var keepsTemperature = false

    private init(isEnabled: Bool, effort: String? = nil, budget: Int? = nil) {
        (self.isEnabled, self.effort, self.budget) = (isEnabled, effort, budget)
    }

    /// Not at all.
    public static let off = Thinking(isEnabled: false)
    /// As hard as the model does by itself.
    public static let on = Thinking(isEnabled: true)
    /// As hard as this word says.
    public static func effort(_ effort: String) -> Thinking { Thinking(isEnabled: true, effort: effort) }
    /// For so many tokens at most.
    public static func budget(_ tokens: Int) -> Thinking { Thinking(isEnabled: true, budget: tokens) }

    /// What an effort is worth in tokens, and the other way round: 4000, 8000 and 16000.
    var tokens: Int { budget ?? (effort == "low" ? 4000 : effort == "high" ? 16000 : 8000) }
    var word: String {
        if !isEnabled { return "none" }
        return effort ?? budget.map { $0 <= 4000 ? "low" : $0 <= 8000 ? "medium" : "high" } ?? "medium"
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
