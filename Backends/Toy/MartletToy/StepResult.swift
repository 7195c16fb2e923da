/// One thing that a step brought about.
package enum StepResult: Sendable, Equatable {
    package enum End: Sendable {
        /// The token is one that ends a text, and is not part of it.
        case stop
        /// The token is the last that was asked for, or that the context has room for.
        case length
    }

    /// A generation's next token; with an end, its last.
    case token(JobID, Int, end: End?)
    /// The embedding [d] of one of a job's inputs. Inputs come in order; the job is over after the last.
    case embedding(JobID, input: Int, vector: [Float])
}
