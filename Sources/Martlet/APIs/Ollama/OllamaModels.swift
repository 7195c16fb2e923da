internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// `GET /api/tags`, `/api/ps` and `/api/version`, and `POST /api/show`.
extension Service {
    /// The version of Ollama whose API is implemented. Clients check it before they use newer features.
    static var ollamaVersion: String { "0.13.3" }

    func ollamaVersion() -> HTTPResponse {
        var writer = JSONWriter()
        writer.object { $0.member("version", Self.ollamaVersion) }
        return HTTPResponse(json: writer.bytes)
    }

    func ollamaTags(_ principal: Principal?) -> HTTPResponse { models(of: principal) { _, _ in } }

    /// Lists all models: they stay loaded.
    func ollamaProcesses(_ principal: Principal?) -> HTTPResponse {
        models(of: principal) { model, writer in
            // Ollama's value for a model that is never unloaded.
            writer.member("expires_at", "2318-01-01T00:00:00.000000Z")
            writer.member("size_vram", 0)
            if let limit = model.contextLength { writer.member("context_length", limit) }
        }
    }

    private func models(
        of principal: Principal?, _ more: (ServedModel, inout JSONWriter) -> Void
    ) -> HTTPResponse {
        var writer = JSONWriter()
        writer.object { writer in
            writer.array("models") { writer in
                for (name, model) in registry.models(for: principal).names {
                    writer.object { writer in
                        writer.member("name", OllamaModelName.tagged(name))
                        writer.member("model", OllamaModelName.tagged(name))
                        writer.member("modified_at", modified(model))
                        writer.member("size", model.details.size ?? 0)
                        writer.member("digest", OllamaModelName.digest(name))
                        write(model.details, to: &writer)
                        more(model, &writer)
                    }
                }
            }
        }
        return HTTPResponse(json: writer.bytes)
    }

    nonisolated(nonsending) func ollamaShow(_ request: ModelRequest) async throws {
        let model = request.model
        let details = model.details
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("modelfile", "FROM \(OllamaModelName.tagged(model.id))\n")
            writer.member("parameters", "")
            writer.member("template", template(of: model))
            write(details, to: &writer)
            writer.object("model_info") { writer in
                let family = details.family ?? "unknown"
                writer.member("general.architecture", family)
                if let count = details.parameterCount { writer.member("general.parameter_count", count) }
                if let limit = model.contextLength { writer.member("\(family).context_length", limit) }
                if let length = details.embeddingLength { writer.member("\(family).embedding_length", length) }
            }
            writer.array("capabilities") { writer in
                for name in capabilityNames(of: model) { writer.value(name) }
            }
            writer.member("modified_at", modified(model))
        }
        request.response.send(HTTPResponse(json: writer.bytes))
    }

    // MARK: Parts

    private func modified(_ model: ServedModel) -> String {
        RFC3339Date(microsecondsSince1970: model.created * 1_000_000).description
    }

    /// Ollama's names for the backend's refinements and the model's capabilities.
    private func capabilityNames(of model: ServedModel) -> [String] {
        let (host, capabilities) = (model.host, model.capabilities)
        var names: [String] = []
        if host.chat != nil || host.completion != nil { names.append("completion") }
        if host.chat != nil && capabilities.contains(.tools) { names.append("tools") }
        if host.chat != nil && capabilities.contains(.reasoning) { names.append("thinking") }
        if host.completion != nil && capabilities.contains(.suffix) { names.append("insert") }
        if host.chat != nil && capabilities.contains(.images) { names.append("vision") }
        if host.embedding != nil { names.append("embedding") }
        return names
    }

    /// A Go template from whose variables clients infer what the model supports. It is not the template of prompts,
    /// which the backend applies and `/tokenizer_info` returns.
    private func template(of model: ServedModel) -> String {
        let names = capabilityNames(of: model)
        guard model.host.chat != nil else {
            return names.contains("insert") ? "{{ .Prompt }}{{ .Suffix }}" : "{{ .Prompt }}"
        }
        return (names.contains("tools") ? "{{ if .Tools }}{{ .Tools }}{{ end }}" : "")
            + "{{ range .Messages }}{{ .Role }}: "
            + (names.contains("thinking") ? "{{ if .Thinking }}{{ .Thinking }}{{ end }}" : "") + "{{ .Content }}"
            + (names.contains("tools") ? "{{ if .ToolCalls }}{{ .ToolCalls }}{{ end }}" : "") + "\n{{ end }}"
            + (names.contains("insert") ? "{{ if .Suffix }}{{ .Suffix }}{{ end }}" : "")
    }

    private func write(_ details: ModelDetails, to writer: inout JSONWriter) {
        let families = [details.family].compactMap(\.self)
        writer.object("details") { writer in
            writer.member("parent_model", "")
            writer.member("format", details.format ?? "")
            writer.member("family", details.family ?? "")
            writer.array("families") { for family in families { $0.value(family) } }
            writer.member("parameter_size", details.parameterCount.map(Self.short) ?? "")
            writer.member("quantization_level", details.quantization ?? "")
        }
    }

    /// A number such as `124.4M` or `7.0B`.
    private static func short(_ count: Int) -> String {
        let (unit, name) =
            count < 1_000_000 ? (1_000, "K") : count < 1_000_000_000 ? (1_000_000, "M") : (1_000_000_000, "B")
        let tenths = (count * 10 + unit / 2) / unit
        return "\(tenths / 10).\(tenths % 10)\(name)"
    }
}
