internal import MartletJSON
internal import MartletOpenAI

extension Prompt {
    /// OpenAI's limit on the inputs of an embedding request.
    private static let maximumCount = 2048

    /// Decodes OpenAI's four forms: a string, an array of strings, an array of token ids (which is one prompt) and an
    /// array of arrays of token ids. Neither the result nor a prompt in it is empty.
    static func decode(_ field: Field) throws(OpenAIError) -> [Prompt] {
        if field.value.string != nil { return [try text(field)] }
        guard let array = field.value.array, let first = array.first else {
            throw field.mustBe("a string, an array of strings or an array of token ids, not empty")
        }
        if first.number != nil { return [try tokenIDs(field)] }
        if first.string == nil, first.array == nil {
            throw field.element(0, first).mustBe("a string, a token id or an array of token ids")
        }
        if array.count > maximumCount {
            let sentence = "`\(field.path)` must have at most \(maximumCount) elements, but it has \(array.count)."
            throw .invalidValue(field.path, "\(sentence) Send them in several requests.")
        }
        var prompts: [Prompt] = []
        prompts.reserveCapacity(array.count)
        for (index, value) in array.enumerated() {
            let element = field.element(index, value)
            prompts.append(first.string == nil ? try tokenIDs(element) : try text(element))
        }
        return prompts
    }

    private static func text(_ field: Field) throws(OpenAIError) -> Prompt {
        guard let text = field.value.string, !text.isEmpty else { throw field.mustBe("a string that is not empty") }
        return .text(text)
    }

    private static func tokenIDs(_ field: Field) throws(OpenAIError) -> Prompt {
        guard let array = field.value.array, !array.isEmpty else {
            throw field.mustBe("an array of token ids that is not empty")
        }
        var ids: [Int] = []
        ids.reserveCapacity(array.count)
        for (index, value) in array.enumerated() {
            ids.append(try field.element(index, value).tokenID())
        }
        return .tokenIDs(ids)
    }
}
