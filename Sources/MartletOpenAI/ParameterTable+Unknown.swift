extension ParameterTable {
    /// The 400 `unknown_parameter` for a name that the table does not have, with the known name that it may be a slip
    /// of.
    package func unknown(_ name: String) -> OpenAIError {
        let hint = closest(to: name).map { "did you mean `\($0)`?" } ?? "leave it out."
        // No longer than a name can be in good faith.
        let shown = String(name.prefix(64))
        let isWhole = shown.utf8.count == name.utf8.count
        return .unknownParameter(shown, "`\(shown)`\(isWhole ? "" : "…") is not a parameter of this endpoint; \(hint)")
    }

    /// The known name that `name` may be a slip of.
    func closest(to name: String) -> String? { name.closest(among: all.lazy.map(\.name)) }
}
