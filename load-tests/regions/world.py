"""Two regions, each a broker of its own, and a link each way between them; and what the measurements here share."""
import json, os, pathlib, shutil, subprocess, sys, time, urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "src/StreamScoring.Host/bin/Release/net10.0/scoring.dll"
TOPOLOGY = ROOT / "topology/two-regions/topology.yaml"
KAFKA = pathlib.Path(os.environ.get("SCORING_SHARED", ROOT / "../shared")) / "kafka/bin"
REGIONS = ("eu", "us")


def note(text):
    print(text, file=sys.stderr, flush=True)


class World:
    def __init__(self, folder, port):
        self.folder, self.started = folder, []
        self.port = {"eu": port, "us": port + 500}
        self.http = {"eu": port + 480, "us": port + 981}
        self.environment = os.environ | {"KAFKA_CLUSTERS": str(folder / "kafka")}

    def tool(self, name, *arguments, quietly=False):
        """Runs one of the shared folder's tools; quietly, so that what it does is felt and not that it was started."""
        command = ["nice", "-n", "19"] * quietly + [KAFKA / name, *arguments]
        for attempt in range(5):
            done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
            # The tool draws an id for the cluster, and one of 64 begins with a dash, which Kafka takes for an option.
            if done.returncode == 0 or "expected one argument" not in done.stderr + done.stdout:
                break
        if done.returncode:
            sys.exit(f"{name} {' '.join(arguments)}: {done.stderr}")

    def up(self):
        for region in REGIONS:
            port = self.port[region]
            self.tool("cluster", "up", region, "--port", str(port), "--heap", "384", "--wan-port", str(port + 450))
            self.tool("link", "up", region, "--listen", str(port + 450), "--to", str(port + 200), "--delay", "40", "--jitter", "10")
        self.scoring("eu", "topics", "create", near=True)

    def environment_of(self, region, near=False):
        """Its own brokers directly, the others by way of the link."""
        return self.environment | {"SCORING_REGION": region, "SCORING_HTTP_PORT": str(self.http[region]), "SCORING_DATA": str(self.folder / f"data-{region}")} | {
            f"SCORING_BROKERS_{other.upper()}": f"127.0.0.1:{self.port[other] + (0 if other == region or near else 450)}" for other in REGIONS}

    def scoring(self, region, *arguments, near=False):
        return subprocess.run(["dotnet", str(PROGRAM), *arguments[:2 if arguments[0] == "topics" else 1], "--topology", str(TOPOLOGY), *arguments[2 if arguments[0] == "topics" else 1:]],
                              env=self.environment_of(region, near), check=True, capture_output=True, text=True).stdout

    def start(self, region, *arguments, near=False):
        log = open(self.folder / f"{region}-{arguments[0]}.log", "ab")
        process = subprocess.Popen(["dotnet", str(PROGRAM), arguments[0], "--topology", str(TOPOLOGY), *arguments[1:]], env=self.environment_of(region, near), stdout=log, stderr=log)
        self.started.append(process)
        return process

    def state(self, region):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http[region]}/state", timeout=30) as answer:
            return json.load(answer)

    def close(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
        for region in REGIONS:
            subprocess.run([KAFKA / "link", "down", region], env=self.environment, capture_output=True)
            subprocess.run([KAFKA / "cluster", "down", region, "--wipe"], env=self.environment, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def wait(what, is_so, seconds=180, step=0.2):
    until = time.time() + seconds
    while True:
        try:
            if (found := is_so()):
                return found
        except OSError:
            pass
        if time.time() > until:
            sys.exit(f"{what}: not within {seconds} s")
        time.sleep(step)


def table(path, region, count, rate):
    """Payments of one region, as many a second."""
    with open(path, "w") as file:
        file.write("payment_id,event_time,amount_minor,currency,customer_id,terminal_id\n")
        now = time.time()
        for i in range(count):
            at = now + i / rate
            file.write(f"{region}-{i},{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(at))}.{int(at % 1 * 1000):03}Z,{100 + i % 9000},EUR,c{i * 7919 % 5000},t{i * 104729 % 2000}\n")
