import CBundle

/// A `sensor.yaml`: which model to run, on which pictures, and when to speak. `docs/sensor-file.md` lists every key
/// with its type, unit and default.
public struct SensorFile: Sendable, Equatable {
    /// The sensor's name in events and topics: letters, digits, `.`, `_` and `-`, at most 64 bytes.
    public var name: String
    /// Path of the trained model, relative to the working directory or absolute.
    public var model: String
    /// In the order of the model's scores; empty: there are none.
    public var labels: [String]
    /// What to say of where they come from, such as "the model's metadata"; nil: the file lists them itself.
    public var labelOrigin: String?
    public var input: Input
    /// What the model's inputs beside the picture are held at, in the file's order.
    public var inputs: [InputValue] = []
    public var output: Output
    /// As `ocellusd --source` takes it; nil: must be given on the command line.
    public var source: String?
    /// A program and its arguments whose standard output `source` describes; empty: none.
    public var command: [String] = []
    public var camera = Camera()
    /// GPIO lines, at most 32.
    public var lines: [Line] = []
    public var watch: [WatchRule]
    /// Parts of the frame, for the rules that name them: each inferred for itself, or of a detector, where objects are.
    public var zones: [Zone] = []
    /// What a detector's boxes become; nil: what suits its kind.
    public var detector: Detector?
    public var tracks: Tracks?
    public var crossings: [Crossing] = []
    /// Nil: no second model.
    public var cascade: Cascade?
    /// Parts of the frame that nobody looks at.
    public var masks: [Crop] = []
    /// Nil: every frame is inferred.
    public var motion: Motion?
    /// What is kept of frames around events; its folder may come from the command line.
    public var record = Record()
    /// No pixel is written, whatever is asked for.
    public var isMetadataOnly = false
    /// Prefix of topic lines; nil: `ocellus/<name>`.
    public var topic: String?
    /// What `ocellus deploy` gives to `ocellus-link`, but for files and sockets; empty: it sets up none.
    public var link: [String] = []
    /// Time between heartbeats; nil: none.
    public var heartbeat: Duration?
    /// Frames inferred a second at most; nil: no limit.
    public var maxFPS: Double?
    /// Where each setting is written.
    var origin = Origin()

    /// An input of the model that never changes.
    public struct InputValue: Sendable, Equatable {
        /// The input's name in the model.
        public var name: String
        /// Real numbers, one for all elements or one for each.
        public var values: [Double]
    }

    /// How a picture becomes the model's first input.
    public struct Input: Sendable, Equatable {
        public var pixels: PixelScale
        /// Nil: grey for a model with one input channel, RGB for three.
        public var colour: Colour?
        public var crop: Crop
        public var fit: Fit
        /// Pixel value of the bars around a contained picture, 0 to 255.
        public var fill: UInt8
        /// Quarter turns clockwise that set the frame upright, 0 to 3.
        public var turns = 0
        /// After the turns, left and right are exchanged.
        public var isMirrored = false

        public init(
            pixels: PixelScale = .raw, colour: Colour? = nil, crop: Crop = .all, fit: Fit = .stretch, fill: UInt8 = 0
        ) {
            self.pixels = pixels
            self.colour = colour
            self.crop = crop
            self.fit = fit
            self.fill = fill
        }
    }

    /// How the camera is run, or the command that stands for it.
    public struct Camera: Sendable, Equatable {
        public struct Control: Sendable, Equatable {
            public var name: String
            /// A number, `on`, `off`, or the words of a menu's entry.
            public var value: String
        }

        /// Of the frames to take; nil: the cheapest.
        public var size: Size?
        /// As `ocellusd --list-cameras` names it; nil: the cheapest.
        public var format: String?
        /// Frames a second to ask for; nil: `maxFPS`, or else the driver's own.
        public var fps: Double?
        /// Without a frame for so long the source is started anew.
        public var stall = Duration.seconds(2)
        /// A picture that is black or motionless for so long is told; zero: never.
        public var blind = Duration.seconds(10)
        /// In the file's order.
        public var controls: [Control] = []

        public init() {}
    }

    /// A GPIO line and what it is for.
    public struct Line: Sendable, Equatable {
        public enum Use: Sendable, Equatable {
            /// Inputs. Changes of all of them are told.
            case report
            case triggerWhileActive(hold: Duration)
            case triggerBurst(frames: Int)
            case inhibit
            /// Outputs. `object` is a watch rule's name.
            case follow(object: String)
            case pulse(object: String, Change, length: Duration)
            case fault(length: Duration)
        }

        public enum Change: String, Sendable, CaseIterable { case enter, leave, update }

        public enum Bias: String, Sendable, CaseIterable {
            case asIs = "as-is"
            case none
            case pullUp = "pull-up"
            case pullDown = "pull-down"
        }

        /// In events; unique.
        public var name: String
        /// The line's own name on its chip; nil: by `offset`.
        public var line: String?
        /// The chip's name or label; nil: any.
        public var chip: String?
        public var offset: Int?
        public var use: Use
        public var isActiveLow = false
        public var bias = Bias.asIs
        public var debounce = Duration.zero
        public var leastOn = Duration.zero
        /// Of outputs: their object counts as there while a detector sees so many; nil: any.
        public var leastCount: Int?
    }

    public struct Size: Sendable, Equatable {
        public var width: Int
        public var height: Int
    }

    /// What a pixel value 0 to 255 means to the model.
    public enum PixelScale: Sendable, Equatable {
        /// The value is the element: `value` in a uint8 tensor, `value - 128` in an int8 one.
        case raw
        /// `(value - mean) / std` is the real number that the input tensor's scale and zero point quantize.
        /// One entry for all channels, or one each; every `std` is above 0.
        case normalized(mean: [Double], std: [Double])
    }

    public enum Colour: Sendable, Equatable { case rgb, bgr, grey }

    public enum Fit: Sendable, Equatable {
        /// The crop fills the input; its aspect ratio may change.
        case stretch
        /// The largest centred part of the crop that has the input's aspect ratio.
        case cover
        /// The whole crop, centred, with bars.
        case contain
    }

    /// A part of the frame, in fractions of its width and height: inside 0 to 1, with width and height above 0.
    public struct Crop: Sendable, Equatable {
        public var x: Double
        public var y: Double
        public var width: Double
        public var height: Double

        public init(x: Double, y: Double, width: Double, height: Double) {
            (self.x, self.y, self.width, self.height) = (x, y, width, height)
        }

        public static let all = Crop(x: 0, y: 0, width: 1, height: 1)
    }

    public struct Zone: Sendable, Equatable {
        public var name: String
        public var part: Crop
        /// Of a polygon, which a detector's objects are in; empty: the zone is the rectangle.
        public var points: [Corner] = []
    }

    /// Frames in which nothing moves are not inferred.
    public struct Motion: Sendable, Equatable {
        /// Change of brightness that counts, 1 to 255.
        public var level = 10
        /// Part of the picture that must change, above 0 to 1.
        public var area = 0.003
        /// How long inference goes on after the last motion.
        public var hold = Duration.seconds(2)
        /// A frame is inferred so often even without motion; nil: never.
        public var every: Duration?
    }

    /// Frames that are kept.
    public struct Record: Sendable, Equatable {
        /// Nil: nothing is kept unless the command line names a folder.
        public var folder: String?
        /// Bytes of all that is kept.
        public var budget = Int(OC_RECORD_DEFAULT_BUDGET)
        /// Frames before and after one with an event.
        public var before = Int(OC_RECORD_DEFAULT_FRAMES)
        public var after = Int(OC_RECORD_DEFAULT_FRAMES)
        /// Pixels of a picture's longer side at most.
        public var side = Int(OC_RECORD_DEFAULT_SIDE)
        /// Of JPEG, 1 to 100.
        public var quality = Int(OC_RECORD_DEFAULT_QUALITY)
    }

    /// Which of the model's outputs holds one score a label.
    public struct Output: Sendable, Equatable {
        /// Position among the model's outputs, from 0.
        public var index: Int
        public var scores: Scores

        public init(index: Int = 0, scores: Scores = .probability) {
            self.index = index
            self.scores = scores
        }
    }

    public enum Scores: Sendable, Equatable {
        /// The output is the probability itself.
        case probability
        /// The output is a logit; its logistic function is the probability.
        case sigmoid
    }

    /// When to speak about a label, or several whose scores are added up.
    public struct WatchRule: Sendable, Equatable {
        /// Events carry it as "object".
        public var name: String
        /// Indices into the model's scores: one or more, each once, in the file's order.
        public var labels: [Int]
        /// Index into `zones`; nil: the input's own crop.
        public var zone: Int?
        /// Smoothed score at or above which the object is there, 0 to 1.
        public var on: Double
        /// Smoothed score below which it is gone; at most `on`.
        public var off: Double
        /// Weight of a new frame in the moving average, above 0 to 1; 1 is no smoothing.
        public var smoothing: Double
        /// How long the score must stay at or above `on` before "enter".
        public var enterAfter: Duration
        /// How long the score must stay below `off` before "leave".
        public var leaveAfter: Duration
        /// After a "leave" there is no "enter" for so long.
        public var cooldown: Duration
        /// While the object is there, an "update" so often; nil: never.
        public var updateEvery: Duration?
        /// What a detector's object must be; nil: any.
        public var filter: ObjectFilter?
        /// Index into the cascade's labels: what the second model must say of the object; nil: anything.
        public var subLabel: Int?
    }
}
