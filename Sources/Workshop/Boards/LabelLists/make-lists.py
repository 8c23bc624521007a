#!/usr/bin/env python3
"""Makes the label lists beside this script from a wheel of torchvision.

usage: make-lists.py WHEEL      from 'pip download --no-deps torchvision==0.29.2'
"""

import ast
import pathlib
import sys
import zipfile


def main():
    folder = pathlib.Path(__file__).resolve().parent
    tree = ast.parse(zipfile.ZipFile(sys.argv[1]).read("torchvision/models/_meta.py"))
    lists = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body if isinstance(node, ast.Assign)
    }
    for name, source, count in [
        ("imagenet", "_IMAGENET_CATEGORIES", 1000), ("coco-91", "_COCO_CATEGORIES", 91), ("voc", "_VOC_CATEGORIES", 21)
    ]:
        labels = [label.strip("_") if label == "__background__" else label for label in lists[source]]
        assert len(labels) == count, (name, len(labels))
        (folder / f"{name}.txt").write_text("".join(f"{label}\n" for label in labels), encoding="utf-8")


if len(sys.argv) != 2:
    sys.exit(__doc__)
main()
