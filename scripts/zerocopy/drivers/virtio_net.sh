# virtio-net. Its zero copy is newer than Linux 6.12; bookworm's QEMU is enough.
kernel_flavour=cloud-amd64
qemu_suite=
# One processor, and TCG told that there may be two: the card is another thread of QEMU, and only for more than one processor TCG makes
# the guest's locked instructions and barriers the machine's. Two in two threads now and then run into a breakpoint that the other has
# just taken back while it patched the kernel's code ("Oops: int3"). See design/zerocopy.md.
guest_cpus=1,maxcpus=2
guest_threads=multi
guest_modules="failover net_failover virtio_net"
# Without iommu_platform binding for zero copy gives EINVAL. The larger receive ring is filled by no burst of the jobs. Without event_idx a
# doorbell that was lost is rung again with the next packet; with it the ring would be stuck for good.
virtio=disable-legacy=on,iommu_platform=on,event_idx=off,romfile=,rx_queue_size=1024
qemu_devices="-device virtio-net-pci,netdev=h0,mac=02:00:00:00:00:01,$virtio
    -device virtio-net-pci,netdev=h1,mac=02:00:00:00:00:02,$virtio"
# What the proof sends: so many packets fit into the driver's receive ring, and so many are checked.
probe_packets=256
frames=1000000
# The kernel's selftests that the card can show: all but those of several buffers a packet, and two that are of copy mode. It sends in
# a NAPI of its own, which a socket that prefers busy polling does not run.
xsk_passes=24
xsk_options=--no-busy-poll
# Many times what they take, and the whole guest.
xsk_seconds=120
boot_seconds=300
