using System.Numerics;
using StreamScoring.Contracts;

namespace StreamScoring.Tests.Features;

/// <summary>
/// Every value from scratch, from the list of all events folded so far: it shares no logic with the
/// engine.
/// </summary>
internal sealed class WindowOracle
{
    private const int UnitsOfOne = 1_000_000;

    private readonly List<(Payment Payment, int Order)> _folded = [];
    private readonly Dictionary<string, (long KnownAt, bool Fraud)> _labels = [];

    public sealed record Query(
        string Aggregate, Func<Payment, string?> Key, long? SizeMs = null, long DelayMs = 0, int LastCount = 0, bool ExcludeCurrent = false,
        Func<Payment, bool>? Where = null, Func<Payment, double?>? Value = null, Func<Payment, string?>? Distinct = null, long HalfLifeMs = 0,
        string? Label = null);

    public void Fold(Label label)
    {
        if (!_labels.TryGetValue(label.PaymentId, out var known) || label.KnownAtMs > known.KnownAt
            || (label.KnownAtMs == known.KnownAt && label.Fraud))
        {
            _labels[label.PaymentId] = (label.KnownAtMs, label.Fraud);
        }
    }

    public double[] Fold(Payment payment, IReadOnlyList<Query> queries)
    {
        _folded.Add((payment, _folded.Count));
        return [.. queries.Select(query => Ask(payment, query))];
    }

    private bool Is(Payment payment, string wanted) => _labels.TryGetValue(payment.PaymentId, out var label)
        ? wanted == "known" || (wanted == "fraud") == label.Fraud
        : wanted == "not_fraud";

    /// <summary>Frauds that are later than any payment of the window that is known to be genuine.
    /// </summary>
    private double AskRun(Payment current, Query query, string key, long t)
    {
        var seen = _folded
            .Where(e => query.Key(e.Payment) == key && e.Payment.EventTimeMs <= t && (query.SizeMs is not { } size || e.Payment.EventTimeMs > t - size))
            .Where(e => !query.ExcludeCurrent || !ReferenceEquals(e.Payment, current))
            .Select(e => e.Payment).ToList();
        var genuineMs = seen.Where(payment => Is(payment, "genuine")).Select(payment => payment.EventTimeMs).DefaultIfEmpty(long.MinValue).Max();
        var run = seen.FindAll(payment => payment.EventTimeMs > genuineMs && Is(payment, "fraud") && (query.Where?.Invoke(payment) ?? true));
        return query.Aggregate == "fraud_run" ? run.Count : run.Count == 0 ? double.NaN : (current.EventTimeMs - run.Min(payment => payment.EventTimeMs)) / 1000.0;
    }

    /// <param name="value">Of at most 15 digits, six of them behind the point.</param>
    private static BigInteger UnitsOf(double value) => new(decimal.Round((decimal)value * UnitsOfOne));

    private double Ask(Payment current, Query query)
    {
        if (query.Key(current) is not { } key)
        {
            return double.NaN;
        }

        var t = current.EventTimeMs - query.DelayMs;
        var seen = _folded
            .Where(e => query.Key(e.Payment) == key && e.Payment.EventTimeMs <= t)
            .Where(e => query.SizeMs is not { } size || e.Payment.EventTimeMs > t - size)
            .Where(e => query.Where?.Invoke(e.Payment) ?? true)
            .Where(e => query.Label is not { } wanted || Is(e.Payment, wanted))
            .OrderBy(e => e.Payment.EventTimeMs).ThenBy(e => e.Order)
            .Select(e => e.Payment).ToList();
        if (query.ExcludeCurrent || query.Aggregate is "previous" or "seconds_since_last")
        {
            seen.RemoveAll(payment => ReferenceEquals(payment, current));
        }

        if (query.Aggregate is "fraud_run" or "seconds_since_fraud_run")
        {
            return AskRun(current, query, key, t);
        }

        if (query.LastCount > 0)
        {
            seen = [.. seen.TakeLast(query.LastCount)];
        }

        var values = query.Value is null ? [] : seen.Select(query.Value).Where(value => value is not null).Select(value => value!.Value).ToList();
        // In millionths, as whole numbers: doubles alone would lose what the extremes leave.
        var units = values.ConvertAll(UnitsOf);
        var (sum, squares) = (units.Aggregate(BigInteger.Zero, (total, value) => total + value), units.Aggregate(BigInteger.Zero, (total, value) => total + (value * value)));
        var spread = (double)((values.Count * squares) - (sum * sum));
        switch (query.Aggregate)
        {
            case "count": return seen.Count;
            case "sum": return (double)sum / UnitsOfOne;
            case "mean": return values.Count > 0 ? (double)sum / UnitsOfOne / values.Count : double.NaN;
            case "min": return values.Count > 0 ? values.Min() : double.NaN;
            case "max": return values.Count > 0 ? values.Max() : double.NaN;
            case "stddev_population": return values.Count > 0 ? Math.Sqrt(spread) / UnitsOfOne / values.Count : double.NaN;
            case "stddev_sample": return values.Count > 1 ? Math.Sqrt(spread / values.Count / (values.Count - 1)) / UnitsOfOne : double.NaN;
            case "distinct": return seen.Select(query.Distinct!).Where(value => value is not null).Distinct().Count();
            case "last" or "previous": return values.Count > 0 ? values[^1] : double.NaN;
            case "seconds_since_last": return seen.Count > 0 ? (current.EventTimeMs - seen[^1].EventTimeMs) / 1000.0 : double.NaN;
            case "zscore":
                var own = query.Value!(current);
                return own is null || values.Distinct().Count() < 2 ? double.NaN : (double)((values.Count * UnitsOf(own.Value)) - sum) / Math.Sqrt(spread);
            case "decayed_count": return seen.Sum(payment => Math.Pow(2, -(current.EventTimeMs - payment.EventTimeMs) / (double)query.HalfLifeMs));
            case "decayed_sum":
                return seen.Where(payment => query.Value!(payment) is not null)
                    .Sum(payment => query.Value!(payment)!.Value * Math.Pow(2, -(current.EventTimeMs - payment.EventTimeMs) / (double)query.HalfLifeMs));
            case "risk": return seen.Count == 0 ? 0 : seen.Count(payment => _labels.TryGetValue(payment.PaymentId, out var label) && label.Fraud) / (double)seen.Count;
            default: throw new ArgumentException(query.Aggregate);
        }
    }
}
