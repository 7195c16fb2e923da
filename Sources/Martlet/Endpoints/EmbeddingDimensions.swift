internal import MartletOpenAI

/// How many numbers the vectors of a reply have: `dimensions` of an embedding request.
///
/// Any model gives its own number. Fewer are the first ones, brought back to length 1, of a model that declares the
/// capability `dimensions`: where a model was not trained for it, they would not be an embedding.
struct EmbeddingDimensions: Sendable {
    private let count: Int
    private let canShorten: Bool

    init(_ count: Int, canShorten: Bool) {
        self.count = count
        self.canShorten = canShorten
    }

    /// Throws a 400 unless vectors of `length` numbers can be given with as many as are asked for.
    func check(against length: Int) throws(OpenAIError) {
        if count == length || canShorten && count < length { return }
        guard canShorten else {
            throw .unsupportedParameter(
                "dimensions",
                "`dimensions` other than \(length), the model's own, is not supported by this model; leave it out or set "
                    + "it to \(length).")
        }
        throw .invalidValue(
            "dimensions", "`dimensions` must be at most \(length), the model's own, but it is \(count).")
    }

    /// The vector in its own length, or its beginning with a Euclidean norm of 1.
    func fitted(_ vector: [Float]) throws(OpenAIError) -> [Float] {
        try check(against: vector.count)
        if vector.count == count { return vector }
        let beginning = vector.prefix(count)
        let norm = beginning.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        return norm > 0 ? beginning.map { Float(Double($0) / norm) } : Array(beginning)
    }
}
