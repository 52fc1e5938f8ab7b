#!/usr/bin/env python3
"""Power cuts on a real file system: `make test-power`.

The server keeps its data on a file system in a loop-mounted file and is under load. It is stopped
(SIGSTOP), the file is copied, and the copy is what a power cut would have left: what the server or
the kernel had not brought to the device is not in it. The copy is checked with fsck, mounted, and a
server is started on it; every row that was acknowledged must be there once. The next cut follows on
that copy. The same with fdatasync and fsync taken away (libeatmydata) must lose rows: otherwise
this test would show nothing.

What was acknowledged is known to this process and written to a log outside of that file system.
"""

import argparse
import ctypes.util
import glob
import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

TENANTS = ["t0", "t1", "t2"]
RECORDS = 40
SAMPLES = 10
READY_SECONDS = 5.0


class Skipped(Exception):
    """This machine does not allow it."""


class Failed(Exception):
    """A promise was broken."""


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def must(*command):
    done = run(*command)
    if done.returncode != 0:
        raise Skipped(f"{' '.join(command)}: {done.stdout.strip()}")


class Volume:
    """A file with a file system in it, mounted or not."""

    def __init__(self, image, mount, kind, options):
        self.image = image
        self.place = mount
        self.kind = kind
        self.options = options
        self.is_mounted = False

    def make(self, size):
        with open(self.image, "wb") as file:
            file.truncate(size)
        force = {"ext4": "-F", "xfs": "-f", "btrfs": "-f"}[self.kind]
        must(f"mkfs.{self.kind}", "-q", force, self.image)

    def check(self):
        """What a start of the machine does first."""
        if self.kind != "ext4":
            return
        done = run("e2fsck", "-f", "-p", self.image)
        if done.returncode > 1:
            raise Failed(f"fsck: {done.stdout.strip()}")

    def mount(self):
        os.makedirs(self.place, exist_ok=True)
        must("mount", "-t", self.kind, "-o", "loop" + self.options, self.image, self.place)
        self.is_mounted = True

    def unmount(self):
        if self.is_mounted:
            # A process that was killed a moment ago may still be on its way out.
            if run("umount", self.place).returncode != 0:
                run("umount", "-l", self.place)
            self.is_mounted = False

    def copy(self, image):
        """The bytes of the device at one moment: copied again when they changed meanwhile."""
        while True:
            must("cp", "--sparse=always", self.image, image)
            if run("cmp", "-s", self.image, image).returncode == 0:
                return


class Server:
    """A `plimsoll serve` of its own, on a free port."""

    def __init__(self, program, folder, preload):
        environment = dict(os.environ, PLIMSOLL_UNSEALED="512KiB")
        if preload:
            environment["LD_PRELOAD"] = preload
        os.makedirs(folder + "/rules", exist_ok=True)
        begin = time.monotonic()
        self.process = subprocess.Popen(
            [program, "serve", "--data", folder + "/data", "--rules", folder + "/rules",
             "--http", "127.0.0.1:0", "--udp-lines", "off", "--udp-syslog", "off",
             "--udp-statsd", "off"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True)
        self.port = None
        for line in self.process.stdout:
            words = line.split()
            if words[:2] == ["listening", "http"]:
                self.port = int(words[2].rsplit(":", 1)[1])
            if words == ["ready"]:
                break
        else:
            raise Failed("the server ended instead of starting")
        self.seconds = time.monotonic() - begin

    def call(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Load:
    """Requests under keys of their own, and what became of them."""

    def __init__(self, log):
        self.acknowledged = []
        self.waiting = []
        self.lock = threading.Lock()
        self.log = open(log, "a", encoding="utf-8")

    @staticmethod
    def post(server, request):
        name, tenant, is_samples = request
        if is_samples:
            now = int(time.time())
            rows = [{"name": "power", "value": number + 0.1, "time": now - 60 + number,
                     "labels": {"batch": name}} for number in range(SAMPLES)]
        else:
            rows = [{"service": "power", "message": f"row {number} of {name}", "batch": name,
                     "row": str(number)} for number in range(RECORDS)]
        body = "\n".join(json.dumps(row) for row in rows)
        path = "/ingest/metrics" if is_samples else "/ingest/json"
        try:
            status, _ = server.call(
                "POST", path, body, {"Idempotency-Key": name, "X-Scope-OrgID": tenant})
        except OSError:
            return False
        except http.client.HTTPException:
            return False
        return status in (200, 204)

    def settle(self, request, is_stored):
        with self.lock:
            if is_stored:
                self.acknowledged.append(request)
                self.log.write(request[0] + "\n")
                self.log.flush()
            else:
                self.waiting.append(request)

    def run(self, server, cycle, seconds, stopped):
        def sender(place):
            number = 0
            while not stopped.is_set():
                request = (f"c{cycle}-{place}-{number}", TENANTS[place], number % 4 == 3)
                number += 1
                self.settle(request, self.post(server, request))

        threads = [threading.Thread(target=sender, args=(place,)) for place in range(len(TENANTS))]
        for thread in threads:
            thread.start()
        # The moment of the cut is what is tried; nothing waits for anything here.
        time.sleep(seconds)
        server.stop()
        stopped.set()
        return threads

    def retry(self, server):
        waiting, self.waiting = self.waiting, []
        for request in waiting:
            if not self.post(server, request):
                raise Failed(f"{request[0]} is refused after the start")
            self.settle(request, True)

    @staticmethod
    def values(server, path, query, tenant):
        status, body = server.call(
            "GET", path + "?query=" + urllib.parse.quote(query),
            headers={"X-Scope-OrgID": tenant})
        if status != 200:
            raise Failed(f"{query}: {status} {body[:200]}")
        return {entry["metric"].get("batch", ""): float(entry["value"][1])
                for entry in json.loads(body)["data"]["result"]}

    def verify(self, server):
        """Requests of which rows are missing, and those that have too many."""
        lost, doubled = [], []
        sent = {request[0] for request in self.acknowledged + self.waiting}
        for tenant in TENANTS:
            for is_samples in (False, True):
                if is_samples:
                    counts = self.values(
                        server, "/api/v1/query", "sum by (batch) (count_over_time(power[1h]))",
                        tenant)
                else:
                    counts = self.values(
                        server, "/loki/api/v1/query",
                        'sum by (batch) (count_over_time({service="power"} [1h]))', tenant)
                whole = SAMPLES if is_samples else RECORDS
                for name, of, kind in self.acknowledged:
                    if of == tenant and kind == is_samples and counts.get(name, 0) < whole:
                        lost.append(name)
                for name, count in counts.items():
                    if count > whole or name not in sent:
                        doubled.append(name)
                    elif 0 < count < whole and name not in lost:
                        lost.append(name)
        return lost, doubled


def cuts(options, folder, preload, cycles):
    """Runs so many cycles, or until one loses something; returns a row of the table."""
    load = Load(folder + "/acknowledged.log")
    rnd = random.Random(options.seed)
    volume = Volume(folder + "/disk-0", folder + "/mount", options.file_system, options.mount)
    volume.make(options.size << 20)
    volume.mount()
    slowest, lost, doubled, done = 0.0, 0, 0, 0
    server = None
    try:
        server = Server(options.program, volume.place + "/server", preload)
        for cycle in range(1, cycles + 1):
            stopped = threading.Event()
            seconds = rnd.uniform(0.2, 1.5)
            threads = load.run(server, cycle, seconds, stopped)
            after = Volume(
                f"{folder}/disk-{cycle}", volume.place, options.file_system, options.mount)
            volume.copy(after.image)
            server.kill()
            for thread in threads:
                thread.join()
            volume.unmount()
            os.remove(volume.image)
            volume = after
            volume.check()
            volume.mount()
            server = Server(options.program, volume.place + "/server", preload)
            slowest = max(slowest, server.seconds)
            found = load.verify(server)
            lost += len(found[0])
            doubled += len(found[1])
            done = cycle
            print(f"  cut {cycle}: {len(load.acknowledged)} acknowledged requests,"
                  f" {len(found[0])} lost, {len(found[1])} doubled,"
                  f" ready after {server.seconds * 1000:.0f} ms", flush=True)
            if lost or doubled:
                break
            load.retry(server)
        if not (lost or doubled):
            found = load.verify(server)
            lost, doubled = len(found[0]), len(found[1])
        blocks = glob.glob(volume.place + "/server/data/blocks/*.blk")
    finally:
        if server:
            server.kill()
        volume.unmount()
    rows = sum(SAMPLES if request[2] else RECORDS for request in load.acknowledged)
    return {"cycles": done, "requests": len(load.acknowledged), "rows": rows, "lost": lost,
            "doubled": doubled, "slowest start, ms": round(slowest * 1000),
            "block files": len(blocks)}


def preload_library():
    found = ctypes.util.find_library("eatmydata")
    places = glob.glob("/usr/lib/*/libeatmydata.so*") + glob.glob("/usr/lib/libeatmydata.so*")
    return places[0] if places else found


def table(rows):
    names = list(rows[0][1])
    print("\n| run | " + " | ".join(names) + " |")
    print("| --- | " + " | ".join("---:" for _ in names) + " |")
    for title, values in rows:
        print(f"| {title} | " + " | ".join(str(values[name]) for name in names) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--cycles", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=512, help="of the file system, MiB")
    parser.add_argument("--file-system", choices=["ext4", "xfs", "btrfs"], default="ext4")
    parser.add_argument("--mount", default="", help="more options of mount, such as ,commit=60")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    folder = tempfile.mkdtemp(prefix="plimsoll-power-")
    results = []
    try:
        print(f"{options.cycles} power cuts on {options.file_system}:", flush=True)
        os.makedirs(folder + "/real")
        results.append(("as it is", cuts(options, folder + "/real", None, options.cycles)))
        library = preload_library()
        if library:
            print("without fdatasync and fsync, which must lose rows:", flush=True)
            os.makedirs(folder + "/unsynced")
            results.append(("without syncs", cuts(options, folder + "/unsynced", library, 5)))
        else:
            print("libeatmydata is not here: whether missing syncs are noticed was not tried")
    except Skipped as reason:
        print(f"skipped: {reason}")
        return 0
    except Failed as reason:
        print(f"failed: {reason}")
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    table(results)
    first = results[0][1]
    if first["lost"] or first["doubled"]:
        print("failed: acknowledged rows were lost, or are there twice")
        return 1
    if first["slowest start, ms"] > READY_SECONDS * 1000:
        print(f"failed: a start took more than {READY_SECONDS:.0f} s")
        return 1
    if len(results) > 1 and not results[1][1]["lost"]:
        print("failed: nothing was lost without syncs, so this test shows nothing")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
