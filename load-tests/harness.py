"""What the measurements on one real broker share: the broker, the programs, and medians as they are stated."""
import contextlib, json, os, pathlib, re, shutil, signal, statistics, subprocess, sys, tempfile, time, urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
SHARED = pathlib.Path(os.environ.get("SCORING_SHARED", ROOT.parent / "shared"))
CLUSTER = SHARED / "kafka/bin/cluster"
# Whoever starts this in the background may have it ignore Ctrl-C, which the program would inherit, and it is stopped by that.
SCORING = ["env", "--default-signal=INT", "dotnet", str(ROOT / "src/StreamScoring.Host/bin/Release/net10.0/scoring.dll")]
BENCH = ["dotnet", str(ROOT / "load-tests/StreamScoring.Benchmarks/bin/Release/net10.0/StreamScoring.Benchmarks.dll")]
HANDBOOK = str(ROOT / "topology/handbook/topology.yaml")


def note(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def build():
    """The two programs, unless they are as new as their sources."""
    for project in ("src/StreamScoring.Host", "load-tests/StreamScoring.Benchmarks"):
        subprocess.run(["dotnet", "build", str(ROOT / project), "-c", "Release", "-v", "quiet", "-nologo"], check=True, stdout=sys.stderr)


def output_of(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}: {done.stderr}{done.stdout}")
    return done.stdout


@contextlib.contextmanager
def broker(name, port, heap=1024):
    """One real broker in a folder of its own, which is given; all goes at the end, however that comes."""
    if not CLUSTER.exists():
        sys.exit(f"{name}: no Kafka in {SHARED}; set SCORING_SHARED to the shared folder")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = pathlib.Path(tempfile.mkdtemp(prefix=name))
    os.environ |= {"KAFKA_CLUSTERS": str(folder / "clusters"), "SCORING_BROKERS": f"127.0.0.1:{port}", "SCORING_HTTP_PORT": "0", "SCORING_DATA": str(folder / "data")}
    try:
        for attempt in range(5):
            done = subprocess.run([CLUSTER, "up", name, "--port", str(port), "--heap", str(heap)], capture_output=True, text=True)
            # The tool draws an id for the cluster, and one of 64 begins with a dash, which Kafka takes for an option.
            if done.returncode == 0 or "expected one argument" not in done.stderr + done.stdout:
                break
        if done.returncode:
            sys.exit(f"{name}: the broker does not start: {done.stderr}")
        yield folder
    finally:
        subprocess.run([CLUSTER, "down", name, "--wipe"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)


def topics(name, payments=None):
    """Settings by which a run has topics and a group of its own; payments and labels may be another run's."""
    payments = payments or name
    names = {"payments": f"{payments}-payments", "labels": f"{payments}-labels", "decisions": f"{name}-decisions", "deadLetters": f"{name}-dead-letters"}
    return [part for topic, value in names.items() for part in ("--set", f"regions.eu.topics.{topic}={value}")] + ["--set", f"group={name}"]


def benchmark_model(folder):
    """The 100 trees that all contestants score with, as a folder that is served."""
    model = folder / "bench-100x6"
    output_of([*BENCH, "b1-model", "--model", str(SHARED / "models/bench-100x6"), "--output", str(model)])
    return ["--set", f"models.champion={model}"]


@contextlib.contextmanager
def running(command, until=None):
    """A process in the background, ready once it prints what it is waited for; ended by Ctrl-C."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE if until else subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    try:
        while until and until not in (line := process.stdout.readline()):
            if not line:
                sys.exit(f"{' '.join(command)} ended before it was ready")
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def cpu_seconds(pid):
    """User and system time of a process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def metrics(port):
    """What a process says of itself: by name with labels, the value."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return {name: float(value) for name, value in re.findall(r"^(\w+(?:\{[^}]*\})?) (\S+)$", answer.read().decode(), re.M)}


def spread(values):
    values = [value for value in values if value is not None]
    return {"median": rounded(statistics.median(values)), "min": rounded(min(values)), "max": rounded(max(values))} if values else None


def rounded(value):
    return float(f"{value:.4g}")


def machine(command):
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    return {"command": command, "started_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "cpu": model, "cores": os.cpu_count(), "load_average_at_start": os.getloadavg()[0]}


class Results:
    """JSON lines, on stdout and in a file."""

    def __init__(self, path):
        self.path = path
        if path:
            pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)

    def add(self, line):
        print(json.dumps(line), flush=True)
        if self.path:
            with open(self.path, "a") as file:
                file.write(json.dumps(line) + "\n")
        return line
