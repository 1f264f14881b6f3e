#!/usr/bin/env bash
# Boots a guest whose network driver has AF_XDP zero copy and whose kernel has zcrx without a network card, runs the release
# binary in it, and judges what it saw (design/zerocopy.md). Made of Debian packages; nothing is installed on this machine.
#
#   scripts/zerocopy/run.sh        ZEROCOPY_DRIVER=virtio_net (default) or igb; ZEROCOPY_REFRESH=1 asks the archive again
#
# Exit code: 0 proved, 1 not, 64 usage, 69 it cannot be tried here (the sentence says why), 124 the guest did not end.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
work=.build/zerocopy
binary=.build/release/ringbench
driver=${ZEROCOPY_DRIVER:-virtio_net}

. "$here/cache.sh"
[[ -r $here/drivers/$driver.sh ]] || {
    say "ZEROCOPY_DRIVER is $driver; choose from $(cd "$here/drivers" && echo *.sh | sed 's/\.sh//g')"
    exit 64
}
# One run at a time fills the cache; the lock goes with the process.
mkdir -p "$cache" "$work"
exec 9>"$cache/lock"
flock 9
. "$here/packages.sh"
. "$here/drivers/$driver.sh"
. "$here/qemu.sh"
. "$here/kernel.sh"
. "$here/initramfs.sh"
. "$here/boot.sh"
flock --unlock 9

[[ -x $binary ]] || {
    say "there is no $binary; build it with: swift build -c release --product ringbench"
    exit 64
}
initramfs "$binary" "$work/initramfs"
say "booting Linux $kernel_release with $driver"
started=$SECONDS
rm -f "$work/console" "$work/results"
boot "$work/initramfs" "$work/console" "$work/results" "$boot_seconds" || {
    code=$?
    tail -n 5 "$work/console" >&2 || true
    say "the guest did not end by itself (exit code $code); see $work/console"
    exit $((code == 124 ? 124 : 1))
}
say "the guest ended after $((SECONDS - started)) s"
python3 "$here/verdict.py" "$work/results" "$work/console" "$probe_packets" "$frames" "$xsk_passes"
