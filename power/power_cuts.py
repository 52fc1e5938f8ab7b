#!/usr/bin/env python3
"""Cuts the power under a loaded server, again and again, and counts what is lost.

The server runs on an ext4 file system of its own. At a random moment it is stopped, and the device is
copied as it is: what the kernel still had in memory is not in the copy, as after a power cut. The
next life of the server begins on that copy. Every request that was
acknowledged must be there once and whole, every other whole or absent. To prove that this would be
seen, the same is done with a server whose syncs do nothing: it must lose rows.

Needs root and loop mounts; says why it was skipped where they are missing.
"""

import argparse
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

ROWS = 40
TENANTS = ("t0", "t1")
NO_SYNC = "int fdatasync(int f) { return 0; }\nint fsync(int f) { return 0; }\n"


class Skipped(Exception):
    """This machine cannot do it."""


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout.strip()


class Device:
    """An image, mounted so that only what the server syncs is written to it for minutes."""

    def __init__(self, image, mount):
        self.mount = mount
        # What the image has is what the device has: its pages are not kept a second time.
        self.loop = run("losetup", "--direct-io=on", "-f", "--show", image)
        try:
            # The journal is committed by syncs alone, not by the clock.
            run("mount", "-o", "commit=300", self.loop, mount)
        except OSError:
            run("losetup", "-d", self.loop)
            raise

    def close(self):
        run("umount", self.mount)
        run("losetup", "-d", self.loop)


class Server:
    """A server on a folder."""

    def __init__(self, program, data, rules, preload=None):
        environment = dict(os.environ, PLIMSOLL_UNSEALED="256KiB")
        if preload:
            environment["LD_PRELOAD"] = preload
        self.process = subprocess.Popen(
            [program, "serve", "--data", data, "--rules", rules, "--http", "127.0.0.1:0",
             "--udp-lines", "off", "--udp-syslog", "off", "--udp-statsd", "off"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
        said = []
        for line in self.process.stdout:
            said.append(line)
            if line.startswith("listening http"):
                self.port = int(line.rsplit(":", 1)[1])
            if line.strip() == "ready":
                return
        raise OSError("the server did not start: " + "".join(said))

    def call(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def stop(self):
        """Returns when no thread runs any more, in the kernel neither."""
        self.process.send_signal(signal.SIGSTOP)
        tasks = f"/proc/{self.process.pid}/task"
        while any(self.state(f"{tasks}/{task}/stat") != "T" for task in os.listdir(tasks)):
            time.sleep(0.001)

    @staticmethod
    def state(path):
        with open(path) as file:
            return file.read().rsplit(")", 1)[1].split()[0]

    def post(self, name, tenant):
        # Each life of the server has a service of its own, so that it can be asked for alone.
        rows = (json.dumps({"service": name.split("-")[0], "batch": name, "row": str(row),
                            "message": f"row {row} of {name} {'x' * 100}"}) for row in range(ROWS))
        try:
            status, _ = self.call("POST", "/ingest/json", "\n".join(rows),
                                  {"Idempotency-Key": name, "X-Scope-OrgID": tenant})
            return status == 200
        except OSError:
            return False
        except http.client.HTTPException:
            return False

    def counts(self, tenant, services):
        query = f'sum by (batch) (count_over_time({{service=~"{services}"}} [12h]))'
        status, body = self.call("GET", "/loki/api/v1/query?query=" + urllib.parse.quote(query),
                                 headers={"X-Scope-OrgID": tenant})
        if status != 200:
            raise OSError(f"query answered {status}: {body[:200]}")
        return {one["metric"]["batch"]: int(float(one["value"][1]))
                for one in json.loads(body)["data"]["result"]}


class Ledger:
    """What was sent and what was acknowledged, and what a look at the server found amiss."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = {tenant: set() for tenant in TENANTS}
        self.open = {tenant: set() for tenant in TENANTS}
        self.lost = self.doubled = self.torn = 0

    def settle(self, tenant, name, is_stored):
        with self.lock:
            if is_stored:
                self.acknowledged[tenant].add(name)
                self.open[tenant].discard(name)
            else:
                self.open[tenant].add(name)

    def check(self, server, cycle=None):
        """Looks at what one life of the server had stored, or at everything."""
        for tenant in TENANTS:
            found = server.counts(tenant, f"c{cycle}" if cycle is not None else "c.*")
            known = {name for name in self.acknowledged[tenant]
                     if cycle is None or name.startswith(f"c{cycle}-")}
            self.lost += ROWS * len(known - found.keys())
            self.doubled += sum(rows - ROWS for rows in found.values() if rows > ROWS)
            self.torn += sum(1 for rows in found.values() if rows < ROWS)

    def rows(self):
        return ROWS * sum(len(names) for names in self.acknowledged.values())


def load(server, ledger, cycle, stop):
    def send(tenant):
        number = 0
        while not stop.is_set():
            name = f"c{cycle}-{tenant}-{number}"
            number += 1
            with ledger.lock:
                ledger.open[tenant].add(name)
            ledger.settle(tenant, name, server.post(name, tenant))

    threads = [threading.Thread(target=send, args=(tenant,), daemon=True) for tenant in TENANTS]
    for thread in threads:
        thread.start()
    return threads


def cut(options, place, dice, ledger, cycle, preload=None):
    """One life of the server, ended by a power cut; the image is then what the disk had."""
    device = Device(place["image"], place["mount"])
    server = None
    try:
        server = Server(options.program, place["mount"] + "/data", place["rules"], preload)
        ledger.check(server, cycle - 1)
        for tenant in TENANTS:
            for name in sorted(ledger.open[tenant]):
                ledger.settle(tenant, name, server.post(name, tenant))
        ledger.check(server, cycle - 1)
        stop = threading.Event()
        threads = load(server, ledger, cycle, stop)
        time.sleep(dice.uniform(0.1, 0.7))
        server.stop()
        run("cp", "--sparse=always", place["image"], place["copy"])
        stop.set()
        server.process.kill()
        for thread in threads:
            thread.join()
    finally:
        if server:
            server.process.kill()
            server.process.wait()
        device.close()
    os.replace(place["copy"], place["image"])


def cycles(options, count, preload=None, until_loss=False):
    dice = random.Random(options.seed)
    ledger = Ledger()
    folder = tempfile.mkdtemp(prefix="plimsoll-power-")
    place = {name: f"{folder}/{name}" for name in ("image", "copy", "mount", "rules")}
    try:
        os.mkdir(place["mount"])
        os.mkdir(place["rules"])
        with open(place["image"], "wb") as image:
            image.truncate(options.megabytes << 20)
        run("mkfs.ext4", "-q", place["image"])
        done = 0
        for done in range(1, count + 1):
            try:
                cut(options, place, dice, ledger, done, preload)
            except OSError as error:
                # Without syncs the server may not even start again.
                if not until_loss:
                    raise
                print(f"  cut {done}: {error}", flush=True)
                ledger.lost += 1
            print(f"  cut {done}: {ledger.rows()} rows acknowledged so far, {ledger.lost} lost, "
                  f"{ledger.doubled} doubled, {ledger.torn} torn requests", flush=True)
            if until_loss and ledger.lost + ledger.torn > 0:
                break
        if not until_loss:
            device = Device(place["image"], place["mount"])
            try:
                server = Server(options.program, place["mount"] + "/data", place["rules"])
                ledger.check(server)
                server.process.kill()
                server.process.wait()
            finally:
                device.close()
        return done, ledger
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def prepare():
    if os.geteuid() != 0:
        raise Skipped("only root may mount")
    for program in ("losetup", "mkfs.ext4", "cc"):
        if not shutil.which(program):
            raise Skipped(f"{program} is not installed")
    try:
        with tempfile.NamedTemporaryFile() as image, tempfile.TemporaryDirectory() as mount:
            image.truncate(16 << 20)
            run("mkfs.ext4", "-q", image.name)
            Device(image.name, mount).close()
    except OSError as error:
        raise Skipped(str(error))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", help="the server to test")
    parser.add_argument("--cycles", type=int, default=25)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--megabytes", type=int, default=256, help="size of the file system")
    options = parser.parse_args()
    try:
        prepare()
    except Skipped as reason:
        print(f"skipped: {reason}")
        return 0
    print(f"{options.cycles} power cuts:")
    done, ledger = cycles(options, options.cycles)
    print("power cuts without syncs, which must lose something:")
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/nosync.c", "w") as source:
            source.write(NO_SYNC)
        run("cc", "-shared", "-fPIC", "-o", folder + "/nosync.so", folder + "/nosync.c")
        without, proof = cycles(options, 5, preload=folder + "/nosync.so", until_loss=True)
    print(f"cuts {done}, rows acknowledged {ledger.rows()}, rows lost {ledger.lost}, "
          f"rows doubled {ledger.doubled}, requests torn {ledger.torn}")
    is_proven = proof.lost + proof.torn > 0
    print(f"without syncs: cuts {without}, " + ("loss was seen" if is_proven else "no loss seen"))
    return 0 if ledger.lost + ledger.doubled + ledger.torn == 0 and is_proven else 1


if __name__ == "__main__":
    sys.exit(main())
