#!/usr/bin/env python3
"""Counts the runs of 15 lines that stand in the folders of two kernel sets, alike but for names and numbers.

usage: Tests/duplicates.py [--limit N] [--folder DIRECTORY]

Prints where each stretch of such runs begins and ends, and how many runs there are: every line of a set's C files with which
a run begins that another set's folder has, too. Comments, includes and blank lines do not count as lines. Exit code 1 where
there are more runs than the limit.
"""
import argparse
import pathlib
import re
import sys

RUN = 15
KEYWORDS = frozenset(
    "break case const continue default do else enum extern for goto if inline return sizeof static struct switch typedef "
    "union void while".split()
)
TOKEN = re.compile(r"""(?P<name>[A-Za-z_]\w*)|(?P<number>\.?\d[\w.]*)|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\S""")


def without_comments(text):
    """Comments become as many line ends as they had, so that lines keep their numbers."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", lambda found: "\n" * found.group().count("\n"), text, flags=re.S)


def shape(line):
    """The line with every name and every number alike; C's keywords stay what they are."""
    tokens = []
    for token in TOKEN.finditer(line):
        if token["name"] and token.group() not in KEYWORDS:
            tokens.append("name")
        elif token["number"]:
            tokens.append("number")
        else:
            tokens.append(token.group())
    return " ".join(tokens)


def lines_of(path):
    """Number and shape of the lines that count."""
    found = []
    for number, line in enumerate(without_comments(path.read_text()).split("\n"), 1):
        form = shape(line.rstrip("\\"))
        if form and not form.startswith("# include"):
            found.append((number, form))
    return found


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--limit", type=int, help="the most runs there may be")
    arguments.add_argument("--folder", type=pathlib.Path, help="in place of this checkout's Sources/Runtime/CKernels")
    options = arguments.parse_args()
    folder = options.folder or pathlib.Path(__file__).parent.parent / "Sources/Runtime/CKernels"
    files = {path: lines_of(path) for path in sorted(folder.glob("*/*.[ch]")) if path.parent.name != "include"}
    if not files:
        sys.exit(f"duplicates.py: {folder}: no kernel sets here; name their folder with --folder")

    places = {}  # of each run: the sets, and the files with the index of its first line
    for path, lines in files.items():
        for index in range(len(lines) - RUN + 1):
            run = tuple(form for _, form in lines[index : index + RUN])
            places.setdefault(run, []).append((path, index))
    repeated = set()
    for found in places.values():
        if len({path.parent for path, _ in found}) > 1:
            repeated.update(found)

    for path, lines in files.items():
        starts = [index for index in range(len(lines)) if (path, index) in repeated]
        for index in starts:
            if (path, index - 1) in repeated:
                continue
            end = index
            while (path, end + 1) in repeated:
                end += 1
            print(f"{path.relative_to(folder)}:{lines[index][0]}-{lines[end + RUN - 1][0]}")
    print(f"{len(repeated)} runs of {RUN} lines stand in two kernel sets")
    if options.limit is not None and len(repeated) > options.limit:
        sys.exit(f"duplicates.py: at most {options.limit} are allowed: move what is alike to a header that both sets use")


if __name__ == "__main__":
    main()
