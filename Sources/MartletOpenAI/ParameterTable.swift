package import MartletJSON

/// Every parameter that an endpoint knows.
package struct ParameterTable: Sendable {
    /// In the order of the source.
    package let parameters: [Parameter]
    private let places: [String: Int]

    init(_ groups: [Parameter]...) {
        parameters = groups.flatMap { $0 }
        places = Dictionary(uniqueKeysWithValues: parameters.enumerated().map { ($0.element.name, $0.offset) })
    }

    package subscript(name: String) -> Parameter? { places[name].map { parameters[$0] } }

    /// Throws a 400 for the first member of a body that the model cannot honour.
    func check(_ body: JSONObject, capabilities: Capabilities) throws(OpenAIError) {
        for (name, value) in body {
            try self[name]?.check(value, in: body, capabilities: capabilities)
        }
    }

    /// The members of a body that mean nothing here.
    package func unknownNames(in body: JSONObject) -> [String] {
        var names: [String] = []
        for (name, _) in body where places[name] == nil { names.append(name) }
        return names
    }

    /// The 400 for a parameter that does not exist.
    package func unknown(_ name: String) -> OpenAIError {
        let shown = name.utf8.count <= 64 ? "`\(name)`" : "A parameter"
        let guess = closest(to: name).map { "; did you mean `\($0)`?" } ?? "; leave it out."
        return OpenAIError(
            status: 400, message: "\(shown) is no parameter of this endpoint\(guess)", param: String(name.prefix(64)),
            code: "unknown_parameter")
    }

    /// The parameter that a misspelt name is likely to mean: few edits away.
    private func closest(to name: String) -> String? {
        let letters = Array(name.utf8)
        guard letters.count <= 64 else { return nil }
        let distances = parameters.map { (name: $0.name, distance: Self.distance(letters, Array($0.name.utf8))) }
        guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= letters.count / 3 ? best.name : nil
    }

    /// How many letters have to be added, dropped or changed (Levenshtein).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let cost = min(row[j] + 1, row[j + 1] + 1, diagonal + (letter == other ? 0 : 1))
                diagonal = row[j + 1]
                row[j + 1] = cost
            }
        }
        return row[right.count]
    }
}
