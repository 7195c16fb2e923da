internal import CMartletKernels

/// A GPT-2's forward pass.
///
/// T is the number of tokens in this pass, d the width, m the inner width, V the vocabulary. A row's result does not
/// depend, to the bit, on the rows beside it, nor on how a sequence was cut into passes, nor on the number of threads.
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
    package let cacheShape: KVCache.Shape
    private let weights: GPT2Weights

    package init(
        _ configuration: GPT2Configuration, _ file: Safetensors, weights format: WeightFormat = .f32
    ) throws(ModelLoadError) {
        self.configuration = configuration
        cacheShape = KVCache.Shape(
            layerCount: configuration.layerCount, headCount: configuration.headCount,
            headWidth: configuration.headWidth, weights: format)
        weights = try GPT2Weights(file, configuration, format)
    }

    /// Runs the tokens of all segments through the blocks and stores their keys and values in the cache. No two segments
    /// belong to the same sequence. The caller makes sure that tokens are in the vocabulary and positions in the context.
    ///
    /// - Returns: the final layer norm's output [T, d], segment after segment.
    package func forward(_ segments: [Segment], _ cache: KVCache, _ workspace: Workspace) -> [Float] {
        workspace.inTurn { pool in pass(segments, cache, workspace, pool) }
    }

    private func pass(
        _ segments: [Segment], _ cache: KVCache, _ workspace: Workspace, _ pool: OpaquePointer
    ) -> [Float] {
        precondition(cache.shape == cacheShape, "the cache was made for another model")
        let rows = segments.reduce(0) { $0 + $1.tokens.count }
        let d = configuration.width
        let buffers = workspace.buffers([rows * d, rows * d, rows * 3 * d, rows * configuration.innerWidth])
        let x = buffers[0]  // [T, d]
        let normed = buffers[1]  // [T, d]
        let qkv = buffers[2]  // [T, 3d]
        let inner = buffers[3]  // [T, m]
        let attended = normed  // [T, d]: the norm has been used by then

        embed(segments, into: x)
        withPages(of: segments, in: cache) { segments, segmentCount in
            for (layer, block) in weights.blocks.enumerated() {
                normalize(x, block.attentionNorm, rows: rows, into: normed, pool)
                block.queryKeyValue.apply(to: normed, rows: rows, into: qkv, MARTLET_STORE, pool)
                martlet_attention(
                    pool, attended, qkv, segments, segmentCount, cache.shape.format, layer,
                    configuration.headCount, configuration.headWidth)
                block.attentionOutput.apply(to: attended, rows: rows, into: x, MARTLET_ADD, pool)

                normalize(x, block.feedForwardNorm, rows: rows, into: normed, pool)
                block.feedForwardIn.apply(to: normed, rows: rows, into: inner, configuration.activation.kernel, pool)
                block.feedForwardOut.apply(to: inner, rows: rows, into: x, MARTLET_ADD, pool)
            }
        }
        return array(of: rows * d) { normalize(x, weights.finalNorm, rows: rows, into: $0, pool) }
    }

    /// Logits [rows, V] of hidden states [rows, d], through the head.
    package func logits(_ hidden: [Float], _ workspace: Workspace) -> [Float] {
        let rows = hidden.count / configuration.width
        return workspace.inTurn { pool in
            array(of: rows * configuration.vocabularySize) { logits in
                weights.head.apply(to: hidden, rows: rows, bias: nil, into: logits, MARTLET_STORE, pool)
            }
        }
    }

    /// [T, d] <- token embedding + position embedding.
    private func embed(_ segments: [Segment], into x: UnsafeMutablePointer<Float>) {
        let d = configuration.width
        var row = x
        weights.positions.withUnsafeBufferPointer { positions in
            for segment in segments {
                for (i, token) in segment.tokens.enumerated() {
                    weights.tokens.copyColumn(token, into: row)
                    if let start = positions.baseAddress { martlet_add(row, start + (segment.start + i) * d, d) }
                    row += d
                }
            }
        }
    }

    /// y [T, d] <- x through a layer norm.
    private func normalize(
        _ x: UnsafePointer<Float>, _ norm: GPT2Weights.Norm, rows: Int, into y: UnsafeMutablePointer<Float>,
        _ pool: OpaquePointer
    ) {
        martlet_layer_norm(
            pool, y, x, norm.gain, norm.bias, configuration.layerNormEpsilon, rows, configuration.width)
    }

    /// Describes the segments to the kernels: their rows and their pages.
    private func withPages(
        of segments: [Segment], in cache: KVCache,
        _ body: (_ segments: UnsafePointer<martlet_segment>, _ count: Int) -> Void
    ) {
        let pages = segments.flatMap { cache.pages(of: $0.blocks) }
        pages.withUnsafeBufferPointer { pages in
            guard var next = pages.baseAddress else { return }
            var described: [martlet_segment] = []
            var row = 0
            for segment in segments {
                described.append(
                    martlet_segment(first: row, rows: segment.tokens.count, start: segment.start, pages: next))
                row += segment.tokens.count
                next += segment.blocks.count
            }
            body(described, described.count)
        }
    }

    private func array(of count: Int, _ fill: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
        [Float](unsafeUninitializedCapacity: count) { buffer, filled in
            guard let start = buffer.baseAddress, count > 0 else { return }
            fill(start)
            filled = count
        }
    }
}

extension GPT2Configuration.Activation {
    fileprivate var kernel: martlet_result {
        switch self {
        case .geluNew: MARTLET_GELU_NEW
        case .gelu: MARTLET_GELU
        }
    }
}
