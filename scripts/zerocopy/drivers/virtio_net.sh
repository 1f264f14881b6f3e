# virtio-net. Its zero copy is newer than Linux 6.12; bookworm's QEMU is enough.
kernel_flavour=cloud-amd64
qemu_suite=
guest_modules="failover net_failover virtio_net"
# Without iommu_platform binding for zero copy gives EINVAL. The larger receive ring is filled by no burst of the jobs.
virtio=disable-legacy=on,iommu_platform=on,romfile=,rx_queue_size=1024
qemu_devices="-device virtio-net-pci,netdev=h0,mac=02:00:00:00:00:01,$virtio
    -device virtio-net-pci,netdev=h1,mac=02:00:00:00:00:02,$virtio"
# What the proof sends: so many packets fit into the driver's receive ring, and so many are checked.
probe_packets=256
frames=1000000
# The rows of the kernel's selftests.
xsk_cases=X1,X2,X3,X4,X5,X6,X7,X8,X9,X10,X11,X12,X13,X14,X15,X16,X17,X18,X19,X20,X21,X22,X23,X24,X25,X26,X27,X28,X29,X30
