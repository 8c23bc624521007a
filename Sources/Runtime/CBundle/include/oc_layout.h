/* The .ocellus bundle: every record as it lies in the file.
 *
 * The file is little-endian, as are all machines it runs on. It starts with an oc_header, then the section table
 * (oc_section each), then the sections, each at a multiple of 64 bytes. Records hold no padding that the compiler
 * chooses: the assertions at the end pin every size. Kernels take oc_step records in place, straight from the map.
 */
#ifndef OC_LAYOUT_H
#define OC_LAYOUT_H

#include <oc_target.h>
#include <stdint.h>

/* A text in the strings section: UTF-8, not terminated. */
typedef struct oc_text {
    uint32_t offset;
    uint32_t length;
} oc_text;

/* 64 bytes at offset 0. The magic's odd bytes betray a transfer in text mode, as PNG's do. */
typedef struct oc_header {
    uint8_t magic[8];       /* 0x89 'O' 'C' 'L' '\r' '\n' 0x1a '\n' */
    uint32_t version;       /* OC_VERSION */
    uint32_t section_count;
    uint64_t file_bytes;
    uint32_t table_crc;     /* CRC-32C of the section table */
    uint32_t header_crc;    /* CRC-32C of this record with header_crc = 0 */
    uint8_t reserved[32];   /* 0 */
} oc_header;

/* A program reads bundles of this format, and of none before or after: they are built again in seconds. The version counts up
 * where a record changes its size or a field its meaning. It stays where
 *  - a field takes the place of reserved bytes, and 0 says what held before: programs that do not know it refuse the bundles
 *    that use it, with the field's place, and take all others;
 *  - a kind of section is added: programs that do not know it refuse the bundles that have it. */
enum { OC_VERSION = 4, OC_ALIGNMENT = 64 };

/* Bundle/Sections describes the records of each: what holds for them, and how they are shown. */
typedef enum oc_section_kind {
    OC_SECTION_MODEL = 1,       /* one oc_model */
    OC_SECTION_STRINGS = 2,     /* bytes */
    OC_SECTION_TENSORS = 3,     /* oc_tensor each */
    OC_SECTION_STEPS = 4,       /* oc_step each, in execution order */
    OC_SECTION_WEIGHTS = 5,     /* bytes, as the kernel set wants them */
    OC_SECTION_INPUTS = 6,      /* uint32_t tensor index each, in the model's order */
    OC_SECTION_OUTPUTS = 7,     /* uint32_t tensor index each, in the model's order */
    OC_SECTION_LABELS = 8,      /* oc_text each */
    OC_SECTION_PREPROCESS = 9,  /* at most one oc_preprocess: pictures to input 0 */
    OC_SECTION_SCORES = 10,     /* at most one oc_scores: an output to label scores */
    OC_SECTION_WATCH = 11,      /* oc_watch each */
    OC_SECTION_SENSOR = 12,     /* at most one oc_sensor: how the daemon runs */
    OC_SECTION_SOURCE = 13,     /* at most one oc_source_settings: how the source is run */
    OC_SECTION_CONTROLS = 14,   /* oc_control each: the camera's settings */
    OC_SECTION_ZONES = 15,      /* oc_zone each: parts of the frame with watch rules of their own */
    OC_SECTION_MASKS = 16,      /* oc_region each: parts of the frame that nobody looks at */
    OC_SECTION_MOTION = 17,     /* at most one oc_motion */
    OC_SECTION_LINES = 18,      /* oc_line each: GPIO lines */
    OC_SECTION_FUSIONS = 19,    /* oc_fusion each: for whoever wants to know */
    OC_SECTION_RECORD = 20,     /* at most one oc_record: frames that are kept */
    OC_SECTION_WATCH_LABELS = 21, /* uint32_t index into the labels each: those of rules that follow several */
    OC_SECTION_DETECTOR = 22,   /* at most one oc_detector: outputs to boxes */
    OC_SECTION_LEVELS = 23,     /* oc_level each: the detector's grids */
    OC_SECTION_PRIORS = 24,     /* oc_prior each: what the levels' boxes start from */
    OC_SECTION_CURVES = 25,     /* oc_curve each: what raw numbers stand for */
    OC_SECTION_TRACKER = 26,    /* at most one oc_tracker: how boxes are followed from frame to frame */
    OC_SECTION_AREAS = 27,      /* oc_area each: parts of the frame that objects are in */
    OC_SECTION_CORNERS = 28,    /* oc_corner each: those of the areas */
    OC_SECTION_OBJECT_RULES = 29, /* oc_object_rule each, one a watch: which of a detector's objects it is about */
    OC_SECTION_CROSSINGS = 30,  /* oc_crossing each: lines that objects cross */
    OC_SECTION_CASCADE = 31,    /* at most one oc_cascade: how a second model looks at the detector's objects */
    OC_SECTION_CASCADE_LABELS = 32, /* uint32_t index into the labels each: the objects that it looks at; none: all */
    OC_SECTION_CASCADE_BUNDLE = 33, /* bytes: that model's own bundle, of labels and their scores */
    OC_SECTION_KIND_LIMIT = 34
} oc_section_kind;

typedef struct oc_section {
    uint32_t kind;
    uint32_t count;     /* records; bytes where the section is bytes */
    uint64_t offset;    /* from the start of the file, a multiple of 64 */
    uint64_t bytes;     /* without the padding up to the next section */
    uint32_t crc;       /* CRC-32C of those bytes */
    uint32_t reserved;  /* 0 */
} oc_section;

/* The kernel sets a bundle can be packed for. */
typedef enum oc_kernel_set_id {
    OC_SET_SCALAR = 1,
    OC_SET_AVX2 = 2,
    OC_SET_AVX512VNNI = 3,
    OC_SET_NEON = 4,
    OC_SET_DOTPROD = 5,
    OC_SET_I8MM = 6,
    OC_SET_NEON32 = 7,
    OC_SET_RVV = 8,
    OC_SET_LIMIT = 9
} oc_kernel_set_id;

enum { OC_MAX_THREADS = 16, OC_MAX_CPUS = 1024 };

/* The data caches that one core can fill, in bytes. */
typedef struct oc_caches {
    uint32_t l1, l2;        /* both 0: not told */
    uint32_t l3;            /* 0: none, or none known */
} oc_caches;

typedef struct oc_model {
    oc_text name;
    oc_text origin;         /* file name of the trained model */
    oc_text board;          /* profile the bundle was built for */
    oc_text builder;        /* "ocellus 0.2.0": programVersion */
    uint32_t kernel_set;    /* oc_kernel_set_id */
    uint32_t flip;          /* 0: int8 tensors lie in the arena as int8; 0x80: as uint8 = int8 + 128 */
    uint32_t threads;       /* worker threads the profile asks for, 1 to OC_MAX_THREADS */
    uint32_t origin_crc;    /* CRC-32C of the trained model's file */
    uint64_t arena_bytes;   /* exact; a multiple of 64 */
    uint64_t macs;          /* multiply-accumulates of one inference, below 2^53 */
    /* Numbers + 1 of the CPUs that the threads belong on, each its own, in their order, or where there are fewer threads,
     * all on all of them. Behind the last, 0; all 0: wherever Linux puts them. */
    uint16_t cpus[OC_MAX_THREADS];
    oc_caches caches;       /* those that the plan was made for */
    uint8_t reserved[4];    /* 0 */
} oc_model;

typedef enum oc_type {
    OC_TYPE_INT8 = 1,
    OC_TYPE_UINT8 = 2,
    OC_TYPE_INT32 = 3,
    OC_TYPE_INT64 = 4,
    OC_TYPE_FLOAT32 = 5
} oc_type;

enum { OC_MAX_RANK = 6, OC_NO_STEP = 0xffffffffu };

/* One activation or constant, for inputs, outputs, `inspect` and `verify`. Steps do not read these. */
typedef struct oc_tensor {
    oc_text name;
    uint8_t type;           /* oc_type */
    uint8_t rank;           /* 0 to OC_MAX_RANK */
    uint8_t space;          /* oc_space */
    uint8_t reserved;       /* 0 */
    int32_t shape[OC_MAX_RANK]; /* 1 past the rank */
    uint32_t offset;        /* in its space */
    uint32_t bytes;
    float scale;            /* 0: not quantized */
    int32_t zero_point;     /* of the model's type, before any flip */
    uint32_t first_step;    /* step that writes it; OC_NO_STEP for an input */
    uint32_t last_step;     /* last step that reads it; OC_NO_STEP: to the end */
} oc_tensor;

typedef enum oc_space {
    OC_SPACE_NONE = 0,
    OC_SPACE_ARENA = 1,
    OC_SPACE_WEIGHTS = 2
} oc_space;

typedef enum oc_fit {
    OC_FIT_STRETCH = 0,     /* the crop fills the input, aspect ratio be damned */
    OC_FIT_COVER = 1,       /* the largest centred part of the crop with the input's aspect ratio */
    OC_FIT_CONTAIN = 2      /* the whole crop, centred, bars filled with `fill` */
} oc_fit;

enum { OC_MAX_INPUT_SIDE = 8192, OC_MAX_ZONES = 16, OC_MAX_MASKS = 16, OC_MAX_WATCHES = 64, OC_MAX_WATCH_LABELS = 65536 };

/* A part of the frame, in 1/65535 of its width and height. */
typedef struct oc_region {
    uint16_t x, y, width, height; /* not empty, inside the frame */
} oc_region;

/* A part that is inferred for itself: the preprocessing with this in place of its crop. */
typedef struct oc_zone {
    oc_text name;
    oc_region part;
    uint8_t reserved[16];   /* 0 */
} oc_zone;

/* Frames in which nothing moves are not inferred. Vision/MotionGate.swift says how that is seen. */
typedef struct oc_motion {
    uint32_t level;         /* change of brightness that counts, 1 to 255 */
    uint32_t area;          /* part of the picture that must change, in 1/65536, 1 to 65536 */
    uint32_t hold;          /* milliseconds that inference goes on after the last motion */
    uint32_t every;         /* milliseconds after which a frame is inferred even so; 0: never */
    uint8_t reserved[16];   /* 0 */
} oc_motion;

enum { OC_MIRRORED = 4 }; /* after the turns left and right are exchanged */

/* How a picture becomes the model's 8-bit picture tensor, of shape [1, height, width, channels]: input 0, or where that is
 * float32 the tensor that quantizing it gives, and then the steps before it are skipped. */
typedef struct oc_preprocess {
    uint32_t width;         /* 1 to OC_MAX_INPUT_SIDE */
    uint32_t height;        /* 1 to OC_MAX_INPUT_SIDE */
    uint32_t channels;      /* 1: luma; 3: red, green, blue (or reversed, see bgr) */
    uint32_t tensor;        /* index of the tensor to fill */
    uint32_t skip_steps;    /* run from this step on */
    uint8_t fit;            /* oc_fit */
    uint8_t bgr;            /* 1: blue first */
    uint8_t fill;           /* pixel value of the bars, before `table` */
    uint8_t orientation;    /* quarter turns clockwise that set the frame upright, 0 to 3, and maybe OC_MIRRORED */
    uint16_t crop[4];       /* x, y, width, height in 1/65535 of the upright frame; 0 0 65535 65535 is all of it */
    uint8_t table[3][256];  /* pixel value 0..255 of each channel -> byte of the tensor as it lies in the arena */
} oc_preprocess;

/* How an 8-bit tensor becomes a score for each label, in units of 1/65536: an output, or where that is float32 the tensor
 * that it is dequantized from. */
typedef struct oc_scores {
    uint32_t tensor;        /* index of the tensor */
    uint32_t count;         /* its elements, = labels where there are labels */
    uint32_t table[256];    /* byte as it lies in the arena -> score, 0 to 65536 */
} oc_scores;

/* How a box follows from its prior: units and extents are the prior's. */
typedef enum oc_coder {
    OC_CODER_CENTRE = 0,    /* middle + position * unit; extent * size */
    OC_CODER_DISTANCES = 1, /* left, top, right, bottom: middle -/+ distance * unit */
    OC_CODER_CELLS = 2,     /* the prior: a cell that an object may be in */
    OC_CODER_LIMIT = 3
} oc_coder;

/* What becomes of two boxes that overlap. */
typedef enum oc_suppression {
    OC_SUPPRESS_CLASS = 0,  /* the lesser score of one class goes */
    OC_SUPPRESS_ANY = 1,    /* the lesser score goes, whatever the classes */
    OC_SUPPRESS_SOFT = 2,   /* none goes: of one class the lesser's score falls by the overlap (N. Bodla et al., arXiv:1704.04503) */
    OC_SUPPRESS_NONE = 3,   /* none goes */
    OC_SUPPRESS_FUSE = 4,   /* those of one class that touch, be it with a corner, become one that holds them, with the best score */
    OC_SUPPRESSION_LIMIT = 5
} oc_suppression;

enum {
    OC_MAX_LEVELS = 8, OC_MAX_BOXES = 1 << 20, OC_MAX_CLASSES = 4096, OC_MAX_BINS = 64, OC_MAX_POINTS = 64,
    OC_MAX_CANDIDATES = 4096, OC_MAX_DETECTIONS = 512
};

/* How 8-bit tensors become boxes. Scores and overlaps in 1/65536. */
typedef struct oc_detector {
    oc_text name;           /* of the kind of head */
    uint32_t coder;         /* oc_coder */
    uint32_t bins;          /* of OC_CODER_DISTANCES: a distance is the mean of a softmax over so many numbers; 1: the number itself */
    uint32_t classes;       /* scores a box, 1 to OC_MAX_CLASSES */
    uint32_t first_class;   /* those below are no objects; below classes */
    uint32_t points;        /* key points a box, at most OC_MAX_POINTS */
    uint32_t score;         /* a box counts from this on, 1 to 65536 */
    uint32_t suppression;   /* oc_suppression */
    uint32_t overlap;       /* intersection over union above which two boxes are one object, 0 to 65536 */
    uint32_t candidates;    /* boxes that suppression looks at, the best: 1 to OC_MAX_CANDIDATES */
    uint32_t detections;    /* boxes after it, the best: 1 to OC_MAX_DETECTIONS */
    uint8_t vertical_first; /* 1: numbers are y, x, height, width */
    uint8_t point_gap;      /* values behind each key point's x and y that are not read, at most 8 */
    uint8_t reserved[14];   /* 0 */
} oc_detector;

/* Where numbers lie: value k of anchor a at place p is element first + p * place + a * anchor + k * step of the tensor. */
typedef struct oc_field {
    uint32_t tensor;        /* OC_NO_FIELD: there is none */
    uint32_t first;
    uint32_t place;
    uint32_t anchor;
    uint32_t step;
    uint32_t curve;         /* index into the curves: what an element stands for */
    uint32_t flip;          /* elements XOR this rise as the numbers that they stand for do: 0 or 0x80 */
} oc_field;

enum { OC_NO_FIELD = 0xffffffffu };

/* A grid of places, each with the same anchors. */
typedef struct oc_level {
    uint32_t rows, columns; /* places */
    uint32_t anchors;       /* a place */
    uint32_t first_prior;   /* of one prior an anchor; where strides are 0, of one a place and anchor */
    uint32_t stride_x;      /* pixels of the input from place to place, in 1/65536 */
    uint32_t stride_y;
    oc_field positions;     /* 2, of OC_CODER_DISTANCES 4 times bins values, of OC_CODER_CELLS none */
    oc_field sizes;         /* of OC_CODER_CENTRE 2, of others none */
    oc_field scores;        /* a value a class */
    oc_field objectness;    /* 1 value, which scores are multiplied with, or none */
    oc_field points;        /* x, y and the gap's values of each key point, or none */
    uint8_t reserved[12];   /* 0 */
} oc_level;

/* In pixels of the input, in 1/65536. */
typedef struct oc_prior {
    int32_t x, y;           /* the middle of the first place's */
    int32_t unit_x, unit_y;
    int32_t width, height;
} oc_prior;

/* What the elements of a tensor stand for, by element XOR the field's flip: numbers in 1/65536 (scores 0 to 65536). Of a softmax's
 * numbers the exponential of how far they lie below the greatest, by that distance in elements, in 1/2^20. */
typedef struct oc_curve {
    int32_t values[256];
} oc_curve;

enum { OC_MAX_TRACKS = 512, OC_MAX_AREAS = 32, OC_MAX_CORNERS = 1024, OC_MAX_CROSSINGS = 32 };

/* How boxes become objects that last. Scores in 1/65536. */
typedef struct oc_tracker {
    uint32_t high;          /* boxes from this score on are matched first */
    uint32_t low;           /* those below it are not looked at; low <= high */
    uint32_t birth;         /* a box from this score on begins a track; high <= birth */
    uint32_t lost;          /* milliseconds that an object is waited for that is not seen */
    uint32_t tracks;        /* objects at once, 1 to OC_MAX_TRACKS */
    uint8_t reserved[12];   /* 0 */
} oc_tracker;

/* A place in 1/65535 of the frame's width and height. */
typedef struct oc_corner {
    uint16_t x, y;
} oc_corner;

/* A polygon: what lies inside an odd number of times is in it. */
typedef struct oc_area {
    oc_text name;
    uint32_t first_corner;  /* into the corners, right behind those of the areas before */
    uint32_t corners;       /* 3 or more */
    uint8_t reserved[16];   /* 0 */
} oc_area;

/* Which point of its box says where an object is. */
typedef enum oc_anchor {
    OC_ANCHOR_FEET = 0,     /* the middle of the lower edge */
    OC_ANCHOR_MIDDLE = 1,
    OC_ANCHOR_LIMIT = 2
} oc_anchor;

/* What a detector's objects must be for a watch rule. Extents in 1/65535 of the frame's. */
typedef struct oc_object_rule {
    uint32_t area;          /* 0: anywhere; n: area n - 1 */
    uint16_t least_width, least_height;
    uint16_t most_width, most_height;
    uint32_t least_aspect;  /* width by height, in 1/65536 */
    uint32_t most_aspect;   /* 0: any */
    uint8_t anchor;         /* oc_anchor */
    uint8_t reserved0;      /* 0 */
    uint16_t sub_label;     /* 0: any; n: the cascade's label n - 1 */
    uint8_t reserved[8];    /* 0 */
} oc_object_rule;

/* What the second model says of an object is its sub-label: what most of its answers say. */
typedef struct oc_cascade {
    uint32_t score;         /* from which on an answer counts, in 1/65536, 1 to 65536 */
    uint32_t margin;        /* around an object's box, in 1/65536 of its longer side, 0 to 65536 */
    uint32_t most;          /* objects that it looks at in a frame, 1 to OC_MAX_TRACKS */
    uint32_t every;         /* milliseconds until it looks at an object again; 0: in each frame */
    uint8_t reserved[16];   /* 0 */
} oc_cascade;

/* A line that objects cross, each counted once in either direction. */
typedef struct oc_crossing {
    oc_text name;
    oc_corner from, to;     /* not the same; seen from `from`, "in" goes to the right */
    uint32_t label;         /* OC_ANY_LABEL: of any */
    uint8_t anchor;         /* oc_anchor */
    uint8_t reserved[11];   /* 0 */
} oc_crossing;

enum { OC_ANY_LABEL = 0xffffffffu };

/* When to speak about one label, or about several whose scores are added up, to at most 1. Times in milliseconds, scores in
 * 1/65536. */
typedef struct oc_watch {
    oc_text name;           /* of the rule; events carry it as "object" */
    uint32_t label;         /* index into the labels, below oc_scores.count; of several the lowest */
    uint32_t on;            /* smoothed score at or above which the object is there */
    uint32_t off;           /* smoothed score below which it is gone; off <= on */
    uint32_t smoothing;     /* weight of a new frame in the moving average, 1 to 65536 (65536: none) */
    uint32_t enter_after;   /* minimum dwell before "enter" */
    uint32_t leave_after;   /* time below `off` before "leave" */
    uint32_t cooldown;      /* after a "leave", no "enter" for so long */
    uint32_t update_every;  /* while present, an "update" so often; 0: never */
    uint32_t zone;          /* 0: the preprocessing's own crop; n: zone n - 1 */
    /* The other labels, rising, are so many of the watch labels from the first on: right behind those of the rules before.
     * Of one label both are 0. */
    uint32_t further_first;
    uint32_t further_count;
    uint8_t reserved[12];   /* 0 */
} oc_watch;

/* What the daemon does when no flag says otherwise. */
typedef struct oc_sensor {
    oc_text name;           /* of this sensor, in every event */
    oc_text source;         /* as --source takes it; empty: must be given */
    oc_text topic;          /* prefix of topic lines; empty: "ocellus/<name>" */
    uint32_t heartbeat;     /* milliseconds between heartbeats; 0: none */
    uint32_t max_fps;       /* frames inferred a second at most, in 1/1000; 0: no limit */
    uint32_t privacy;       /* oc_privacy */
    oc_text link;           /* arguments of ocellus-link, each with a NUL behind it; empty: none is deployed */
    uint8_t reserved[20];   /* 0 */
} oc_sensor;

typedef enum oc_privacy {
    OC_PRIVACY_NONE = 0,
    OC_PRIVACY_METADATA = 1 /* whatever is asked for, no pixel is written */
} oc_privacy;

enum { OC_RECORD_MAX_FRAMES = 1000, OC_RECORD_LEAST_SIDE = 16, OC_RECORD_MAX_SIDE = 4096 };

/* What the daemon keeps of frames around events. Where a bundle has none of these, OC_RECORD_DEFAULT_... hold. */
typedef struct oc_record {
    oc_text folder;         /* empty: nothing is kept unless --record names one */
    uint64_t budget;        /* bytes of all that is kept, above 0 */
    uint32_t before;        /* frames before one with an event, at most OC_RECORD_MAX_FRAMES */
    uint32_t after;         /* frames after it, at most OC_RECORD_MAX_FRAMES */
    uint32_t side;          /* of pictures, the longer one at most: OC_RECORD_LEAST_SIDE to OC_RECORD_MAX_SIDE */
    uint32_t quality;       /* of JPEG, 1 to 100 */
    uint8_t reserved[32];   /* 0 */
} oc_record;

enum {
    OC_RECORD_DEFAULT_BUDGET = 268435456, OC_RECORD_DEFAULT_FRAMES = 8, OC_RECORD_DEFAULT_SIDE = 320,
    OC_RECORD_DEFAULT_QUALITY = 75
};

/* How a camera or the command that stands for one is run. Times in milliseconds. */
typedef struct oc_source_settings {
    oc_text command;        /* a program and its arguments, each with a 0 byte behind it; empty: none */
    oc_text format;         /* pixel format to take, as --list-cameras names it; empty: the cheapest */
    uint32_t width;         /* of the camera's frames; 0: the cheapest */
    uint32_t height;        /* 0 where width is 0 */
    uint32_t fps;           /* frames a second to ask for, in 1/1000; 0: max_fps, or else the driver's own */
    uint32_t stall;         /* without a frame for so long the source is started anew, 100 or more */
    uint32_t blind;         /* a picture black or motionless for so long is told; 0: never */
    uint8_t reserved[28];   /* 0 */
} oc_source_settings;

/* A control of the camera and what to set it to: a number, "on", "off", or the words of a menu's entry. */
typedef struct oc_control {
    oc_text name;           /* as --list-cameras has it */
    oc_text value;
} oc_control;

/* Something that the compiler folded, fused or cut into strips, for `inspect`; nothing else reads it. */
typedef struct oc_fusion {
    oc_text what;
    oc_text why;            /* empty: it always pays */
    uint32_t count;         /* how often */
    uint32_t first_step;    /* the steps that came of it; OC_NO_STEP: several */
    uint32_t step_count;
    uint32_t reserved;      /* 0 */
    uint64_t bytes;         /* of tensors that are never whole, less those of the buffers in their place */
    uint64_t arena_bytes;   /* that the arena would be larger without this alone */
} oc_fusion;

typedef enum oc_line_use {
    OC_LINE_REPORT = 0,         /* input: its changes are told, as are those of all inputs */
    OC_LINE_TRIGGER_ACTIVE = 1, /* input: frames are looked at while it is active, and `time` longer */
    OC_LINE_TRIGGER_BURST = 2,  /* input: `frames` frames each time that it becomes active */
    OC_LINE_INHIBIT = 3,        /* input: while it is active no frames are looked at */
    OC_LINE_FOLLOW = 4,         /* output: active while `object` is there */
    OC_LINE_PULSE_ENTER = 5,    /* output: active for `time` after the object's enter */
    OC_LINE_PULSE_LEAVE = 6,    /* output: active for `time` after its leave */
    OC_LINE_PULSE_UPDATE = 7,   /* output: active for `time` after each update */
    OC_LINE_FAULT = 8,          /* output: while the source gives no frames, `time` active and `time` inactive */
    OC_LINE_USE_LIMIT = 9
} oc_line_use;

enum { OC_MAX_LINES = 32 };

/* One GPIO line. Times in milliseconds. */
typedef struct oc_line {
    oc_text name;           /* in events */
    oc_text line;           /* the line's own name on its chip; empty: by offset */
    oc_text chip;           /* the chip's name or label; empty: any, only where `line` is not */
    oc_text object;         /* name of the watch rule that an output shows; empty for others */
    uint32_t offset;        /* of the line on its chip, where it has no name */
    uint8_t use;            /* oc_line_use */
    uint8_t active_low;     /* 1 */
    uint8_t bias;           /* of inputs; 0: as it is, 1: none, 2: pull-up, 3: pull-down */
    uint8_t reserved0;      /* 0 */
    uint32_t debounce;      /* an input counts after it has stayed so long */
    uint32_t frames;        /* of a burst, 1 to 1000000; 0 for others */
    uint32_t time;          /* see oc_line_use; 1 or more for pulses and faults */
    uint32_t least_on;      /* an output stays active at least so long */
    uint32_t least_count;   /* of outputs with an object: it counts as there while so many are; 0 and 1: any */
    uint8_t reserved[4];    /* 0 */
} oc_line;

#define OC_PIN(type, size) _Static_assert(sizeof(type) == (size), #type " has its size in the file")
OC_PIN(oc_header, 64);
OC_PIN(oc_section, 32);
OC_PIN(oc_model, 112);
OC_PIN(oc_tensor, 60);
OC_PIN(oc_preprocess, 800);
OC_PIN(oc_zone, 32);
OC_PIN(oc_motion, 32);
OC_PIN(oc_scores, 1032);
OC_PIN(oc_detector, 64);
OC_PIN(oc_field, 28);
OC_PIN(oc_level, 176);
OC_PIN(oc_prior, 24);
OC_PIN(oc_curve, 1024);
OC_PIN(oc_tracker, 32);
OC_PIN(oc_corner, 4);
OC_PIN(oc_area, 32);
OC_PIN(oc_object_rule, 32);
OC_PIN(oc_cascade, 32);
OC_PIN(oc_crossing, 32);
OC_PIN(oc_watch, 64);
OC_PIN(oc_sensor, 64);
OC_PIN(oc_record, 64);
OC_PIN(oc_source_settings, 64);
OC_PIN(oc_control, 16);
OC_PIN(oc_line, 64);
OC_PIN(oc_fusion, 48);

#endif
