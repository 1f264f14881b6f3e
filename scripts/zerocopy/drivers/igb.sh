# Intel's igb, a driver of real cards: needs QEMU 8 or later (bookworm-backports) and the kernel that is not the cloud's.
kernel_flavour=amd64
qemu_suite=
[[ $codename != bookworm ]] || qemu_suite=backports
# With so many queues, one a CPU, the driver sends and receives in one NAPI (igb_set_flag_queue_pairs).
guest_cpus=5
# One thread for all of them: see virtio_net.sh for why not more. The card is emulated by the thread that writes its registers.
guest_threads=single
guest_modules="dca i2c-algo-bit igb"
# Each card behind a root port of its own: it is a PCI Express device.
qemu_devices="-device pcie-root-port,id=p0,chassis=1 -device pcie-root-port,id=p1,chassis=2
    -device igb,bus=p0,netdev=h0,mac=02:00:00:00:00:01,romfile=
    -device igb,bus=p1,netdev=h1,mac=02:00:00:00:00:02,romfile="
# The driver leaves one slot of its 256 empty; and the emulated card is slow.
probe_packets=255
frames=100000
# As for virtio-net, and all once more with busy polling. The link goes down for seconds with each program.
xsk_passes=48
xsk_options=
xsk_seconds=700
boot_seconds=1000
