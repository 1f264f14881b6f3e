# Boots the guest and waits for its end. Sourced.

# boot INITRAMFS CONSOLE RESULTS SECONDS: the kernel's console and the jobs' results go to two files. Ends with timeout's
# 124 if the guest does not end by itself.
#
# Two network cards on a hub inside QEMU: nothing leaves the process. TCG on purpose: it works everywhere, and a virtual
# machine's /dev/kvm may open and then hang. How many threads emulate how many processors is the driver's: $guest_threads, $guest_cpus.
boot() {
    run_qemu "$4" -accel "tcg,thread=$guest_threads" -machine q35 -cpu max -smp "$guest_cpus" -m 768 -display none -nodefaults -no-reboot \
        -serial "file:$2" -serial "file:$3" -kernel "$kernel_image" -initrd "$1" \
        -append "console=ttyS0 quiet panic=-1 net.ifnames=0 probe_packets=$probe_packets frames=$frames xsk_seconds=$xsk_seconds xsk_options=$xsk_options" \
        -netdev hubport,id=h0,hubid=0 -netdev hubport,id=h1,hubid=0 $qemu_devices \
        </dev/null 2> >(grep -v "hub 0 is not connected to host network" >&2)
}
