internal import MartletJSON
internal import MartletOpenAI

/// Model names with Ollama's tags; a name without a tag means `latest`.
enum OllamaModelName {
    private static let latest = ":latest"

    /// The name with its tag.
    static func tagged(_ id: String) -> String {
        // A colon before the last slash precedes a port, not a tag.
        id.split(separator: "/").last?.contains(":") == true ? id : id + latest
    }

    /// 64 hexadecimal digits, the first of which clients display as the model's id. A hash of the name, because the
    /// server does not have the weights.
    static func digest(_ id: String) -> String {
        (0..<4).map { part in
            // FNV-1a, 64 bits.
            let hash = ("\(part)/" + id).utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
                ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3
            }
            let digits = String(hash, radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }.joined()
    }

    /// The names that are equivalent to `name`, in order of preference: with and without `:latest`.
    static func candidates(_ name: String) -> [String] {
        name.hasSuffix(latest) ? [name, String(name.dropLast(latest.utf8.count))] : [name, name + latest]
    }

    /// The name in `model` or, as older clients send it, in `name`; nil if there is neither.
    static func given(in body: JSONObject) throws(OpenAIError) -> String? {
        try (Field(body).member("model") ?? Field(body).member("name"))?.string()
    }

    /// The model that a body names; 404 if there is no such model.
    static func resolve(_ body: JSONObject, _ models: ModelRegistry.Models) throws(OpenAIError) -> ServedModel {
        guard let name = try given(in: body) else {
            guard let model = models.unnamed else { throw .missingParameter("model", "model is required") }
            return model
        }
        let candidates = candidates(name)
        for candidate in candidates { if let model = models.listed(candidate) { return model } }
        for candidate in candidates { if let model = models.model(named: candidate) { return model } }
        let shown = name.utf8.count <= 256 ? "model \"\(name)\"" : "model"
        throw OpenAIError(
            status: 404, message: "\(shown) not found, try pulling it first", code: "model_not_found")
    }
}
