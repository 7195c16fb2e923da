/// Where a value stands in the body, as OpenAI writes it: `messages[0].content[1].type`.
///
/// Kept as steps, since it is written out for errors only, and every value that is read has one.
enum FieldPath: CustomStringConvertible {
    case body
    case parameter(String)
    indirect case member(String, of: FieldPath)
    indirect case element(Int, of: FieldPath)

    /// The path of a member of what stands here.
    func appending(_ name: String) -> FieldPath {
        if case .body = self { .parameter(name) } else { .member(name, of: self) }
    }

    var description: String {
        switch self {
        case .body: ""
        case .parameter(let name): name
        case .member(let name, let parent): "\(parent).\(name)"
        case .element(let index, let parent): "\(parent)[\(index)]"
        }
    }
}
