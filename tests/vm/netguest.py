# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests with network devices: their modules, a guest that freezes its own network and panics, and a switch at the
other end of a cable."""
import subprocess

import cycle
from guest import Guest, libraries

MAC = "52:54:00:4b:44:01"
SECOND_MAC = "52:54:00:4b:44:02"
# What the settings say when nothing can be frozen: QEMU's user network, whose 10.0.2.2 is the host's loopback.
STATIC = f"""
[network]
link_timeout = 20

[[network.interface]]
name = "uplink"
mac = "{MAC}"
addresses = "10.0.2.15/24"
routes = "default via 10.0.2.2"
"""
DHCP_CLIENT = "/usr/sbin/dhcpcd"


def nic(backend="user", mac=MAC, model="virtio-net-pci", number=0):
    """QEMU's options for one network device."""
    kind, _, options = backend.partition(",")
    return ["-netdev", f"{kind},id=net{number}" + (f",{options}" if options else ""),
            "-device", f"{model},netdev=net{number},mac={mac},id=nic{number}"]


def modules(kernel, *names):
    """Modules and all that they need, in the order of loading."""
    needs = {}
    for line in (kernel.root / "lib/modules" / kernel.release / "modules.dep").read_text().splitlines():
        path, _, rest = line.partition(":")
        needs[path.rsplit("/", 1)[1].split(".")[0].replace("-", "_")] = (path, rest.split())
    ordered = []

    def add(path):
        if path not in ordered:
            ordered.append(path)

    for name in names:
        if name in needs: # otherwise it is part of the kernel image
            path, before = needs[name]
            for one in reversed(before):
                add(one)
            add(path)
    return ordered


def module_files(kernel, *names):
    """The same as files of a guest, and what `kdumpkit build` reads beside them."""
    top = kernel.root / "lib/modules" / kernel.release
    files = {f"lib/modules/{kernel.release}/{path}": top / path for path in modules(kernel, *names)}
    for path in top.glob("modules.builtin*"):
        files[f"lib/modules/{kernel.release}/{path.name}"] = path
    files[f"boot/config-{kernel.release}"] = kernel.root / f"boot/config-{kernel.release}"
    return files


def load(kernel, *names):
    """Lines of a guest's script that load them."""
    return "".join(f"insmod /lib/modules/{kernel.release}/{path}\n" for path in modules(kernel, *names))


def freezing_guest(place, name, target, setup, *, devices, wanted, build="", dhcp=False, settings="", **options):
    """A guest that sets its network up with `setup`, builds and loads a capture image, and panics. `wanted`: modules
    that it loads itself; those of its NFS client are only packed."""
    kernel = place.kernel
    files = module_files(kernel, *wanted, "nfs", "nfsv3", "nfsv4")
    if dhcp:
        for path in (DHCP_CLIENT, *libraries(DHCP_CLIENT)):
            files[path] = path
    work = place.work / name
    work.mkdir(parents=True, exist_ok=True)
    (work / "kdumpkit.toml").write_text(settings)
    files["etc/kdumpkit.toml"] = work / "kdumpkit.toml"
    files.update(options.pop("files", {}))
    script = "mount -t tmpfs none /tmp\n" + load(kernel, *wanted) + setup + f"""
ip addr >/tmp/addr; while read -r line; do say "$line"; done </tmp/addr
run build kdumpkit build -o /tmp/capture.img --target '{target}' {build}
run load kdumpkit load --kernel /kernel --initrd /tmp/capture.img
""" + cycle.PANIC
    return place.guest(name, script, files=files, programs=("kdump-capture", "makedumpfile-lite", "kdump-network"),
                       qemu=devices, append="crashkernel=256M", **options)


class VlanSwitch:
    """A guest that is the switch at the other end of the cable `device`: its VLAN `number` is QEMU's user network.
    A context."""

    def __init__(self, place, name, number, device):
        kernel = place.kernel
        wanted = ("virtio_pci", "virtio_net", "8021q", "bridge")
        script = load(kernel, *wanted) + f"""
brctl addbr br0
for path in /sys/class/net/*; do
    nic=${{path##*/}}
    case "$(cat $path/address)" in
    {MAC}) ip link set $nic up && brctl addif br0 $nic ;;
    {SECOND_MAC}) ip link set $nic up && vconfig add $nic {number} && ip link set $nic.{number} up &&
        brctl addif br0 $nic.{number} ;;
    esac
done
ip link set br0 up
say the switch is ready
while :; do sleep 1000; done
"""
        self.guest = Guest(place.work / name, kernel, script, files=module_files(kernel, *wanted),
                           qemu=[*nic(mac=MAC), *device], memory=256, cpus=1, append="")
        self.log = None
        self.process = None

    def __enter__(self):
        self.log = open(self.guest.work / "console.txt", "w", encoding="utf-8")
        self.process = subprocess.Popen(self.guest.command(), stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()
