"""A line between two TCP ends that has faults, made up from a seed:

    with FaultProxy(("127.0.0.1", port), seed=7) as proxy:
        proxy.fault = Fault(delay_ms=20, jitter_ms=20)

What is said of a fault holds from then on, for connections that stand as well. The
waits in here are the faults themselves.
"""
import asyncio
import dataclasses
import random
import socket
import struct
import threading

CHUNK = 16 * 1024


@dataclasses.dataclass(frozen=True)
class Fault:
    delay_ms: int = 0      # of each chunk ...
    jitter_ms: int = 0     # ... and so much more, at random
    stall: float = 0.0     # chance for a chunk that it waits as for a retransmission, 200 to 1000 ms: TCP's face of loss
    reset: float = 0.0     # chance for a chunk that the line is cut within it: RST to both ends
    half_open: bool = False   # the far end is gone, the near one is not told: what it says vanishes, nothing comes
    blackhole: bool = False   # new connections are taken and never spoken to, old ones hold their breath
    partition: bool = False   # nothing passes; when it ends, all that waited goes on


class FaultProxy:
    def __init__(self, target, seed=1, host="127.0.0.1"):
        self.target = target
        self.chance = random.Random(seed)
        self.fault = Fault()
        self.passed = self.cuts = self.stalls = 0
        self._loop = asyncio.new_event_loop()
        self._lines = set()
        self._listener = socket.create_server((host, 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._listener.close()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._take, sock=self._listener))
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        for writer in list(self._lines):
            self._cut(writer)
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _take(self, reader, writer):
        self._lines.add(writer)
        await self._held()
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.target)
        except OSError:
            self._cut(writer)
            return
        self._lines.add(far_writer)
        ends = (writer, far_writer)
        await asyncio.gather(self._carry(reader, far_writer, ends), self._carry(far_reader, writer, ends))

    async def _held(self):
        while self.fault.partition or self.fault.blackhole:
            await asyncio.sleep(0.02)

    async def _carry(self, reader, writer, ends):
        """One direction, chunk by chunk, with what the line does to each."""
        try:
            while chunk := await reader.read(CHUNK):
                await self._held()
                fault = self.fault
                if fault.half_open:
                    self._cut(ends[1])
                    continue  # the far end is gone; what the near one says goes nowhere
                if self.chance.random() < fault.reset:
                    writer.write(chunk[:self.chance.randrange(len(chunk))])
                    self.cuts += 1
                    break
                await asyncio.sleep((fault.delay_ms + self.chance.uniform(0, fault.jitter_ms)) / 1000)
                if self.chance.random() < fault.stall:
                    self.stalls += 1
                    await asyncio.sleep(self.chance.uniform(0.2, 1.0))
                writer.write(chunk)
                self.passed += len(chunk)
                await writer.drain()
        except OSError:
            pass
        while self.fault.half_open and writer is ends[0] and not writer.is_closing():
            await asyncio.sleep(0.02)  # not told
        for end in ends:
            self._cut(end)

    def _cut(self, writer):
        """RST, not FIN: what was under way is lost."""
        self._lines.discard(writer)
        if not writer.is_closing():
            made = writer.get_extra_info("socket")
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
