/// A token that was chosen, or one of a prompt that was scored.
struct SampledToken: Sendable {
    let token: Int
    /// Nil if it was not asked for, or there is none.
    var logprob: Float?
    /// The likeliest tokens at its place, the likeliest first, equals by id.
    var alternatives: [(token: Int, logprob: Float)] = []
}
