using System.Diagnostics;
using Akka.Actor;
using Akka.Streams;
using StreamScoring.Batches;
using StreamScoring.Benchmarks.OpenLoop;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Decisions;
using StreamScoring.Emit;
using StreamScoring.Features;
using StreamScoring.Logs;
using StreamScoring.Onnx;
using StreamScoring.State;
using StreamScoring.Streams;

namespace StreamScoring.Benchmarks;

/// <summary>
/// What a payment waits while policies are swapped, against what it waits without: stretches of
/// both alternate in one run, an open loop at a fixed rate through the whole graph between a log in
/// memory and a sink that counts. Every swap puts the other of two models in force, with lanes of
/// its own, and other thresholds. With <c>--from disk</c> the model is loaded anew for each swap,
/// and freed behind it.
/// </summary>
internal static class SwapBenchmark
{
    private const int BatchRows = 256, WarmUpSeconds = 8;

    public static int Run(string[] arguments)
    {
        var options = new BenchmarkOptions(arguments);
        var (swaps, rate, pairs) = (options.Integer("swaps", 1000), options.Integer("rate", 2000), options.Integer("runs", 3));
        var seconds = options.Integer("seconds", 10);
        var folder = options.Text("model") ?? "topology/handbook/model";
        var file = FeatureFiles.Load(options.Text("features") ?? "topology/handbook/features.yaml");
        OnnxModel[] models = [OnnxModelLoader.LoadFolder(folder, new ModelLoadOptions()), OnnxModelLoader.LoadFolder(folder, new ModelLoadOptions())];
        var isLoaded = options.Text("from") == "disk";
        using var loop = new Loop(file, models, isLoaded ? folder : null, rate, capacity: rate * (WarmUpSeconds + (2 * pairs * seconds)));
        loop.Stretch(WarmUpSeconds, swaps: 20);
        var (quiet, swapped, ratios, grown) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        var results = new ResultFile(options.Text("results"));
        results.Machine("swaps", string.Join(' ', arguments));
        for (var pair = 0; pair < pairs; pair++)
        {
            var before = loop.Stretch(seconds, swaps: 0);
            var during = loop.Stretch(seconds, swaps / pairs);
            quiet.Add(before.P99Ms);
            swapped.Add(during.P99Ms);
            ratios.Add(during.P99Ms / before.P99Ms);
            grown.Add((during.WorkingSetBytes - before.WorkingSetBytes) / 1e6);
            results.Append(new { before, during });
            Console.Error.WriteLine(FormattableString.Invariant($"p99 {before.P99Ms:0.00} ms without, {during.P99Ms:0.00} ms with {swaps / pairs} swaps; p50 {before.P50Ms:0.00} and {during.P50Ms:0.00}"));
        }

        loop.Finish();
        results.Summary(new
        {
            benchmark = "swaps",
            from = isLoaded ? "disk" : "memory",
            swaps = swaps / pairs * pairs,
            payments = loop.Sent,
            decisions = loop.Decided,
            p99_ms_without = Statistics.Of(quiet),
            p99_ms_with = Statistics.Of(swapped),
            p99_ratio = Statistics.Of(ratios),
            grown_megabytes = Statistics.Of(grown),
            policies_left = loop.Policies,
        });
        Array.ForEach(models, model => model.Dispose());
        return loop.Decided == loop.Sent ? 0 : 1;
    }

    private sealed record Figures(double P50Ms, double P99Ms, double P999Ms, long WorkingSetBytes);

    private sealed class Loop : IDisposable, IDecisionSink
    {
        private readonly ActorSystem _system = ActorSystem.Create("swaps", "akka { loglevel = OFF, stdout-loglevel = OFF, log-dead-letters = off }");
        private readonly MemoryLog _log = new(0);
        private readonly MemoryLogSource _source;
        private readonly Engine _engine;
        private readonly IReadOnlyList<OnnxModel> _models;
        private readonly string? _folder;
        private readonly IEnumerator<BenchmarkRecord> _records = GeneratedRecords.Generate(seed: 1).Where(record => !record.IsLabel).GetEnumerator();
        private readonly int _rate;
        private readonly Task _done;

        /// <summary>
        /// [payments] When each was due, and how long it took, in ticks of the stopwatch.
        /// </summary>
        private readonly long[] _due, _took;
        private int _swapped;

        /// <param name="folder">From where a model is loaded for each swap; null: from
        /// none.</param>
        public Loop(FeatureFile file, IReadOnlyList<OnnxModel> models, string? folder, int rate, int capacity)
        {
            (_models, _folder, _rate, _due, _took) = (models, folder, rate, new long[capacity], new long[capacity]);
            _source = new MemoryLogSource([_log]);
            var logs = new LogTable([(new LogId("eu", "payments", 0), LogKind.Payments)]);
            var stamp = new DecisionStamp(file.Hash, null, file.Hash, file.Schema.Names, BudgetMs: 100);
            var policy = new PolicyParts(models[0], [.. models[0].Inputs.Select(input => file.Schema.IndexOf(input.Name))], stamp, new RiskThresholds());
            _engine = new Engine(new EngineParts(logs, file, new FoldedState(file, logs, IdempotencyOptions.Default), new DecisionParts(policy, new FirstDecisions(IdempotencyOptions.Default.PaymentsMax)))
            {
                BatchRowsMax = BatchRows,
            });
            _done = ScoringGraph.Build(_engine, _source, this, new LiveOptions(new PipelineOptions())).Run(_system.Materializer()).Item2;
        }

        public int Sent { get; private set; }

        public int Decided { get; private set; }

        public int Policies => _engine.Policies!.Count;

        /// <summary>
        /// Sends payments at their times for so long, and swaps so often meanwhile; then waits
        /// until all are decided.
        /// </summary>
        public Figures Stretch(int seconds, int swaps)
        {
            var first = Sent;
            var swapping = Task.Run(() => Swap(seconds, swaps));
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < seconds * _rate; i++)
            {
                var due = started + (long)(i * (double)Stopwatch.Frequency / _rate);
                while (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) is var left && left > TimeSpan.Zero)
                {
                    Pause.For((long)left.TotalMicroseconds);
                }

                _records.MoveNext();
                _due[Sent] = due;
                // Its event time: one far ahead of its log's time would be refused.
                _log.Append(PaymentMessagePack.ReadPayment(_records.Current.Value).EventTimeMs, _records.Current.Value.ToArray());
                Sent++;
                _source.Wake();
            }

            swapping.GetAwaiter().GetResult();
            SpinWait.SpinUntil(() => Decided == Sent || _done.IsCompleted);
            using var process = Process.GetCurrentProcess();
            var took = _took.AsSpan(first, Sent - first).ToArray();
            Array.Sort(took);
            return new Figures(At(0.5), At(0.99), At(0.999), process.WorkingSet64);

            double At(double share) => took[(int)(share * (took.Length - 1))] * 1000.0 / Stopwatch.Frequency;
        }

        public void Finish()
        {
            _source.Complete();
            _done.GetAwaiter().GetResult();
        }

        public Task WriteAsync(PaymentBatch batch)
        {
            var now = Stopwatch.GetTimestamp();
            for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
            {
                _took[batch.Offset[rowIndex]] = now - _due[batch.Offset[rowIndex]];
            }

            Decided += batch.DecideCount;
            return Task.CompletedTask;
        }

        public void Dispose()
        {
            _system.Terminate().Wait();
            _engine.Dispose();
            _records.Dispose();
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private void Swap(int seconds, int swaps)
        {
            for (var i = 0; i < swaps; i++)
            {
                Pause.For((long)(seconds * 1e6 / swaps));
                _swapped++;
                var loaded = _folder is null ? null : OnnxModelLoader.LoadFolder(_folder, new ModelLoadOptions());
                _engine.Policies!.Swap(_engine.Policies.InForce.Parts with
                {
                    Champion = loaded ?? _models[_swapped % 2],
                    Thresholds = new RiskThresholds { BlockFrom = 60 + (_swapped % 40) },
                    Held = loaded,
                });
            }
        }
    }
}
