using System.Text;
using StreamScoring.Contracts;
using StreamScoring.Identity;

namespace StreamScoring.Files;

/// <summary>What is known in the end of payments that have a label of their own, apart from their
/// row: the latest known label holds.</summary>
internal sealed class FinalLabels
{
    /// <summary>By the payment's id and event time, and by its id alone: where an id stands more
    /// than once, its label's event time says whose it is.</summary>
    private readonly Dictionary<(UInt128 Id, long EventTimeMs), (long KnownAtMs, bool Fraud)> _labels = [];

    public void Add(Label label)
    {
        var id = IdentityHash.Development.Of(Encoding.UTF8.GetBytes(label.PaymentId));
        Add((id, label.EventTimeMs), label);
        Add((id, long.MinValue), label);
    }

    /// <param name="id">UTF-8.</param>
    /// <returns>Null where the payment has none.</returns>
    public (long KnownAtMs, bool Fraud)? Of(ReadOnlySpan<byte> id, long eventTimeMs)
    {
        if (_labels.Count == 0)
        {
            return null;
        }

        var hash = IdentityHash.Development.Of(id);
        return _labels.TryGetValue((hash, eventTimeMs), out var label) || _labels.TryGetValue((hash, long.MinValue), out label) ? label : null;
    }

    private void Add((UInt128 Id, long EventTimeMs) key, Label label)
    {
        // Of two labels the later known one holds, and of two known at once the one that says
        // fraud, as in the state.
        var next = (label.KnownAtMs, label.Fraud);
        if (!_labels.TryGetValue(key, out var known) || known.CompareTo(next) < 0)
        {
            _labels[key] = next;
        }
    }
}
