# QEMU and busybox from this machine's release. Sourced, after packages.sh; $qemu_suite is the driver's.

# QEMU's libraries as well, as far as the machine does not have them.
fetch_qemu() {
    sources "$1" "$codename" "$codename-updates" "$codename-security" ${qemu_suite:+"$codename-$qemu_suite"} &&
        private_apt "$1" apt-get update &&
        private_apt "$1" apt-get install --yes --download-only --no-install-recommends \
            ${qemu_suite:+--target-release "$codename-$qemu_suite"} qemu-system-x86 busybox-static
}

# The unpacked program or, where the machine has the package and so nothing was fetched, the machine's.
tool_of_qemu_root() {
    local program
    for program in "$qemu_root/usr/bin/$1" "$qemu_root/bin/$1" "$(command -v "$1" || true)"; do
        [[ -x $program ]] && echo "$program" && return
    done
    skip "there is no $1 in the packages that were fetched"
}

qemu_name="qemu-$codename${qemu_suite:+-$qemu_suite}"
unpacked "$qemu_name" fetch_qemu
qemu_root="$cache/$qemu_name/root"
qemu=$(tool_of_qemu_root qemu-system-x86_64)
busybox=$(tool_of_qemu_root busybox)

# run_qemu ARGUMENT...: with the libraries, modules and firmware that were unpacked beside it.
run_qemu() {
    local libraries="$qemu_root/usr/lib/x86_64-linux-gnu"
    LD_LIBRARY_PATH="$libraries:$qemu_root/lib/x86_64-linux-gnu" QEMU_MODULE_DIR="$libraries/qemu" \
        timeout --kill-after=5 "$1" "$qemu" -L "$qemu_root/usr/share/qemu" -L "$qemu_root/usr/share/seabios" "${@:2}"
}
