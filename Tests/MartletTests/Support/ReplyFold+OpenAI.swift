@testable import Martlet

extension ReplyFold {
    /// The fold of a reply in OpenAI's format.
    init(_ plan: ReplyPlan, format: some ChoiceFormat) {
        self.init(plan, format: OpenAIFormat(plan, format))
    }
}
