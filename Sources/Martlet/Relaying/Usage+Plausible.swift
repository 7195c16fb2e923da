extension Usage {
    /// With counts that a sum of many cannot overflow, for those that come from another server.
    package var plausible: Usage {
        func plausible(_ count: Int) -> Int { min(max(0, count), TokenEstimate.highest) }
        var usage = Usage(
            promptTokens: plausible(promptTokens), completionTokens: plausible(completionTokens),
            cachedTokens: cachedTokens.map(plausible))
        usage.reasoningTokens = reasoningTokens.map(plausible)
        return usage
    }
}
