internal import MartletJSON
internal import MartletOpenAI

/// Decodes text, images and documents: what users and tools send.
struct MessagesContent {
    let capabilities: Capabilities

    /// The content of a tool's result: a string, or blocks.
    func result(_ content: Field) throws(OpenAIError) -> [ContentPart] {
        if let text = content.value.string { return text.isEmpty ? [] : [.text(text)] }
        var result: [ContentPart] = []
        for block in try content.elements("a string or an array of content blocks") {
            _ = try block.object()
            guard let parts = try parts(block, allowsMedia: true) else {
                throw try block.required("type", "\"text\"").mustBe("\"text\", \"image\" or \"document\"")
            }
            result += parts
        }
        return result
    }

    /// The parts of a block; nil for a type of another kind.
    func parts(_ block: Field, allowsMedia: Bool) throws(OpenAIError) -> [ContentPart]? {
        switch try block.required("type", "\"text\"").string() {
        case "text": [.text(try block.required("text", "the block's text").string())]
        case "image" where allowsMedia: [try image(block)]
        case "document" where allowsMedia: try document(block)
        case "search_result" where allowsMedia: try searchResult(block)
        // The name of a tool that a search has found.
        case "tool_reference" where allowsMedia: [.text(try block.required("tool_name", "the tool's name").string())]
        default: nil
        }
    }

    // MARK: Images

    private static let imageTypes = ["image/jpeg", "image/png", "image/gif", "image/webp"]

    private func image(_ block: Field) throws(OpenAIError) -> ContentPart {
        let kind = try block.required("type", "\"image\"")
        guard capabilities.contains(.images) else {
            throw kind.unsupported("This model does not take images; send text.")
        }
        let source = try source(of: block, "\"base64\" or \"url\"")
        switch try source.type.string() {
        case "base64":
            let type = try source.field.required("media_type", "the type of the image")
            guard let media = type.value.string, Self.imageTypes.contains(media) else {
                throw type.mustBe("\"image/jpeg\", \"image/png\", \"image/gif\" or \"image/webp\"")
            }
            let data = try source.field.required("data", "the image in base64")
            if try data.string().isEmpty { throw data.mustBe("the image in base64") }
            return .image(url: "data:\(media);base64,\(try data.string())")
        case "url": return .image(url: try source.field.required("url", "the image's URL").string())
        case "file": throw source.type.unsupported("Stored files are not supported; send the image in base64.")
        default: throw source.type.mustBe("\"base64\" or \"url\"")
        }
    }

    private func source(of block: Field, _ types: String) throws(OpenAIError) -> (field: Field, type: Field) {
        let field = try block.required("source", "where the content is from")
        _ = try field.object()
        return (field, try field.required("type", types))
    }

    // MARK: Documents

    private func document(_ block: Field) throws(OpenAIError) -> [ContentPart] {
        let types = "\"text\", \"content\" or \"base64\""
        let source = try source(of: block, types)
        let heading = [try block.member("title")?.string(), try block.member("context")?.string()].compactMap { $0 }
        let parts: [ContentPart]
        switch try source.type.string() {
        case "text": parts = [.text(try source.field.required("data", "the document's text").string())]
        case "content": parts = try result(try source.field.required("content", "the document's content"))
        case "base64": return [try file(source.field, title: heading.first)]
        case "url", "file":
            throw source.type.unsupported("Documents elsewhere are not supported; send the document's text.")
        default: throw source.type.mustBe(types)
        }
        return heading.map { .text("\($0)\n\n") } + parts
    }

    private func file(_ source: Field, title: String?) throws(OpenAIError) -> ContentPart {
        let type = try source.required("media_type", "\"application/pdf\"")
        if try type.string() != "application/pdf" { throw type.mustBe("\"application/pdf\"") }
        let data = try source.required("data", "the document in base64").string()
        guard capabilities.contains(.files) else {
            throw type.unsupported("This model does not take PDF documents; send the document's text.")
        }
        let file: JSONObject = [
            "filename": .string(title ?? "document.pdf"), "file_data": .string("data:application/pdf;base64,\(data)"),
        ]
        return ContentPart(kind: .file, json: ["type": "file", "file": .object(file)])
    }

    private func searchResult(_ block: Field) throws(OpenAIError) -> [ContentPart] {
        let title = try block.required("title", "the result's title").string()
        let source = try block.required("source", "where the result is from").string()
        let content = try result(try block.required("content", "the result's text blocks"))
        return [.text("\(title)\n\(source)\n\n")] + content
    }
}
