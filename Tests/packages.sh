#!/usr/bin/env bash
# What is installed and what is released: programs that need no toolchain, manual pages, completions, Debian packages in a fresh
# root.
#
# usage: Tests/packages.sh        or sourced by Tests/run.sh, whose counters it then adds to, behind the parts that build
#
# The fresh root is made once, into .build-debian.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
declare -F check >/dev/null || source Tests/check.sh

packages_work=$tests_work/packages
packages_prefix=$packages_work/prefix
packages_made=$packages_work/made
packages_example=$packages_prefix/share/doc/ocellus/examples/person-sensor
mkdir -p "$packages_work/elsewhere"

# What Tests/run.sh has built for boards is taken; by itself this builds.
packages_build() {
    local arch
    Toolchains/install-packages.sh help2man man-db dpkg-dev lintian bash-completion zsh fish file || return 1
    build_programs || return 1
    for arch in aarch64 armv7 riscv64 x86_64; do
        [ -z "${OCELLUS_PROGRAMS:-}" ] || [ ! -x "$(Toolchains/build.sh --folder $arch)/selfcheck" ] || continue
        Toolchains/build.sh $arch || return 1
    done
}

packages_install() { Toolchains/install.sh --prefix "$packages_prefix"; }

# The first time it says what to do next; the second changes nothing.
packages_installs() {
    local said=$packages_work/said
    packages_install >"$said" || return 1
    cat "$said"
    grep -qF "export PATH=\"$packages_prefix/bin:" "$said" || return 1
    (cd "$packages_work" && PATH=$packages_prefix/bin:$PATH bash -c "$(grep '^    ocellus run ' "$said")") || return 1
    file "$packages_work/person.png" | grep 'PNG image data' || return 1
    (cd "$packages_prefix" && find . -type f -exec md5sum {} + | sort) >"$packages_work/first"
    PATH=$packages_prefix/bin:$PATH packages_install >"$said" || return 1
    ! grep PATH "$said" || return 1
    (cd "$packages_prefix" && find . -type f -exec md5sum {} + | sort) | diff "$packages_work/first" -
}

# packages_elsewhere NAME ARGUMENT...: a copy of an installed program, with nothing around it.
packages_elsewhere() {
    local name=$1
    shift
    cp "$packages_prefix/bin/$name" "$packages_work/elsewhere/" &&
        (cd "$packages_work/elsewhere" && env -i "./$name" "$@")
}

packages_copied() {
    local program
    for program in ocellus ocellusd ocellus-selfcheck; do
        packages_elsewhere $program --version || return 1
        ! ldd "$packages_prefix/bin/$program" | grep -iE 'swift|foundation|dispatch|not found' || return 1
        ! readelf -d "$packages_prefix/bin/$program" | grep -E 'R(UN)?PATH.*\[.*/' || return 1
        # Nor of the folder that it was built in.
        ! grep -aoF "$PWD/" "$packages_prefix/bin/$program" || return 1
    done
    packages_elsewhere ocellus boards raspberry-pi-4 | grep Cortex-A72 || return 1
    packages_elsewhere ocellus build "$packages_example/sensor.yaml" --board host || return 1
    packages_elsewhere ocellusd person-sensor.ocellus --source "$packages_example/clip.y4m" --clock frame |
        diff Tests/Data/person-sensor.jsonl -
}

packages_manuals() {
    local page command man=$packages_prefix/share/man
    for page in "$man"/man1/*; do
        man --warnings -E UTF-8 -l "$page" 2>&1 >/dev/null | grep . && return 1
        man -l "$page" | grep -q '^SEE ALSO' || return 1
    done
    man -M "$man" ocellusd | grep -e '--list-cameras' || return 1
    man -M "$man" ocellus-fetch | grep -e '--credentials FILE' || return 1
    man -M "$man" ocellus-selfcheck | grep 'ocellus-selfcheck \[STEPS\]' || return 1
    COLUMNS=9999 "$packages_prefix/bin/ocellus" --help | sed -n '/^SUBCOMMANDS/,$s/^  \([a-z]*\)  .*/\1/p' >"$packages_work/commands"
    grep -qx build "$packages_work/commands" || return 1
    while read -r command; do
        man -M "$man" ocellus | grep "^ *$command" || return 1
        man -M "$man" ocellus "$command" | grep "^ *ocellus  *$command " || return 1
    done <"$packages_work/commands"
}

# packages_completed WORD...: what bash offers for the last one, in a line.
packages_completed() {
    # shellcheck disable=SC2016 # the inner shell's
    bash --norc -c '
        source "$1"
        shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMPREPLY=()
        _ocellus ocellus "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
        printf "%s\n" "${COMPREPLY[@]}" | sort | xargs
    ' bash "$packages_prefix/share/bash-completion/completions/ocellus" "$@"
}

# packages_offers EXPECTED WORD...
packages_offers() {
    local expected=$1 offered
    shift
    offered=$(cd "$packages_work/files" && PATH=$packages_prefix/bin:$PATH packages_completed "$@")
    [ "$offered" = "$expected" ] || {
        echo "for '$*': '$offered', expected '$expected'"
        return 1
    }
}

packages_completions() {
    local ocellus=$packages_prefix/bin/ocellus
    mkdir -p "$packages_work/files/folder"
    (cd "$packages_work/files" && touch a.tflite b.yaml c.ocellus d.jpg e.txt f.JPG) || return 1
    packages_offers "--help --version -h $( (cat "$packages_work/commands"; echo help) | sort | xargs)" ocellus '' &&
        packages_offers "$("$ocellus" boards | sed -n '2,$s/ .*//p' | sort | xargs)" ocellus build --board '' &&
        packages_offers 'raspberry-pi-4' ocellus build --board raspberry-pi-4 &&
        packages_offers 'raspberry-pi-4' ocellus boards raspberry-pi-4 &&
        packages_offers 'neon neon32' ocellus bench x.tflite --kernels neo &&
        packages_offers 'a.tflite b.yaml folder' ocellus build '' &&
        packages_offers 'a.tflite b.yaml c.ocellus folder' ocellus run '' &&
        packages_offers 'd.jpg f.JPG folder' ocellus run c.ocellus '' &&
        packages_offers 'c.ocellus folder' ocellus verify a.tflite '' &&
        packages_offers 'c.ocellus folder' ocellus deploy pi@kitchen '' &&
        packages_offers 'e.txt' ocellus build a.tflite --labels e &&
        packages_offers '--min-memory' ocellus build a.tflite --mi
}

# The other shells read their scripts; bash asks the daemon, whose names bash-completion looks up by itself.
packages_other_completions() {
    local share=$packages_prefix/share file
    for file in "$share"/zsh/site-functions/*; do zsh -n "$file" || return 1; done
    for file in "$share"/fish/vendor_completions.d/*; do fish --no-execute "$file" || return 1; done
    # shellcheck disable=SC2016 # the inner shell's
    PATH=$packages_prefix/bin:$PATH XDG_DATA_DIRS=$share bash --norc -c '
        source /usr/share/bash-completion/bash_completion
        _completion_loader ocellusd
        COMP_WORDS=(ocellusd --rec) COMP_CWORD=1 COMP_LINE="ocellusd --rec" COMP_POINT=14
        _longopt ocellusd --rec ocellusd
        echo "${COMPREPLY[@]}"
    ' | grep -e '--record --record-budget --record-frames'
}

# packages_refused CODE TEXT COMMAND...: one line says why.
packages_refused() {
    local code=$1 text=$2 result=0
    shift 2
    "$@" >"$packages_work/said" 2>&1 || result=$?
    cat "$packages_work/said"
    [ $result -eq "$code" ] && grep -qF -- "$text" "$packages_work/said" && [ "$(wc -l <"$packages_work/said")" -eq 1 ]
}

packages_wrong() {
    # All tools but the toolchain.
    mkdir "$packages_work/tools"
    ln -s /usr/bin/* "$packages_work/tools/"
    rm -f "$packages_work"/tools/swift*
    packages_refused 2 "unknown argument '--prefiks'" Toolchains/install.sh --prefiks x &&
        packages_refused 2 "--prefix needs a folder" Toolchains/install.sh --prefix &&
        packages_refused 2 "give an absolute path" Toolchains/install.sh --prefix here &&
        packages_refused 1 "cannot be written to" Toolchains/install.sh --prefix "$PWD/README.md/x" &&
        packages_refused 1 "nothing is installed" Toolchains/install.sh --uninstall --prefix "$packages_work/nowhere" &&
        packages_refused 1 "no swift found" env PATH="$packages_work/tools" Toolchains/install.sh --prefix "$packages_work/no" &&
        packages_refused 2 "unknown option '--debs'" Toolchains/package.sh --debs &&
        packages_refused 2 "unknown architecture 'arm64'" Toolchains/package.sh arm64 &&
        packages_refused 2 "unknown machine 'mips'" Toolchains/build.sh mips
}

packages_uninstalls() {
    DESTDIR=$packages_work/destination Toolchains/install.sh --prefix /usr >/dev/null || return 1
    diff <(cd "$packages_prefix" && find .) <(cd "$packages_work/destination/usr" && find .) || return 1
    # What others have put there stays.
    touch "$packages_prefix/share/doc/ocellus/note" "$packages_prefix/bin/other"
    Toolchains/install.sh --uninstall --prefix "$packages_prefix" || return 1
    [ "$(cd "$packages_prefix" && find . -type f | sort | xargs)" = "./bin/other ./share/doc/ocellus/note" ] || return 1
    DESTDIR=$packages_work/destination Toolchains/install.sh --uninstall --prefix /usr || return 1
    [ -z "$(ls "$packages_work/destination/usr")" ]
}

packages_make() {
    Toolchains/package.sh --no-build --output "$packages_made" || return 1
    (cd "$packages_made" && sha256sum -c SHA256SUMS) || return 1
    [ "$(wc -l <"$packages_made/SHA256SUMS")" -eq 9 ] || return 1
    Toolchains/package.sh --no-build --output "$packages_work/again" armv7 riscv64 >/dev/null || return 1
    grep -E 'armv7|armhf|riscv64' "$packages_made/SHA256SUMS" | diff - "$packages_work/again/SHA256SUMS"
}

packages_lintian() {
    local options=(--fail-on 'error,warning' --tag-display-limit 0)
    [ "$(id -u)" -ne 0 ] || options+=(--allow-root)
    lintian "${options[@]}" "$packages_made"/*.deb
}

# Of every architecture what was built for it is in it, static.
packages_contents() {
    local arch debian built program
    for arch in aarch64:arm64 armv7:armhf riscv64:riscv64 x86_64:amd64; do
        debian=${arch#*:} arch=${arch%:*}
        built=$(Toolchains/build.sh --folder "$arch")
        tar -xz -C "$packages_work" -f "$packages_made"/ocellus-*-linux-"$arch".tar.gz || return 1
        dpkg-deb -x "$packages_made"/ocellusd_*_"$debian".deb "$packages_work/$debian" || return 1
        for program in ocellusd selfcheck; do
            cmp "$built/$program" "$packages_work"/ocellus-*-linux-"$arch"/bin/*$program || return 1
            cmp "$built/$program" "$packages_work/$debian"/usr/bin/*$program || return 1
        done
        file "$packages_work/$debian/usr/bin/ocellusd" | grep 'statically linked' || return 1
    done
}

# A root like that of a new machine, from this machine's own mirror; packages that ours depend on are downloaded, not installed.
packages_root() {
    local suite mirror root=.build-debian/root
    Toolchains/install-packages.sh debootstrap || return 1
    suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    [ "$(cat $root/SUITE 2>/dev/null)" != "$suite" ] || return 0
    # shellcheck disable=SC2016 # apt's own variables
    mirror=$(apt-get indextargets --format '$(SITE) $(COMPONENT) $(LABEL)' | sed -n 's/ main Debian$//p' | head -n 1)
    [ -n "$mirror" ] || { echo "apt here has no Debian mirror"; return 1; }
    rm -rf $root
    mkdir -p .build-debian
    debootstrap --variant=minbase --include=man-db,bash-completion "$suite" $root "$mirror" || return 1
    apt-config dump | grep '^Acquire::' >$root/etc/apt/apt.conf.d/90machine
    chroot $root apt-get clean && chroot $root apt-get update -q &&
        chroot $root apt-get install -q -y --no-install-recommends --download-only libgd3 libzip4 libopenblas0 libjpeg62-turbo libpng16-16 &&
        echo "$suite" >$root/SUITE
}

# Installed by apt, used as a newcomer does, purged; nothing of it is left.
packages_fresh() {
    local root=$packages_work/root
    cp -a .build-debian/root "$root" || return 1
    mkdir "$root/made" "$root/out"
    cp "$packages_made"/*_"$(dpkg --print-architecture)".deb "$root/made"
    cat >"$root/made/inside" <<'INSIDE'
set -eux
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive MANPAGER=cat
apt-get install -q -y --no-install-recommends /made/*.deb
cd /usr/share/doc/ocellus/examples/person-sensor
ocellus build sensor.yaml --board host -o /out/sensor.ocellus
ocellusd /out/sensor.ocellus --source clip.y4m --clock frame >/out/events.jsonl
ocellus run sensor.yaml source/camera.png --draw /out/picture.png
ocellus-selfcheck 5 | tail -n 1 | grep -E '^[1-9][0-9]* passed, 0 failed$'
man ocellus | grep -q 'ocellus-build(1)'
man ocellus build | grep -q -e --min-memory
man ocellusd | grep -q -e --record-budget
bash -ec '
    source /usr/share/bash-completion/bash_completion
    _completion_loader ocellus || [ $? -eq 124 ]
    COMP_WORDS=(ocellus build --board rasp) COMP_CWORD=3 COMP_LINE="ocellus build --board rasp" COMP_POINT=26
    _ocellus ocellus rasp --board
    echo "${COMPREPLY[@]}" | grep raspberry-pi-5'
files() {
    find / -xdev \( -path /proc -o -path /made -o -path /out -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/log -o \
        -path /var/cache \) -prune -o -print | sort
}
dpkg --purge ocellus ocellusd
files >/out/before
dpkg --install /made/*.deb
dpkg --purge ocellus ocellusd
files | diff /out/before -
! files | grep -i ocellus
INSIDE
    # Its processes end with it, and its mounts.
    # shellcheck disable=SC2016 # the inner shell's
    unshare --mount --pid --fork sh -c 'mount -t proc proc "$1/proc" && exec chroot "$1" sh /made/inside' sh "$root" || return 1
    diff Tests/Data/person-sensor.jsonl "$root/out/events.jsonl" && file "$root/out/picture.png" | grep 'PNG image data'
}

step "packages"
if check "the programs to install" packages_build; then
    check "install.sh installs, and again" packages_installs
    check "what is installed runs elsewhere, without the toolchain" packages_copied
    check "manual pages" packages_manuals
    check "bash completes boards, kernel sets, commands, options and files" packages_completions
    check "completions of zsh and fish, and of the daemon" packages_other_completions
    check "wrong input is told so" packages_wrong
    check "what was installed is removed again" packages_uninstalls
    if check "packages and archives, and twice the same" packages_make; then
        check "lintian" packages_lintian
        check "every architecture's programs are in its package and archive" packages_contents
        if [ "$(id -u)" -ne 0 ]; then
            skip "skipped the packages in a fresh Debian: debootstrap needs root"
        elif check "a fresh Debian" packages_root; then
            check "packages in a fresh Debian: installed, used and removed" packages_fresh
        fi
    fi
fi

[ "${BASH_SOURCE[0]}" != "$0" ] || summary
