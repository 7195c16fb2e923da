import Foundation
import MartletUV

@testable import MartletEngine
@testable import MartletModels

/// A random GPT-2 of any shape: written as a Hugging Face folder, and computed with plain loops in Double.
struct TinyModel {
    var width = 20
    var heads = 5
    var vocabulary = 37
    var context = 24
    var layers = 2
    var activation = "gelu_new"
    /// Whether the head is the token embeddings.
    var isTied = true
    private var tensors: [String: (shape: [Int], values: [Float])] = [:]

    init(width: Int = 20, heads: Int = 5, activation: String = "gelu_new", isTied: Bool = true) {
        self.width = width
        self.heads = heads
        self.activation = activation
        self.isTied = isTied
        var generator = SplitMix64(seed: 9)
        func add(_ name: String, _ shape: [Int]) {
            // Multiples of 1/64 below 2, which F16 and BF16 express as well.
            let values = (0..<shape.reduce(1, *)).map { _ in Float(Int(generator.next() % 97) - 48) / 64 }
            tensors[name] = (shape, values)
        }
        func addPair(_ name: String, _ shape: [Int], bias: Int) {
            add(name + ".weight", shape)
            add(name + ".bias", [bias])
        }
        add("wte.weight", [vocabulary, width])
        add("wpe.weight", [context, width])
        for layer in 0..<layers {
            addPair("h.\(layer).ln_1", [width], bias: width)
            addPair("h.\(layer).attn.c_attn", [width, 3 * width], bias: 3 * width)
            addPair("h.\(layer).attn.c_proj", [width, width], bias: width)
            addPair("h.\(layer).ln_2", [width], bias: width)
            addPair("h.\(layer).mlp.c_fc", [width, 4 * width], bias: 4 * width)
            addPair("h.\(layer).mlp.c_proj", [4 * width, width], bias: width)
        }
        addPair("ln_f", [width], bias: width)
        if !isTied { add("lm_head.weight", [vocabulary, width]) }
    }

    var configurationText: String {
        """
        {"model_type": "gpt2", "vocab_size": \(vocabulary), "n_ctx": \(context), "n_embd": \(width),
         "n_layer": \(layers), "n_head": \(heads), "activation_function": "\(activation)", "eos_token_id": 36,
         "tie_word_embeddings": \(isTied)}
        """
    }

    func tensorFile(type: String = "F32", prefix: String = "") -> TensorFile {
        var file = TensorFile()
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            // The head belongs to the whole model, not to the transformer in it.
            file.add(name == "lm_head.weight" ? name : prefix + name, type, tensor.shape, tensor.values)
        }
        // Old exports also have a mask, of a type that is not read.
        file.describe(prefix + "h.0.attn.bias", "BOOL", [0], "[0, 0]")
        return file
    }

    func network(type: String = "F32", prefix: String = "") throws -> GPT2 {
        let configuration = try GPT2Configuration(ModelFile(name: "c", copying: Array(configurationText.utf8)))
        return try GPT2(configuration, tensorFile(type: type, prefix: prefix).open())
    }

    /// Logits [T][V].
    func logits(_ ids: [Int]) -> [[Double]] {
        var x = ids.enumerated().map { position, id in
            zip(row("wte.weight", id), row("wpe.weight", position)).map { $0 + $1 }
        }
        for layer in 0..<layers {
            let name = "h.\(layer)."
            let qkv = x.map { linear(name + "attn.c_attn", norm(name + "ln_1", $0)) }
            for (position, mixed) in qkv.indices.map({ attention(qkv[...$0]) }).enumerated() {
                x[position] = zip(x[position], linear(name + "attn.c_proj", mixed)).map { $0 + $1 }
                let inner = linear(name + "mlp.c_fc", norm(name + "ln_2", x[position])).map(gelu)
                x[position] = zip(x[position], linear(name + "mlp.c_proj", inner)).map { $0 + $1 }
            }
        }
        return x.map { hidden in
            let final = norm("ln_f", hidden)
            return (0..<vocabulary).map {
                zip(final, row(isTied ? "wte.weight" : "lm_head.weight", $0)).reduce(0) { $0 + $1.0 * $1.1 }
            }
        }
    }

    private func row(_ name: String, _ index: Int) -> [Double] {
        guard let tensor = tensors[name], let columns = tensor.shape.last else { return [] }
        return tensor.values[index * columns..<(index + 1) * columns].map(Double.init)
    }

    private func linear(_ name: String, _ x: [Double]) -> [Double] {
        x.enumerated().reduce(row(name + ".bias", 0)) { sum, term in
            zip(sum, row(name + ".weight", term.offset)).map { $0 + term.element * $1 }
        }
    }

    private func norm(_ name: String, _ x: [Double]) -> [Double] {
        let mean = x.reduce(0, +) / Double(x.count)
        let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
        let scaled = zip(x, row(name + ".weight", 0)).map { ($0 - mean) / (variance + 1e-5).squareRoot() * $1 }
        return zip(scaled, row(name + ".bias", 0)).map { $0 + $1 }
    }

    /// The attention output of the last position.
    private func attention(_ qkv: ArraySlice<[Double]>) -> [Double] {
        let size = width / heads
        return (0..<heads).flatMap { head -> [Double] in
            let dimensions = head * size..<(head + 1) * size
            let query = qkv[qkv.endIndex - 1]
            let weights = qkv.map { row in
                exp(dimensions.reduce(0) { $0 + query[$1] * row[width + $1] } / Double(size).squareRoot())
            }
            let total = weights.reduce(0, +)
            return dimensions.map { i in zip(weights, qkv).reduce(0) { $0 + $1.0 / total * $1.1[2 * width + i] } }
        }
    }

    private func gelu(_ x: Double) -> Double {
        activation == "gelu"
            ? x / 2 * (1 + erf(x / 2.0.squareRoot()))
            : x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }
}
