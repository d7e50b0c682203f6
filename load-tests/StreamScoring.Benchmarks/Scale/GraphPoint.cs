using System.Diagnostics;
using System.Globalization;
using Akka.Streams;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Decisions;
using StreamScoring.Emit;
using StreamScoring.Features;
using StreamScoring.Logs;
using StreamScoring.Onnx;
using StreamScoring.State;
using StreamScoring.Streams;

namespace StreamScoring.Benchmarks.Scale;

/// <summary>
/// The whole graph between in-memory logs and a sink that only counts: payments with the handbook's
/// fields, features and model, a backlog of them spread over so many partitions by customer, each
/// log's timestamps being the payments' times. CPU time is that of the process.
/// </summary>
internal sealed class GraphPoint(IMaterializer materializer, FeatureFile file, OnnxModel model, IReadOnlyList<BenchmarkRecord> records, int partitions, int lanes) : IScalePoint
{
    private const int BatchRows = 256;

    private readonly (int Partition, long TimeMs, byte[] Value)[] _records = [.. records.Select(record =>
    {
        var payment = PaymentMessagePack.ReadPayment(record.Value);
        return (int.Parse(payment.CustomerId!, CultureInfo.InvariantCulture) % partitions, payment.EventTimeMs, record.Value.ToArray());
    })];

    public ScaleMeasure Measure(int payments)
    {
        var logs = new LogTable(Enumerable.Range(0, partitions).Select(partition => (new LogId("eu", "payments", partition), LogKind.Payments)));
        var memory = Enumerable.Range(0, partitions).Select(logIndex => new MemoryLog(logIndex)).ToList();
        foreach (var (partition, timeMs, value) in _records.AsSpan(0, payments))
        {
            memory[partition].Append(timeMs, value);
        }

        var source = new MemoryLogSource(memory);
        source.Complete();
        var options = new PipelineOptions { ScoringLanes = lanes };
        var stamp = new DecisionStamp(file.Hash, null, file.Hash, file.Schema.Names, BudgetMs: 100);
        var decisions = new DecisionParts(
            new PolicyParts(model, [.. model.Inputs.Select(input => file.Schema.IndexOf(input.Name))], stamp, new RiskThresholds()), new FirstDecisions(IdempotencyOptions.Default.PaymentsMax))
        {
            Lanes = lanes,
        };
        using var engine = new Engine(new EngineParts(logs, file, new FoldedState(file, logs, IdempotencyOptions.Default), decisions)
        {
            BatchesMax = Engine.BatchesMax(options),
            BatchRowsMax = BatchRows,
        });
        var sink = new CountingSink();
        var graph = ScoringGraph.Build(engine, source, sink, new LiveOptions(options));

        // What an earlier run left behind is not this one's to collect.
        GC.Collect();
        var (started, cpuStarted) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        graph.Run(materializer).Item2.GetAwaiter().GetResult();
        var (seconds, cpu) = (Stopwatch.GetElapsedTime(started).TotalSeconds, Environment.CpuUsage.TotalTime - cpuStarted);
        Invariant.Require(sink.Count == payments);
        Invariant.Require(engine.Pool.Rented == 0);
        return new ScaleMeasure(cpu.TotalNanoseconds / payments, new Dictionary<string, double>
        {
            ["payments_a_second"] = Math.Round(payments / seconds),
        });
    }

    public void Dispose()
    {
    }

    private sealed class CountingSink : IDecisionSink
    {
        public int Count { get; private set; }

        public Task WriteAsync(PaymentBatch batch)
        {
            Count += batch.Encoded.Records.Length;
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
