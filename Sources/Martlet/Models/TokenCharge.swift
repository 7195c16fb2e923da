internal import MartletOpenAI
internal import MartletUV

/// What a request is charged, in tokens: an estimate when it asks to be admitted, corrected when the backend reports the
/// prompt's tokens, and replaced by what it has really used at its end. Two accounts are charged: the queue's, by which
/// principals share the model, and that of the principal's limit. A request that is not served costs nothing.
final class TokenCharge: Sendable {
    private struct State {
        /// What the queue counts.
        var estimate: TokenEstimate
        /// Nil until the request is admitted.
        var permit: Permit?
        var isSettled = false
    }

    private let principal: Principal?
    private let limiter: PrincipalLimiter
    /// The tokens that the principal's limit counts; nil without a limit.
    private let limited: Int?
    private let state: Locked<State>

    /// - Throws: `LimitRefusal` if the principal's limit of tokens is used up.
    init(_ estimate: TokenEstimate, to principal: Principal?, _ limiter: PrincipalLimiter) throws(LimitRefusal) {
        (self.principal, self.limiter) = (principal, limiter)
        state = Locked(State(estimate: estimate))
        guard let principal, let limits = principal.limits, limits.tokensPerMinute != nil else {
            limited = nil
            return
        }
        limited = try limiter.charge(estimate.total, to: principal, limits)
    }

    /// The request has been admitted.
    func begin(_ permit: Permit) { state.withLock { $0.permit = permit } }

    /// The backend has counted the tokens of the prompts.
    func correct(promptTokens: Int) {
        let (permit, change) = state.withLock { state in
            guard !state.isSettled else { return (state.permit, 0) }
            let promptTokens = min(max(0, promptTokens), TokenEstimate.highest / 2)
            defer { state.estimate.prompt = promptTokens }
            return (state.permit, promptTokens - state.estimate.prompt)
        }
        if change != 0 { permit?.correct(by: change, of: principal?.id) }
    }

    /// Replaces the estimate by what the request has used; nil if it has not been served. Only the first call counts.
    ///
    /// - Parameter usage: Prompt tokens of 0 are not known, and stay estimated.
    func settle(_ usage: Usage?) {
        let settled: (permit: Permit?, estimate: TokenEstimate)? = state.withLock { state in
            if state.isSettled { return nil }
            state.isSettled = true
            return (state.permit, state.estimate)
        }
        guard let (permit, estimate) = settled else { return }
        var used = TokenEstimate()
        if let usage {
            used.prompt = usage.promptTokens > 0 ? usage.promptTokens : estimate.prompt
            used.reply = max(0, usage.completionTokens)
        }
        let total = min(used.prompt, TokenEstimate.highest / 2) + min(used.reply, TokenEstimate.highest / 2)
        if total != estimate.total { permit?.correct(by: total - estimate.total, of: principal?.id) }
        if let limited, let principal { limiter.correct(limited, to: total, of: principal) }
    }
}
