import System

/// A window's part of a geometry, as reports have it: "3x3 stride 2 pad 1".
func windowText(_ h: Int32, _ w: Int32, _ strideH: Int32, _ strideW: Int32, _ top: Int32, _ left: Int32) -> String {
    var text = "\(h)x\(w)"
    if strideH != 1 || strideW != 1 {
        text += strideH == strideW ? " stride \(strideH)" : " stride \(strideH)x\(strideW)"
    }
    if top != 0 || left != 0 { text += top == left ? " pad \(top)" : " pad \(top),\(left)" }
    return text
}

/// Empty where it clamps nothing.
func clampText(_ low: Int32, _ high: Int32) -> String {
    low == -128 && high == 127 ? "" : "clamp \(low)...\(high)"
}

/// Two parts of a geometry, either of which may be empty.
func list(_ first: String, _ second: String) -> String {
    second.isEmpty ? first : first.isEmpty ? second : first + ", " + second
}
