/// The plot of the documentation: the part of all prompt tokens that no upstream had to compute, by load and policy.
struct PrefillPlot {
    struct Load {
        let name: String
        /// Each within 0...1.
        let saved: [(policy: String, part: Double)]
    }

    private static let colors = ["#9aa5b1", "#6b9bd1", "#2f6db5", "#1f2933"]
    private static let (left, width, bar) = (250, 400, 14)

    let loads: [Load]

    var svg: String {
        var lines: [String] = []
        var top = 60
        for load in loads {
            lines.append(text(load.name, x: Self.left - 10, y: top + 32, anchor: "end"))
            for (index, (_, part)) in load.saved.enumerated() {
                let length = Int((part * Double(Self.width)).rounded())
                lines.append(
                    "<rect x=\"\(Self.left)\" y=\"\(top)\" width=\"\(length)\" height=\"\(Self.bar - 2)\" "
                        + "fill=\"\(Self.colors[index % Self.colors.count])\"/>")
                lines.append(
                    text("\(Int((part * 100).rounded())) %", x: Self.left + length + 6, y: top + 10, size: 11))
                top += Self.bar
            }
            top += 16
        }
        var x = Self.left
        for (index, (policy, _)) in (loads.first?.saved ?? []).enumerated() {
            lines.append(
                "<rect x=\"\(x)\" y=\"34\" width=\"10\" height=\"10\" fill=\"\(Self.colors[index % Self.colors.count])\"/>"
            )
            lines.append(text(policy, x: x + 15, y: 43, size: 11))
            x += 30 + policy.count * 7
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="720" height="\(top)" font-family="sans-serif">
            <rect width="720" height="\(top)" fill="white"/>
            \(text("Prompt tokens that no upstream had to compute", x: Self.left, y: 20, size: 14))
            \(lines.joined(separator: "\n"))
            </svg>

            """
    }

    private func text(_ text: String, x: Int, y: Int, size: Int = 12, anchor: String = "start") -> String {
        "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(size)\" text-anchor=\"\(anchor)\">\(text)</text>"
    }
}
