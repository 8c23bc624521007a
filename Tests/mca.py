#!/usr/bin/env python3
"""Cycles that llvm-mca expects of the innermost Arm loops, on an in-order and on out-of-order cores.

usage: Tests/mca.py        prints a table; needs clang, and llvm-mca of LLVM 19 (Debian: llvm-19)

Instruction counts alone reward slow instructions, so both are looked at. The loops are taken from the compiler's output for
the kernels as they are: of each function the loop with the most of its multiply-accumulates. LLVM has no model of the
Cortex-A76; the Neoverse N1 is the same core. Memory is taken as L1, branches as foretold.
"""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

KERNELS = Path(__file__).resolve().parent.parent / "Sources/Runtime/CKernels"
FLAGS = ["--target=aarch64-unknown-linux-gnu", "-isystem/usr/aarch64-linux-gnu/include", "-O2", "-D_GNU_SOURCE",
         f"-I{KERNELS}/include", f"-I{KERNELS}/../CBundle/include", f"-I{KERNELS}/../CTarget/include"]
CORES = {"A53": "cortex-a53", "A55": "cortex-a55", "A76": "neoverse-n1"}

# Groups with and without chains of four, each as a loop of its own: in the kernel a bit chooses.
CHAINS = f"""
#include "{KERNELS}/neon/conv.c"
#define LOOP(name, four)                                                                                       \\
    void name(chain_sums out, const int8_t *const pixels[TILE], const int8_t *w, int32_t count) {{             \\
        enum {{ rows = TILE }};                                                                                \\
        const int8_t *x[TILE];                                                                                 \\
        chain_sums sums;                                                                                       \\
        OC_EACH_PIXEL {{                                                                                       \\
            x[p] = pixels[p];                                                                                  \\
            OC_EACH_CHANNEL sums[p][c] = out[p][c];                                                            \\
        }}                                                                                                     \\
        do {{                                                                                                  \\
            add_group(sums, x, &w, rows, four, 0);                                                             \\
            OC_STEP(w, CHANNELS * OC_CHAIN_GROUP);                                                             \\
        }} while (--count != 0);                                                                               \\
        OC_EACH_PIXEL OC_EACH_CHANNEL out[p][c] = sums[p][c];                                                  \\
    }}
LOOP(chains_of_four, 1)
LOOP(chains_of_two, 0)
"""

# The same for pairs.
PAIRS = f"""
#include "{KERNELS}/neon/pairs.c"
void pairs_of_four(pair_sums out, const int8_t *const pixels[TILE], const int8_t *w, int32_t count) {{
    enum {{ rows = TILE }};
    const int8_t *x[TILE];
    pair_sums sums;
    OC_EACH_PIXEL {{
        x[p] = pixels[p];
        OC_EACH_QUAD sums[p][q] = out[p][q];
    }}
    do {{
        add_pairs(sums, x, &w, rows, OC_PAIR_UNIT, 1);
        w += OC_PAIR_UNIT * PAIR_BYTES;
    }} while (--count != 0);
    OC_EACH_PIXEL OC_EACH_QUAD out[p][q] = sums[p][q];
}}
"""

# Short filters: the loop as it is for all but the last pixels.
SHORT = f"""
#include "{KERNELS}/dotprod/short.c"
OC_DOTPROD void short_of_16(const oc_panel_block *shared, const int8_t *x, int32_t count, uint8_t *out) {{
    const oc_panel_block block = *shared;
    const oc_short s = oc_short_load(&block, 4, 4);
    uint8_t *below = out + block.store.stride;
    do {{
        four(&s, &block, x, &out, &below, 4, OC_ARM_BARE);
        x += 64;
    }} while (--count != 0);
}}
"""

# What it is, source, function, its multiply-accumulates and how many of the table's MAC one is.
LOOPS = [
    ("sdot, 8 pixels x 12 channels", "dotprod/conv.c", "bare_3", r"sdot", 16),
    ("sdot, 8 pixels x 8 channels", "dotprod/conv.c", "bare_2", r"sdot", 16),
    ("sdot, 4 pixels of 16 bytes in place x 8 channels, to bytes", SHORT, "short_of_16", r"sdot", 16),
    ("sdot, 4 grey pixels x 8 channels, to bytes", "dotprod/grey.c", "rows_4", r"sdot", 12),
    ("smmla, 8 pixels x 12 channels", "i8mm/conv.c", "bare_3", r"smmla", 32),
    ("smull and smlal, chains of four", CHAINS, "chains_of_four", r"sml?ull2?|smlal2?", 8),
    ("smull and smlal, chains of two", CHAINS, "chains_of_two", r"smull2?|smlal2?", 8),
    ("smull and smlal, pairs by four", PAIRS, "pairs_of_four", r"smull2?|smlal2?", 8),
    ("depthwise 3x3 s1, sdot, to bytes", "dotprod/columns3.c", "oc_dotprod_columns_3", r"sdot", 12),
    ("depthwise 3x3 s1, smull, to bytes", "neon/taps3.c", "oc_neon_taps_3", r"smull2?|smlal2?", 8),
]


def compile_to_assembly(source, folder):
    file = KERNELS / source
    if not source.endswith(".c"):
        file = folder / "chains.c"
        file.write_text(source)
    done = subprocess.run(["clang", *FLAGS, "-S", str(file), "-o", "-"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"mca.py: {source}: {done.stderr}")
    return done.stdout.splitlines()


def innermost_loop(assembly, function, mnemonic):
    """The straight run from a label to the branch back to it that has the most of `mnemonic` and no other label."""
    start = assembly.index(next(line for line in assembly if line.startswith(f"{function}:")))
    end = next(i for i in range(start, len(assembly)) if assembly[i].startswith(".Lfunc_end"))
    best, most = [], 0
    label, body = None, []
    for line in assembly[start:end]:
        found = re.match(r"(\.L\w+):", line)
        if found:
            label, body = found.group(1), []
            continue
        text = line.split("//")[0].strip()
        if not text or text.startswith((".", "#")):
            continue
        body.append(text)
        if label and re.match(rf"(b\.\w+|cbn?z\s+\w+,|tbn?z\s+\w+, #\d+,)\s*{re.escape(label)}$", text):
            count = sum(bool(re.match(rf"({mnemonic})\s", item)) for item in body)
            if count > most:
                best, most = list(body), count
            body = []
    if not best:
        sys.exit(f"mca.py: no loop of {mnemonic} in {function}")
    return best, most


def cycles(loop, core):
    rounds = 200
    done = subprocess.run([MCA, "--mtriple=aarch64", f"--mcpu={core}", "--mattr=+dotprod,+i8mm", f"--iterations={rounds}",
                           "--all-views=false", "--summary-view"], input="\n".join(loop), capture_output=True, text=True)
    found = re.search(r"Total Cycles:\s+(\d+)", done.stdout)
    if not found:
        sys.exit(f"mca.py: llvm-mca: {done.stderr}")
    return int(found.group(1)) / rounds


MCA = next((found for name in ("llvm-mca-19", "llvm-mca") if (found := shutil.which(name))), None)
if MCA is None:
    sys.exit("mca.py: no llvm-mca; install Debian's llvm-19")

print("| loop | instructions | MAC | MAC/instruction | " + " | ".join(f"MAC/cycle {core}" for core in CORES) + " |")
print("|---|---|---|---|" + "---|" * len(CORES))
with tempfile.TemporaryDirectory() as folder:
    for title, source, function, mnemonic, each in LOOPS:
        loop, count = innermost_loop(compile_to_assembly(source, Path(folder)), function, mnemonic)
        macs = count * each
        numbers = []
        for name, core in CORES.items():
            lacks = name == "A53" and ("sdot" in mnemonic or "smmla" in mnemonic) or name != "A53" and "smmla" in mnemonic
            numbers.append("–" if lacks else f"{macs / cycles(loop, core):.1f}")
        print(f"| {title} | {len(loop)} | {macs} | {macs / len(loop):.1f} | " + " | ".join(numbers) + " |")
