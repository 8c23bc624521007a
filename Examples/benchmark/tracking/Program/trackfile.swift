// trackfile [NAME=VALUE]...: reads detections, a line each of `TIME LEFT TOP RIGHT BOTTOM SCORE LABEL` (nanoseconds,
// 1/16 of a pixel, 1/65536), and prints the confirmed tracks that are seen in each frame, a line each of `TIME
// IDENTITY LEFT TOP RIGHT BOTTOM SCORE LABEL`. Lines of one time are a frame; a line with a time alone is one without
// detections. NAME is one of `TrackerSettings`.
import Detectors
import Foundation
import Tracking

func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data("trackfile: \(message)\n".utf8))
    exit(64)
}

let names: [String: WritableKeyPath<TrackerSettings, Int64>] = [
    "highScore": \.highScore, "lowScore": \.lowScore, "birthScore": \.birthScore, "confirmHits": \.confirmHits,
    "confirmScore": \.confirmScore, "tentativeMisses": \.tentativeMisses, "lostFor": \.lostFor,
    "rescueFor": \.rescueFor, "duplicateOverlap": \.duplicateOverlap, "centreNoise": \.centreNoise,
    "extentNoise": \.extentNoise, "birthSpeed": \.birthSpeed, "agility": \.agility, "growth": \.growth,
    "coasting": \.coasting, "lowNoise": \.lowNoise, "gate": \.gate, "worth": \.worth,
    "tentativeWorth": \.tentativeWorth, "leastOverlap": \.leastOverlap,
    "overlapWorth": \.overlapWorth, "shiftTracks": \.shiftTracks, "shiftTrust": \.shiftTrust, "scaleRate": \.scaleRate,
    "lostCost": \.lostCost, "returnFor": \.returnFor, "shape": \.shape, "vagueness": \.vagueness,
    "pixelNoise": \.pixelNoise, "besideScore": \.besideScore, "besideOverlap": \.besideOverlap,
    "agilityRate": \.agilityRate, "reviveWorth": \.reviveWorth, "reviveCost": \.reviveCost, "edgeCost": \.edgeCost,
    "stayCost": \.stayCost, "birthMemory": \.birthMemory,
]

var settings = TrackerSettings()
for argument in CommandLine.arguments.dropFirst() {
    let parts = argument.split(separator: "=")
    guard parts.count == 2, let path = names[String(parts[0])], let value = Int64(parts[1]) else {
        fail("'\(argument)' is no setting; there are \(names.keys.sorted().joined(separator: ", "))")
    }
    settings[keyPath: path] = value
}

var tracker = Tracker(settings, tracks: 256, detections: 512)
var frame: [Detection] = []
var time: Int64?

@MainActor func finish() {
    guard let time else { return }
    frame.withUnsafeBufferPointer { tracker.take($0, at: time) }
    for index in 0..<tracker.count {
        let track = tracker[index]
        guard track.state == .confirmed, track.isSeen else { continue }
        let box = track.box
        print(time, track.identity, box.left, box.top, box.right, box.bottom, track.score, track.label)
    }
    frame.removeAll(keepingCapacity: true)
}

var number = 0
while let line = readLine() {
    number += 1
    let values = line.split(separator: " ").compactMap { Int64($0) }
    guard values.count == 1 || values.count == 7 else { fail("line \(number): 1 or 7 whole numbers are needed") }
    if values[0] != time {
        finish()
        time = values[0]
    }
    guard values.count == 7 else { continue }
    guard let score = UInt32(exactly: values[5]), let label = UInt16(exactly: values[6]),
        values[1...4].allSatisfy({ Int32(exactly: $0) != nil })
    else { fail("line \(number): a number is out of range") }
    let box = Box(left: Int32(values[1]), top: Int32(values[2]), right: Int32(values[3]), bottom: Int32(values[4]))
    frame.append(Detection(box: box, score: score, label: label))
}
finish()
