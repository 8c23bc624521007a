/// A list of labels that comes with the program. `LabelLists/NOTICE` says where they are from.
public struct LabelList: Sendable {
    public let name: String
    /// For which models it is, in a few words.
    public let about: String
    /// In the order of a model's scores.
    public let labels: [String]

    public static let all: [LabelList] = {
        func lines(_ bytes: [UInt8]) -> [String] {
            String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
        let imagenet = lines(PackageResources.imagenet_txt)
        let coco = lines(PackageResources.coco_91_txt)
        let voc = lines(PackageResources.voc_txt)
        return [
            LabelList(name: "imagenet", about: "ImageNet-1k, as Keras and PyTorch count", labels: imagenet),
            LabelList(
                name: "imagenet-background", about: "the same behind a background, as TensorFlow's older models count",
                labels: ["background"] + imagenet),
            LabelList(
                name: "coco", about: "COCO's objects without gaps, as YOLO counts",
                labels: coco.dropFirst().filter { $0 != "N/A" }),
            LabelList(
                name: "coco-90", about: "COCO's own numbers less 1, with its gaps, as SSD's decoded classes count",
                labels: Array(coco.dropFirst())),
            LabelList(
                name: "coco-91", about: "COCO's own numbers, 0 for the background, as SSD's scores count", labels: coco),
            LabelList(name: "voc", about: "Pascal VOC's objects", labels: Array(voc.dropFirst())),
            LabelList(name: "voc-background", about: "the same behind a background, as DeepLab counts", labels: voc),
        ]
    }()

    public static func named(_ name: String) -> LabelList? { all.first { $0.name == name } }

    /// Behind the complaint that labels do not fit a model: "; imagenet has as many", or nothing.
    /// - Parameter scores: how many the model has.
    public static func hint(scores: Int) -> String {
        let fitting = all.filter { $0.labels.count == scores }.map(\.name)
        return fitting.isEmpty
            ? "" : "; \(fitting.joined(separator: " and ")) \(fitting.count == 1 ? "has" : "have") as many"
    }

    /// Behind the complaint that there is no file of a name that may be that of a list, misspelt.
    public static func hint(missing name: String) -> String {
        let names = all.map(\.name)
        guard !name.contains("/"), !name.contains(".") else { return "" }
        return suggestion(for: name, among: names) + " (lists: \(names.joined(separator: ", ")))"
    }
}

/// Labels, and what to say of where they come from: "list imagenet", "labels.txt"; nil: from where they are asked for.
public struct NamedLabels: Sendable, Equatable {
    public var labels: [String]
    public var origin: String?

    public init(_ labels: [String], origin: String?) {
        self.labels = labels
        self.origin = origin
    }

    public init(_ list: LabelList) { self.init(list.labels, origin: "list \(list.name)") }
}
