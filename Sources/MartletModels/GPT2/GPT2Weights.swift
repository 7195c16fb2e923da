internal import CMartletKernels

/// A GPT-2's parameters, its matrices packed.
///
/// V is the vocabulary, P the context length, d the width, m the inner width.
struct GPT2Weights: Sendable {
    struct Linear: Sendable {
        /// [inputs, outputs]
        let weight: PackedMatrix
        /// [outputs]
        let bias: [Float]

        /// y [rows, outputs] <- x [rows, inputs] through the layer.
        func apply(
            to x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>, _ result: martlet_result,
            _ pool: OpaquePointer
        ) {
            weight.apply(to: x, rows: rows, bias: bias, into: y, result, pool)
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

    /// [d, V]: the token embeddings.
    let tokens: PackedMatrix
    /// [d, V]: turns hidden states into logits; the token embeddings, if the head is tied to them.
    let head: PackedMatrix
    /// [P, d]
    let positions: [Float]
    let blocks: [Block]
    let finalNorm: Norm

    /// Reads the tensors of a Hugging Face folder, whose names may start with `transformer.`.
    init(_ file: Safetensors, _ configuration: GPT2Configuration, _ format: WeightFormat) throws(ModelLoadError) {
        let prefix = file.contains("transformer.wte.weight") ? "transformer." : ""
        let d = configuration.width
        let m = configuration.innerWidth

        func norm(_ name: String) throws(ModelLoadError) -> Norm {
            Norm(
                gain: try file.floats(prefix + name + ".weight", shape: [d]),
                bias: try file.floats(prefix + name + ".bias", shape: [d]))
        }
        func linear(_ name: String, _ inputs: Int, _ outputs: Int) throws(ModelLoadError) -> Linear {
            let weight = try file.withFloats(prefix + name + ".weight", shape: [inputs, outputs]) {
                weights throws(ModelLoadError) in
                try PackedMatrix(weights, inputs: inputs, outputs: outputs, isTransposed: false, format: format)
            }
            return Linear(weight: weight, bias: try file.floats(prefix + name + ".bias", shape: [outputs]))
        }
        func head(_ name: String) throws(ModelLoadError) -> PackedMatrix {
            let outputs = configuration.vocabularySize
            return try file.withFloats(name, shape: [outputs, d]) { weights throws(ModelLoadError) in
                try PackedMatrix(weights, inputs: d, outputs: outputs, isTransposed: true, format: format)
            }
        }

        tokens = try head(prefix + "wte.weight")
        self.head = configuration.hasTiedHead ? tokens : try head("lm_head.weight")
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
}
