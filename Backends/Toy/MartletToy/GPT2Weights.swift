import CToyKernels

/// A GPT-2's parameters as F32, its matrices packed for `toy_linear`.
///
/// V is the vocabulary, P the context length, d the width, m the inner width.
struct GPT2Weights: Sendable {
    struct Linear: Sendable {
        let inputs: Int
        let outputs: Int
        /// Packed [inputs, outputs].
        let weight: [Float]
        /// [outputs]
        let bias: [Float]

        /// y [rows, outputs] <- x [rows, inputs] through the layer.
        func apply(to x: [Float], rows: Int, into y: inout [Float]) {
            toy_linear(&y, x, weight, bias, rows, inputs, outputs)
        }
    }

    struct Norm: Sendable {
        /// [d]
        let gain: [Float]
        /// [d]
        let bias: [Float]
    }

    struct Block: Sendable {
        let attentionNorm: Norm
        /// [d, 3d]: queries, keys, values
        let queryKeyValue: Linear
        /// [d, d]
        let attentionOutput: Linear
        let feedForwardNorm: Norm
        /// [d, m]
        let feedForwardIn: Linear
        /// [m, d]
        let feedForwardOut: Linear
    }

    /// Packed [d, V]: the token embeddings.
    let tokens: [Float]
    /// Packed [d, V]: what makes logits of hidden states; the token embeddings, if it is tied to them.
    let head: [Float]
    /// [P, d]
    let positions: [Float]
    let blocks: [Block]
    let finalNorm: Norm

    /// Reads the tensors of a Hugging Face folder, whose names may start with `transformer.`.
    init(_ file: Safetensors, _ configuration: GPT2Configuration) throws(ToyModelError) {
        let prefix = file.contains("transformer.wte.weight") ? "transformer." : ""
        let d = configuration.width
        let m = configuration.innerWidth

        func norm(_ name: String) throws(ToyModelError) -> Norm {
            Norm(
                gain: try file.floats(prefix + name + ".weight", shape: [d]),
                bias: try file.floats(prefix + name + ".bias", shape: [d]))
        }
        func linear(_ name: String, _ inputs: Int, _ outputs: Int) throws(ToyModelError) -> Linear {
            let weight = try file.floats(prefix + name + ".weight", shape: [inputs, outputs])
            return Linear(
                inputs: inputs, outputs: outputs,
                weight: Self.pack(weight, inputs, outputs, transposed: false),
                bias: try file.floats(prefix + name + ".bias", shape: [outputs]))
        }

        tokens = Self.pack(
            try file.floats(prefix + "wte.weight", shape: [configuration.vocabularySize, d]),
            d, configuration.vocabularySize, transposed: true)
        head =
            configuration.hasTiedHead
            ? tokens
            : Self.pack(
                try file.floats("lm_head.weight", shape: [configuration.vocabularySize, d]),
                d, configuration.vocabularySize, transposed: true)
        positions = try file.floats(prefix + "wpe.weight", shape: [configuration.contextLength, d])
        var blocks: [Block] = []
        for layer in 0..<configuration.layerCount {
            let name = "h.\(layer)."
            blocks.append(
                Block(
                    attentionNorm: try norm(name + "ln_1"),
                    queryKeyValue: try linear(name + "attn.c_attn", d, 3 * d),
                    attentionOutput: try linear(name + "attn.c_proj", d, d),
                    feedForwardNorm: try norm(name + "ln_2"),
                    feedForwardIn: try linear(name + "mlp.c_fc", d, m),
                    feedForwardOut: try linear(name + "mlp.c_proj", m, d)))
        }
        self.blocks = blocks
        finalNorm = try norm("ln_f")
    }

    private static func pack(_ weight: [Float], _ inputs: Int, _ outputs: Int, transposed: Bool) -> [Float] {
        let size = toy_packed_size(inputs, outputs)
        return [Float](unsafeUninitializedCapacity: size) { buffer, count in
            count = size
            guard let target = buffer.baseAddress else { return }
            toy_pack(target, weight, inputs, outputs, transposed ? 1 : 0)
        }
    }
}
