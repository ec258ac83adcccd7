# SPDX-License-Identifier: GPL-2.0-or-later
"""Bad networks between a guest and a server: a TCP relay that stalls or breaks off, and a cable that loses frames."""
import pathlib
import random
import socket
import struct
import threading

PIECE = 64 << 10


class Relay:
    """Listens on loopback for the server at `port` there. `stall_after`: forwards as many bytes of clients, then
    neither reads nor closes. `cuts`: after each of these numbers of bytes the connection is reset. A context."""

    def __init__(self, port, stall_after=None, cuts=()):
        self.server = port
        self.stall_after, self.cuts = stall_after, list(cuts)
        self.forwarded, self.cut = 0, 0
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.listening.close()

    def _accept(self):
        while not self.ended.is_set():
            try:
                client, _ = self.listening.accept()
                server = socket.create_connection(("127.0.0.1", self.server))
            except OSError:
                return
            threading.Thread(target=self._forward, args=(client, server), daemon=True).start()
            threading.Thread(target=self._answer, args=(server, client), daemon=True).start()

    def _forward(self, client, server):
        """What the client says, up to the fault."""
        try:
            while piece := client.recv(PIECE):
                server.sendall(piece)
                with self.lock:
                    self.forwarded += len(piece)
                    stalls = self.stall_after is not None and self.forwarded >= self.stall_after
                    breaks = bool(self.cuts) and self.forwarded >= self.cuts[0]
                    if breaks:
                        self.cuts.pop(0)
                        self.cut += 1
                if stalls:
                    self.ended.wait()
                if breaks:
                    # Closed without waiting for what is under way, it is reset.
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    break
        except OSError:
            pass
        for one in (client, server):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    @staticmethod
    def _answer(server, client):
        try:
            while piece := server.recv(PIECE):
                client.sendall(piece)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class LossyCable:
    """Loses one of `one_in` Ethernet frames, each way, by chance, of QEMU's network device `netdev`: its frames make a
    detour through this process. A context; qemu() are QEMU's options."""

    def __init__(self, folder, netdev="net0", one_in=20, seed=1):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.one_in = one_in
        self.chance = random.Random(seed)
        self.lost, self.passed = 0, 0
        self.lock = threading.Lock()
        self.sockets = {}
        self.options = []
        for way in ("rx", "tx"):
            redirector = f"filter-redirector,netdev={netdev},queue={way}"
            out = ["-object", f"{redirector},id=lossy-{way}-out,outdev={way}out"]
            back = ["-object", f"{redirector},id=lossy-{way}-in,indev={way}in"]
            self._listen(way + "out")
            self._listen(way + "in")
            # QEMU asks the filters of a queue in the order of the options, of "rx" the other way round: what comes
            # back must not go out again.
            self.options += out + back if way == "tx" else back + out

    def _listen(self, name):
        path = self.folder / name
        path.unlink(missing_ok=True)
        one = socket.socket(socket.AF_UNIX)
        one.bind(str(path))
        one.listen(1)
        self.sockets[name] = one
        self.options[:0] = ["-chardev", f"socket,id={name},path={path}"]

    def qemu(self):
        return self.options

    def __enter__(self):
        for way in ("rx", "tx"):
            threading.Thread(target=self._carry, args=(way,), daemon=True).start()
        return self

    def __exit__(self, *_):
        for one in self.sockets.values():
            one.close()

    def _carry(self, way):
        try:
            source, _ = self.sockets[way + "out"].accept()
            sink, _ = self.sockets[way + "in"].accept()
            with source, sink, source.makefile("rb") as frames:
                while len(head := frames.read(4)) == 4:
                    frame = frames.read(struct.unpack("!I", head)[0])
                    with self.lock:
                        loses = self.chance.randrange(self.one_in) == 0
                        self.lost += loses
                        self.passed += not loses
                    if not loses:
                        sink.sendall(head + frame)
        except OSError:
            pass
