# The guest's kernel: the newest that Debian has for its stable release (trixie-backports). Sourced, after packages.sh;
# $kernel_flavour is the driver's. Zero copy on virtio-net and zcrx without a NIC are newer than any other kernel of Debian's.

# The meta package leads to a version, and that to the image and its modules; nothing else of it is needed.
fetch_kernel() {
    sources "$1" trixie-backports && private_apt "$1" apt-get update || return
    local names
    names=$(private_apt "$1" apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
        --no-replaces --no-enhances "linux-image-$kernel_flavour" |
        grep -E "^linux-(binary|modules)-[0-9].*$kernel_flavour\$") || return
    # shellcheck disable=SC2086 # one package a word
    (cd "$1/archives" && private_apt "$1" apt-get download $names)
}

unpacked "kernel-$kernel_flavour" fetch_kernel
kernel_root="$cache/kernel-$kernel_flavour/root"
kernel_modules=$(echo "$kernel_root"/usr/lib/modules/*)
kernel_release=$(basename "$kernel_modules")
kernel_image="$kernel_modules/vmlinuz"
[[ -r $kernel_image ]] || skip "the kernel package has no vmlinuz at $kernel_image; its layout changed"
