using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Signals;

namespace StreamScoring.Scoring;

/// <summary>
/// What models failed of. Each failure is counted; its cause is said once for a model, a kind and a
/// type of error, so that a model that fails on every payment fills no log. From any thread.
/// </summary>
public sealed class ModelFailures
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Model, ModelFailureKind Kind), Counter<long>> _counts = [];
    private readonly HashSet<(string Model, ModelFailureKind Kind, Type Error)> _said = [];
    private readonly MetricFamily<Counter<long>> _failures;
    private readonly MetricFamily<Gauge<long>> _resting;
    private readonly Gauge<long> _rung;
    private readonly ILogger _logger;

    public ModelFailures(EngineMeter meter, ILogger logger)
    {
        _failures = meter.CreateCounter(
            "scoring_model_failures_total", "Calls of a model that failed, by what it did instead of scoring; the log has the first cause of each kind.", ["model", "kind"]);
        _resting = meter.CreateGauge("scoring_model_resting", "1 while a model that may decide is left alone, as it failed in a row or did not come to an end.", ["model"]);
        _rung = meter.CreateGauge("scoring_ladder_rung", "What payments get of the deadline ladder: 0 full, 1 small, 2 rules.");
        _logger = logger;
    }

    /// <param name="model">As decisions name it.</param>
    public void Add(string model, Exception cause) =>
        Add(model, cause is ModelFailedException failed ? failed.Kind : ModelFailureKind.Failed, cause.GetType(), cause);

    /// <summary>A row's output was said to be a probability and is none.</summary>
    public void AddNoProbability(string model, double raw) => Add(model, ModelFailureKind.NoProbability, typeof(double), raw);

    /// <summary>The outputs of rows of a call were not a number.</summary>
    public void AddNoNumber(string model, int rows) => Add(model, ModelFailureKind.NoNumber, typeof(int), $"NaN for {rows} of the payments of a batch");

    /// <summary>The reasons of a row's score could not be found out.</summary>
    public void AddNoReasons(string model, Exception cause) => Add(model, ModelFailureKind.NoReasons, cause.GetType(), cause);

    /// <summary>A model that may decide is left alone for some time.</summary>
    /// <param name="standIn">Null: payments get no score meanwhile.</param>
    public void Rests(string model, string? standIn, TimeSpan time)
    {
        _resting.With(model).Record(1);
        _logger.ModelRests(WithoutCardNumbers(model), time.TotalSeconds, standIn is null ? "payments are decided without a score" : $"{WithoutCardNumbers(standIn)} is asked in its place");
    }

    /// <summary>A shadow model cannot be loaded, or does not fit: the others are served without it.
    /// </summary>
    public void LeftOut(string folder, string cause) => _logger.ShadowLeftOut(folder, cause);

    /// <summary>A model that was left alone scores again.</summary>
    public void AnswersAgain(string model)
    {
        _resting.With(model).Record(0);
        _logger.ModelAnswersAgain(WithoutCardNumbers(model));
    }

    /// <summary>Payments get another rung of the deadline ladder from now on.</summary>
    internal void Stepped(Rung from, Rung to)
    {
        _rung.Record((long)to);
        if (to > from)
        {
            _logger.LadderStepsDown(NameOf(from), NameOf(to));
        }
        else
        {
            _logger.LadderStepsUp(NameOf(from), NameOf(to));
        }
    }

    /// <summary>A policy is in force, whose ladder stands there.</summary>
    internal void Begins(Rung rung) => _rung.Record((long)rung);

    private static string NameOf(Rung rung) => rung.ToString().ToLowerInvariant();

    /// <summary>A model that was left alone may not decide any more.</summary>
    internal void Forget(string model) => _resting.With(model).Record(0);

    private void Add<TCause>(string model, ModelFailureKind kind, Type type, TCause cause)
    {
        bool isFirst;
        lock (_gate)
        {
            if (!_counts.TryGetValue((model, kind), out var count))
            {
                _counts[(model, kind)] = count = _failures.With(model, NameOf(kind));
            }

            count.Add(1);
            isFirst = _said.Add((model, kind, type));
        }

        if (isFirst)
        {
            _logger.ModelFails(
                WithoutCardNumbers(model), Sentence(kind), WithoutCardNumbers(cause is Exception e ? e.Message : FormattableString.Invariant($"{cause}")),
                WithoutCardNumbers($"scoring_model_failures_total{{model=\"{model}\",kind=\"{NameOf(kind)}\"}}"));
        }
    }

    private static string NameOf(ModelFailureKind kind) => kind switch
    {
        ModelFailureKind.Failed => "failed",
        ModelFailureKind.TimedOut => "timed_out",
        ModelFailureKind.Stopped => "stopped",
        ModelFailureKind.NoProbability => "no_probability",
        ModelFailureKind.NoNumber => "no_number",
        _ => "no_reasons",
    };

    private static string Sentence(ModelFailureKind kind) => kind switch
    {
        ModelFailureKind.Failed => "it failed on some payment, and has no number for it",
        ModelFailureKind.TimedOut => "it did not come to an end in time, and has no number for these payments",
        ModelFailureKind.Stopped => "it was ended while it scored, and has no number for these payments",
        ModelFailureKind.NoProbability => "its output is said to be a probability and is none",
        ModelFailureKind.NoNumber => "its output is not a number",
        _ => "it gave no reasons for a score, which stands without them",
    };

    /// <summary>An engine may quote what it was given, and that may be anything.</summary>
    private static string WithoutCardNumbers(string message) => CardNumber.Mask(message);
}
