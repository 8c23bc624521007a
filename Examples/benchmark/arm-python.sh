#!/usr/bin/env bash
# Makes a folder from which qemu-user runs Python with LiteRT as on an Arm board: Debian's arm64 packages, unpacked, the wheels of PyPI,
# and for each core a view of them with a /proc/cpuinfo of its own, by which XNNPACK chooses its kernels.
#
# usage: Examples/benchmark/arm-python.sh FOLDER
#
# Changes nothing of this machine's packages: apt works in a root of its own, with this machine's mirror. 0.3 GB, a minute.
#
#   qemu-aarch64 -cpu cortex-a76 -L FOLDER/view-cortex-a76 -E PYTHONHOME=FOLDER/view-cortex-a76/usr … FOLDER/root/usr/bin/python3.11
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:?usage: arm-python.sh FOLDER}"
cd "$1"
folder=$PWD

if [ ! -e root/.complete ]; then
    mkdir -p apt/lists/partial apt/archives/partial root
    mirror=$(apt-get indextargets --format '$(SITE)' | grep -v security | grep -m1 debian)
    echo "deb [arch=arm64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm main" >apt/sources.list
    : >apt/status
    cat >apt/conf <<-END
	APT::Architecture "arm64";
	APT::Architectures { "arm64"; };
	Dir::Etc::SourceList "$folder/apt/sources.list";
	Dir::Etc::SourceParts "-";
	Dir::Etc::Preferences "-";
	Dir::Etc::PreferencesParts "-";
	Dir::State "$folder/apt";
	Dir::State::status "$folder/apt/status";
	Dir::State::extended_states "$folder/apt/extended_states";
	Dir::Cache "$folder/apt";
	Dir::Log "$folder/apt";
	Acquire::Languages "none";
	APT::Sandbox::User "root";
	Debug::NoLocking "true";
	END
    APT_CONFIG=$folder/apt/conf apt-get -qq update
    APT_CONFIG=$folder/apt/conf apt-get -qq -y --download-only --no-install-recommends install \
        python3.11 libpython3.11-stdlib libstdc++6 libgcc-s1 zlib1g libffi8 </dev/null >/dev/null
    for package in apt/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$package" | tar -x -C root --keep-directory-symlink --no-same-owner
    done
    touch root/.complete
fi
if [ ! -e site/.complete ]; then
    mkdir -p wheels site
    grep -E '^(ai-edge-litert|backports.strenum|flatbuffers|ml_dtypes|numpy|protobuf|tqdm|typing_extensions)==' \
        "$here/requirements.txt" >requirements
    platforms=()
    for tag in 2_28 2_27 2_17; do platforms+=(--platform "manylinux_${tag}_aarch64"); done
    python3 -m pip download -q --no-deps --only-binary=:all: "${platforms[@]}" --platform manylinux2014_aarch64 \
        --python-version 3.11 --implementation cp -d wheels -r requirements
    for wheel in wheels/*.whl; do python3 -m zipfile -e "$wheel" site; done
    touch site/.complete
fi

# view NAME PART VARIANT FEATURES: what /proc/cpuinfo and /sys say of four such cores.
view() {
    local view=view-$1 link core
    mkdir -p "$view/proc" "$view/sys/devices/system/cpu"
    for link in bin etc lib usr; do ln -sfn "../root/$link" "$view/$link"; done
    for core in 0 1 2 3; do
        printf 'processor\t: %d\nFeatures\t: %s\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: %s\nCPU part\t: %s\nCPU revision\t: 1\n\n' \
            $core "$4" "$3" "$2"
    done >"$view/proc/cpuinfo"
    echo 0-3 | tee "$view/sys/devices/system/cpu/possible" >"$view/sys/devices/system/cpu/present"
}
basic="fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid"
dotprod="$basic atomics fphp asimdhp asimdrdm lrcpc dcpop asimddp"
view cortex-a53 0xd03 0x0 "$basic"
view cortex-a76 0xd0b 0x4 "$dotprod ssbs"
view armv8.6 0xd47 0x2 "$dotprod i8mm bf16 sve sve2" # as a Cortex-A710
