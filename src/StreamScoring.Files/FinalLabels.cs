using System.Text;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Identity;

namespace StreamScoring.Files;

/// <summary>What is known in the end of payments that have a label of their own, apart from their
/// row: the latest known label holds.</summary>
public sealed class FinalLabels
{
    /// <summary>By the payment's id and event time, and by its id alone: where an id stands more
    /// than once, its label's event time says whose it is.</summary>
    private readonly Dictionary<(UInt128 Id, long EventTimeMs), (long KnownAtMs, bool Fraud, long EventTimeMs)> _labels = [];

    /// <summary>Those of tables of labels, with the contract's names.</summary>
    /// <exception cref="InvalidInputFileException">A table is wrong.</exception>
    public static FinalLabels Read(IEnumerable<string> files, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(files);
        var labels = new FinalLabels();
        foreach (var path in files)
        {
            using var table = TableReader.Open(path);
            var mapper = new LabelRowMapper(table);
            while (table.Read())
            {
                cancel.ThrowIfCancellationRequested();
                if (mapper.Read() is { } label)
                {
                    labels.Add(label);
                }
            }
        }

        return labels;
    }

    public void Add(Label label)
    {
        ArgumentNullException.ThrowIfNull(label);
        Add(Encoding.UTF8.GetBytes(label.PaymentId), label.EventTimeMs, label.KnownAtMs, label.Fraud);
    }

    /// <param name="paymentId">UTF-8.</param>
    /// <param name="eventTimeMs">The payment's, ms since the Unix epoch.</param>
    /// <param name="knownAtMs">ms since the Unix epoch.</param>
    public void Add(ReadOnlySpan<byte> paymentId, long eventTimeMs, long knownAtMs, bool isFraud)
    {
        var id = IdentityHash.Development.Of(paymentId);
        Add((id, eventTimeMs), (knownAtMs, isFraud, eventTimeMs));
        Add((id, long.MinValue), (knownAtMs, isFraud, eventTimeMs));
    }

    /// <param name="id">UTF-8.</param>
    /// <param name="exactly">False: a label of the id is taken too where none has its event
    /// time.</param>
    /// <returns>
    /// With the event time of the payment that it says it is of. Null where the payment has none.
    /// </returns>
    public (long KnownAtMs, bool Fraud, long EventTimeMs)? Of(ReadOnlySpan<byte> id, long eventTimeMs, bool exactly = false)
    {
        if (_labels.Count == 0)
        {
            return null;
        }

        var hash = IdentityHash.Development.Of(id);
        return _labels.TryGetValue((hash, eventTimeMs), out var label) || (!exactly && _labels.TryGetValue((hash, long.MinValue), out label)) ? label : null;
    }

    private void Add((UInt128 Id, long EventTimeMs) key, (long KnownAtMs, bool Fraud, long EventTimeMs) next)
    {
        // Of two labels the later known one holds, and of two known at once the one that says
        // fraud, as in the state.
        if (!_labels.TryGetValue(key, out var known) || known.CompareTo(next) < 0)
        {
            _labels[key] = next;
        }
    }
}
