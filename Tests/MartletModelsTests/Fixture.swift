import Foundation
import MartletModels
import MartletTestSupport

extension Fixture {
    /// The folder of the model that the toy embeds.
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Backends/Toy/CToyModel/toy").standardizedFileURL.path

    /// That model, loaded once.
    static let model: GPT2Model = {
        do { return try GPT2Model(folder: folder) } catch { preconditionFailure("\(error)") }
    }()
}
