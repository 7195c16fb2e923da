/// What an engine calls one of its generations; later ones have larger numbers.
struct GenerationID: Hashable, Sendable {
    let number: UInt64
}
