# Packs what the guest runs: busybox, the driver, the release binary with the libraries that it asks for, the jobs. Sourced.

# initramfs BINARY ARCHIVE
initramfs() {
    local root module file
    root=$(mktemp -d "$work/root.XXXXXX")
    mkdir -p "$root"/{bin,dev,proc,sys,tmp,modules}
    install "$busybox" "$root/bin/busybox"
    install "$1" "$root/bin/ringbench"
    install "$here/guest/init" "$root/init"
    install -m 644 "$here/guest/jobs" "$root/jobs"
    # Each library where the binary expects it.
    while read -r file; do
        install -D "$file" "$root$file"
    done < <(ldd "$1" | grep -oE '/[^ ]+')
    # In the order of loading. The names differ in - and _.
    for module in $guest_modules; do
        file=$(find "$kernel_modules" -name "$module.ko*" | head -n 1)
        [[ -n $file ]] || skip "the guest's kernel $kernel_release has no module $module"
        case $file in
            *.xz) "$busybox" unxz -c "$file" ;;
            *) cat "$file" ;;
        esac >"$root/modules/$module.ko"
        echo "$module"
    done >"$root/modules/order"
    (cd "$root" && find . | "$busybox" cpio -o -H newc) >"$2" 2>/dev/null
    rm -rf "$root"
}
