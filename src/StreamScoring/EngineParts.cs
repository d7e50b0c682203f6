using Microsoft.Extensions.Logging;
using StreamScoring.Contracts;
using StreamScoring.Decisions;
using StreamScoring.Emit;
using StreamScoring.Features;
using StreamScoring.Identity;
using StreamScoring.Ingest;
using StreamScoring.Logs;
using StreamScoring.Quality;
using StreamScoring.Scoring;
using StreamScoring.State;
using StreamScoring.Telemetry;

namespace StreamScoring;

/// <summary>What an engine is made of.</summary>
/// <param name="State">New, or restored from a snapshot.</param>
/// <param name="Decisions">Null: the path ends behind the features.</param>
public sealed record EngineParts(LogTable Logs, FeatureFile Features, FoldedState State, DecisionParts? Decisions = null)
{
    /// <summary>Processing time. The engine looks at no other clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>How stale the regions are that are followed; null: of the engine's own.</summary>
    public LogCoverage? Coverage { get; init; }

    public IngestLimits Limits { get; init; } = new();

    /// <summary>Hashes ids; null: by the secret for development.</summary>
    public IdentityHash? Identity { get; init; }

    /// <summary>
    /// Batches that are on their way at the most (<see cref="Engine.BatchesMax"/>).
    /// </summary>
    public int BatchesMax { get; init; } = Engine.BatchesMax(new PipelineOptions());

    public int BatchRowsMax { get; init; } = 256;

    /// <summary>Bytes of records that a new batch has room for; it grows.</summary>
    public int BatchBytesInitial { get; init; } = 64 * 1024;

    /// <summary>Null where nobody counts.</summary>
    public PipelineMeters? Meters { get; init; }

    /// <summary>
    /// Joins decisions with labels; null where nobody does. Only with <see cref="Decisions"/>.
    /// </summary>
    public QualityWatch? Quality { get; init; }

    /// <summary>
    /// Told of records that are stamped ahead, where <see cref="Meters"/> count them; null where
    /// nobody wants to know.
    /// </summary>
    public ILogger? Logger { get; init; }
}

/// <summary>What decides, and what its decisions become.</summary>
/// <param name="Policy">What decides at the start (<see cref="Policies"/>).</param>
/// <param name="Firsts">The decisions that repeats of their payments get.</param>
public sealed record DecisionParts(PolicyParts Policy, FirstDecisions Firsts)
{
    /// <summary>Lanes that are opened at once.</summary>
    public int Lanes { get; init; } = 1;

    /// <summary>Lanes that may be opened; null: no more.</summary>
    public int? LanesMax { get; init; }

    /// <summary>Null: no log changes the policy.</summary>
    public PolicyLogParts? PolicyLog { get; init; }

    /// <summary>
    /// Where answers of shadows go that came after their decisions; null: they are only counted.
    /// </summary>
    public ILateAnswers? LateAnswers { get; init; }

    /// <summary>
    /// Whether the process has no CPU left: then shadows wait. Asked often, from any thread; null:
    /// it never says so.
    /// </summary>
    public Func<bool>? IsBusy { get; init; }

    /// <summary>
    /// Publishes what decisions of a policy are read by, before it is in force, and waits for it a
    /// while; null: that is done once they are written. It does not fail.
    /// </summary>
    public Action<IReadOnlyList<DecisionSchema>>? SchemasAhead { get; init; }

    /// <summary>Says which call of which model runs; null: nobody wants to know.</summary>
    public ICallMarks? CallMarks { get; init; }

    /// <summary>Told why models failed; null: nobody is.</summary>
    public ModelFailures? Failures { get; init; }

    public DecisionForm Form { get; init; }

    /// <summary>False: the path ends behind the verdict, and nothing is encoded.</summary>
    public bool IsWritten { get; init; } = true;

    /// <summary>Bytes of a dead letter; a larger one goes without the record's copy.</summary>
    public int DeadLetterBytesMax { get; init; } = int.MaxValue;

    /// <summary>
    /// A secret for the hash of what dead letters withhold; empty: one of this process.
    /// </summary>
    public ReadOnlyMemory<byte> HashKey { get; init; }
}
