#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks that `kdumpkit build` freezes on the machine that then panics, each with its own kind of device, address and
NFS version; and links that are not there."""
import threading
import unittest

import cycle
import netguest
import outcomes
from cluster_node import MESSAGE, ClusterNode
from disk import Disk
from netguest import MAC, SECOND_MAC, nic
from nfs_server import NfsServer, free_port
from qmp import Qmp

import kdump_reader

place = None
VIRTIO = ("virtio_pci", "virtio_net")
UP = """
ip link set lo up
ip link set eth0 up
"""
STATIC = UP + """
ip addr add 10.0.2.15/24 dev eth0
ip route add default via 10.0.2.2
"""


class Links(unittest.TestCase):
    def server(self, **options):
        server = NfsServer(place.work / "server", **options)
        self.addCleanup(server.__exit__, None, None, None)
        return server.__enter__()

    def check(self, server, guest):
        """A complete dump is on the server."""
        for step in ("build", "load"):
            status, output = guest.result(step)
            self.assertEqual(status, 0, output)
        folder = cycle.only_dump(server.export)
        self.assertIs(cycle.read_json(folder / "summary.json")["complete"], True)
        self.assertEqual(kdump_reader.KdumpFile(folder / "vmcore").utsname["release"], place.kernel.release)
        return "\n".join(guest.captured())

    def test_static(self):
        """The address and the default route of a device, by a target's name in /etc/hosts."""
        server = self.server()
        hosts = place.work / "hosts"
        hosts.write_text("10.0.2.2 store.test\n")
        guest = netguest.freezing_guest(
            place, "static", f"nfs://store.test:{server.port}/export", STATIC, devices=nic(), wanted=VIRTIO,
            files={"etc/hosts": hosts}).run()
        said = self.check(server, guest)
        self.assertRegex(said, rf"network: eth0 \(MAC {MAC}\) is up with 10\.0\.2\.15/24")
        self.assertIn("store.test:/export (NFS 4.2)", said)

    def test_dhcp(self):
        """An address with a lifetime is asked for again; QEMU's server gives the first of its own."""
        server = self.server()
        setup = UP + """
ip addr add 10.0.2.77/24 dev eth0 valid_lft 3600 preferred_lft 3600
ip route add default via 10.0.2.2
"""
        guest = netguest.freezing_guest(place, "dhcp", f"nfs://10.0.2.2:{server.port}/export", setup, devices=nic(),
                                        wanted=VIRTIO, dhcp=True).run()
        said = self.check(server, guest)
        self.assertIn("dhcpcd", guest.result("build")[1])
        self.assertIn("leased 10.0.2.15", said)
        self.assertNotIn("10.0.2.77", said)

    def test_vlan_on_a_bond(self):
        """VLAN 7 of an active-backup bond of two devices; a second guest is the switch."""
        server = self.server()
        port = free_port("127.0.0.1")
        setup = """
ip link set lo up
echo active-backup >/sys/class/net/bond0/bonding/mode
echo 100 >/sys/class/net/bond0/bonding/miimon
ip link set bond0 up
echo +eth0 >/sys/class/net/bond0/bonding/slaves
echo +eth1 >/sys/class/net/bond0/bonding/slaves
vconfig add bond0 7
ip link set bond0.7 up
ip addr add 10.0.2.15/24 dev bond0.7
"""
        devices = ["-netdev", f"socket,id=cable,connect=127.0.0.1:{port}",
                   "-netdev", "hubport,id=trunk,hubid=0,netdev=cable",
                   *nic("hubport,hubid=0", mac="52:54:00:4b:44:11", number=1),
                   *nic("hubport,hubid=0", mac="52:54:00:4b:44:12", number=2)]
        with netguest.VlanSwitch(place, "switch", 7, nic(f"socket,listen=127.0.0.1:{port}", mac=SECOND_MAC, number=1)):
            guest = netguest.freezing_guest(place, "vlan", f"nfs://10.0.2.2:{server.port}/export", setup,
                                            devices=devices, wanted=(*VIRTIO, "bonding", "8021q")).run()
        said = self.check(server, guest)
        self.assertIn("network: bond0.7 (vlan) is up with 10.0.2.15/24", said)

    def test_bridge(self):
        server = self.server()
        setup = """
ip link set lo up
brctl addbr br0
brctl addif br0 eth0
ip link set eth0 up
ip link set br0 up
ip addr add 10.0.2.15/24 dev br0
"""
        guest = netguest.freezing_guest(place, "bridge", f"nfs://10.0.2.2:{server.port}/export", setup, devices=nic(),
                                        wanted=(*VIRTIO, "bridge")).run()
        self.assertIn("network: br0 (bridge) is up with 10.0.2.15/24", self.check(server, guest))

    def test_ipv6(self):
        """An address that a router gave, and one of its own, each in a guest of its own."""
        for name, setup, wanted in (
                ("slaac", "until ip -6 addr show dev eth0 | grep -q 2001:db8:1:; do sleep 1; done\n", "2001:db8:1:"),
                ("ipv6", "echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_ra\nip link set eth0 down\nip link set eth0 up\n"
                         "ip addr add 2001:db8:1::77/64 dev eth0\nsleep 3\n", "2001:db8:1::77/64")):
            with self.subTest(name):
                server = self.server(address="::1")
                backend = "user,ipv4=off,ipv6=on,ipv6-prefix=2001:db8:1::,ipv6-host=2001:db8:1::2"
                guest = netguest.freezing_guest(
                    place, name, f"nfs://[2001:db8:1::2]:{server.port}/export", UP + setup, devices=nic(backend),
                    wanted=VIRTIO).run()
                self.assertRegex(self.check(server, guest), rf"network: eth0 .* is up with {wanted}")
                server.__exit__()

    def test_nfs_3(self):
        """Its server is found by the portmapper's help; nobody asked for a version."""
        server = self.server(protocols="3")
        guest = netguest.freezing_guest(place, "nfs3", f"nfs://10.0.2.2:{server.port}{server.export}", STATIC,
                                        devices=nic(), wanted=VIRTIO).run()
        self.assertIn("(NFS 3)", self.check(server, guest))

    def test_link_down(self):
        """The cable is pulled before the panic: the log says so, and the next target gets the dump."""
        disk = Disk(place.work / "disk.img", 128)
        socket = place.work / "qmp"
        socket.unlink(missing_ok=True)
        image = place.build(place.work / "down.img", ["nfs://10.0.2.2:2049/export", disk.target()],
                            netguest.STATIC.replace("link_timeout = 20", "link_timeout = 3"),
                            modules="virtio_pci,virtio_blk,virtio_net")
        load = "run load kdumpkit load --kernel /kernel --initrd /initrd\nsay pull the cable\nsleep 5\n"
        guest = place.guest("down", load + cycle.PANIC, image, disks=[disk],
                            qemu=[*nic(), "-qmp", f"unix:{socket},server=on,wait=off"])
        qmp_thread = threading.Thread(target=lambda: pull(guest, socket), daemon=True)
        qmp_thread.start()
        guest.run()
        qmp_thread.join()
        said = "\n".join(guest.captured())
        self.assertRegex(said, rf"eth0 \(MAC {MAC}, the settings' uplink\): its link is down \(no carrier\)")
        folder = cycle.only_dump(disk.read_back())
        self.assertIs(cycle.read_json(folder / "summary.json")["complete"], True)
        self.assertIn("no carrier", (folder / "capture.log").read_text())
        outcomes.record(place, "the network's link is down", guest, "all on the next target")

    def test_cluster_of_a_local_target(self):
        """The way to a node is frozen, though the dump goes to a disk."""
        disk = Disk(place.work / "local.img", 128)
        with ClusterNode() as node:
            guest = netguest.freezing_guest(
                place, "cluster", disk.target(), STATIC, devices=nic(), wanted=(*VIRTIO, "virtio_blk"), disks=[disk],
                settings=f'[capture]\nfence_kdump = "10.0.2.2:{node.port}"\n').run()
        for step in ("build", "load"):
            status, output = guest.result(step)
            self.assertEqual(status, 0, output)
        self.assertIs(cycle.read_json(cycle.only_dump(disk.read_back()) / "summary.json")["complete"], True)
        self.assertEqual(set(node.heard), {MESSAGE})

    def test_device_missing(self):
        disk = Disk(place.work / "disk.img", 128)
        image = place.build(place.work / "missing.img", ["nfs://10.0.2.2:2049/export", disk.target()],
                            netguest.STATIC.replace("link_timeout = 20", "link_timeout = 3"),
                            modules="virtio_pci,virtio_blk,virtio_net")
        load = "run load kdumpkit load --kernel /kernel --initrd /initrd\n"
        guest = place.guest("missing", load + cycle.PANIC, image, disks=[disk], qemu=nic(mac=SECOND_MAC)).run()
        said = "\n".join(guest.captured())
        self.assertRegex(said, rf"MAC {MAC}.*there is eth0 {SECOND_MAC}")
        self.assertIs(cycle.read_json(cycle.only_dump(disk.read_back()) / "summary.json")["complete"], True)


def pull(guest, socket):
    qmp = Qmp(socket)
    while "pull the cable" not in guest.text():
        threading.Event().wait(0.2)
    qmp.command("set_link", name="net0", up=False)
    qmp.close()


if __name__ == "__main__":
    cycle.main()
