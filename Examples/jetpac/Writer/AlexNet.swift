extension Network {
    /// A network of AlexNet's shape (A. Krizhevsky et al., 2012), with 16 bits a weight in convolutions and 8 in dense layers, as
    /// Jetpac's own files have them: 61 million weights, 64 MB.
    /// - Parameter labels: as many as there are scores.
    public static func alexNet(labels: [String]) -> [UInt8] {
        var net = Network("alexnet")
        (net.convolutionBits, net.matrixBits) = (16, 8)
        net.append(net.convolution("conv1", side: 11, from: 3, to: 96, stride: 4, extent: 0.01))
        net.append("relu", "conv1_neuron")
        net.appendPool("pool1", 3, stride: 2)
        net.appendNormalization("rnorm1")
        net.appendGroups("conv2", 2, side: 5, from: 96, to: 256, padding: 2)
        net.append("relu", "conv2_neuron")
        net.appendPool("pool2", 3, stride: 2)
        net.appendNormalization("rnorm2")
        net.append(net.convolution("conv3", side: 3, from: 256, to: 384, padding: 1))
        net.append("relu", "conv3_neuron")
        net.appendGroups("conv4", 2, side: 3, from: 384, to: 384, padding: 1)
        net.append("relu", "conv4_neuron")
        net.appendGroups("conv5", 2, side: 3, from: 384, to: 256, padding: 1)
        net.append("relu", "conv5_neuron")
        net.appendPool("pool5", 3, stride: 2)
        net.append("flat", "pool5_flat")
        net.appendNeurons("fc6", from: 9216, to: 4096, dropout: 0.5)
        net.append("relu", "fc6_neuron")
        net.appendNeurons("fc7", from: 4096, to: 4096, dropout: 0.5)
        net.append("relu", "fc7_neuron")
        net.appendNeurons("fc8", from: 4096, to: labels.count)
        net.append("max", "probs")
        return net.file(labels: labels, meanSide: 256, meanBits: 32)
    }
}
