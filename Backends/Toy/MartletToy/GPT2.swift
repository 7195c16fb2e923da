import CToyKernels

/// The forward pass.
///
/// T is the number of tokens in this pass, d the width, m the inner width, V the vocabulary. A row's result does not
/// depend, to the bit, on the rows beside it, nor on how a sequence was cut into passes.
package struct GPT2: Sendable {
    /// Consecutive tokens of one sequence.
    package struct Segment {
        let tokens: ArraySlice<Int>
        /// The position of the first.
        let start: Int
        /// The sequence's blocks of the cache, with room for the tokens.
        let blocks: [Int]

        package init(_ tokens: ArraySlice<Int>, start: Int, blocks: [Int]) {
            self.tokens = tokens
            self.start = start
            self.blocks = blocks
        }
    }

    package let configuration: GPT2Configuration
    private let weights: GPT2Weights

    package init(_ configuration: GPT2Configuration, _ file: Safetensors) throws(ToyModelError) {
        self.configuration = configuration
        weights = try GPT2Weights(file, configuration)
    }

    /// Runs the tokens of all segments through the blocks and stores their keys and values in the cache. No two segments
    /// are of one sequence; tokens lie in the vocabulary and positions in the context: the engine sees to it.
    ///
    /// - Returns: the final layer norm's output [T, d], segment after segment.
    package func forward(_ segments: [Segment], _ cache: KVCache) -> [Float] {
        let rows = segments.reduce(0) { $0 + $1.tokens.count }
        let d = configuration.width
        let m = configuration.innerWidth
        let pages = segments.map { cache.pages(of: $0.blocks) }

        var x = embed(segments, rows: rows)  // [T, d]
        var normed = [Float](repeating: 0, count: rows * d)  // [T, d]
        var qkv = [Float](repeating: 0, count: rows * 3 * d)  // [T, 3d]
        var attended = [Float](repeating: 0, count: rows * d)  // [T, d]
        var inner = [Float](repeating: 0, count: rows * m)  // [T, m]
        var change = [Float](repeating: 0, count: rows * d)  // [T, d]

        for (layer, block) in weights.blocks.enumerated() {
            normalize(x, block.attentionNorm, rows: rows, into: &normed)
            block.queryKeyValue.apply(to: normed, rows: rows, into: &qkv)
            attend(segments, pages, cache.offset(ofLayer: layer), qkv, into: &attended)
            block.attentionOutput.apply(to: attended, rows: rows, into: &change)
            toy_add(&x, change, rows * d)

            normalize(x, block.feedForwardNorm, rows: rows, into: &normed)
            block.feedForwardIn.apply(to: normed, rows: rows, into: &inner)
            switch configuration.activation {
            case .geluNew: toy_gelu_new(&inner, rows * m)
            case .gelu: toy_gelu(&inner, rows * m)
            }
            block.feedForwardOut.apply(to: inner, rows: rows, into: &change)
            toy_add(&x, change, rows * d)
        }
        normalize(x, weights.finalNorm, rows: rows, into: &normed)
        return normed
    }

    /// Logits [rows, V] of hidden states [rows, d], through the head.
    package func logits(_ hidden: [Float]) -> [Float] {
        let rows = hidden.count / configuration.width
        var logits = [Float](repeating: 0, count: rows * configuration.vocabularySize)
        toy_linear(&logits, hidden, weights.head, nil, rows, configuration.width, configuration.vocabularySize)
        return logits
    }

    /// [T, d] <- token embedding + position embedding.
    private func embed(_ segments: [Segment], rows: Int) -> [Float] {
        let d = configuration.width
        return [Float](unsafeUninitializedCapacity: rows * d) { x, count in
            count = rows * d
            guard var row = x.baseAddress else { return }
            for segment in segments {
                for (i, token) in segment.tokens.enumerated() {
                    toy_packed_row(row, weights.tokens, d, token)
                    weights.positions.withUnsafeBufferPointer { positions in
                        let position = segment.start + i
                        if let start = positions.baseAddress { toy_add(row, start + position * d, d) }
                    }
                    row += d
                }
            }
        }
    }

    private func normalize(_ x: [Float], _ norm: GPT2Weights.Norm, rows: Int, into y: inout [Float]) {
        toy_layer_norm(&y, x, norm.gain, norm.bias, configuration.layerNormEpsilon, rows, configuration.width)
    }

    /// y [T, d] <- causal attention, each row over its own sequence, of the layer at `offset`. qkv is [T, 3d].
    private func attend(
        _ segments: [Segment], _ pages: [[UnsafeMutablePointer<Float>]], _ offset: Int, _ qkv: [Float],
        into y: inout [Float]
    ) {
        let d = configuration.width
        let longest = pages.reduce(0) { max($0, $1.count) } * Int(TOY_LANES)
        var scores = [Float](repeating: 0, count: longest)
        qkv.withUnsafeBufferPointer { qkv in
            y.withUnsafeMutableBufferPointer { y in
                guard var source = qkv.baseAddress, var target = y.baseAddress else { return }
                for (segment, pages) in zip(segments, pages) {
                    let rows = segment.tokens.count
                    toy_attention(
                        target, source, pages, offset, &scores, segment.start, rows, configuration.headCount,
                        configuration.headWidth)
                    source += rows * 3 * d
                    target += rows * d
                }
            }
        }
    }
}
