using System.Text;
using StreamScoring.Batches;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Files;

namespace StreamScoring.Host.Differing;

/// <summary>
/// Compares features that were served with those that the same payments have by tables, and finds
/// the reason of each difference: by what the decision says of itself, or by folding the tables
/// again in the order in which the payments were decided.
/// </summary>
/// <param name="fold">Folds the table as it stands.</param>
internal sealed class FeatureDiff(FeatureFile features, PaymentTable table, ServedTable served, Func<Action<PaymentBatch>, Task> fold)
{
    private readonly List<FeatureDifference> _differences = [];

    /// <summary>By payment of the table, in order: its served row; -1 for none.</summary>
    private readonly int[] _rowOf = [.. Enumerable.Repeat(-1, table.PaymentCount)];

    /// <summary>By place in the table as it stands now: the payment's number as it was read.
    /// </summary>
    private readonly int[] _place = [.. Enumerable.Range(0, table.PaymentCount)];
    private readonly bool[] _isSeen = new bool[served.Count];

    /// <summary>Payments of the table that were served.</summary>
    public int Compared { get; private set; }

    /// <summary>Payments that were served, and that the table does not hold.</summary>
    public int NotInTable => served.Count - Compared;

    /// <summary>Payments of the table from the first to the last that was served, which were
    /// not.</summary>
    public int NotServed { get; private set; }

    public IReadOnlyList<FeatureDifference> Differences => _differences;

    public async Task RunAsync()
    {
        await fold(Compare);
        if (_differences.Count == 0)
        {
            return;
        }

        Explain();
        foreach (var order in ServedRow.Orders)
        {
            if (_differences.Exists(IsOpen))
            {
                Reorder(order);
                await fold(CompareAgain());
            }
        }
    }

    private static bool IsOpen(FeatureDifference difference) => difference.Cause is not (DifferenceCause.FeatureFile or DifferenceCause.Duplicate or DifferenceCause.Late);

    private void Compare(PaymentBatch batch)
    {
        foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
        {
            var row = RowOf(batch, rowIndex, out var id);
            _rowOf[batch.Offset[rowIndex]] = row;
            if (batch.IsDuplicate[rowIndex])
            {
                continue;
            }

            if (row < 0)
            {
                NotServed += batch.EventTimeMs[rowIndex] >= served.FirstMs && batch.EventTimeMs[rowIndex] <= served.LastMs ? 1 : 0;
                continue;
            }

            if (!_isSeen[row])
            {
                _isSeen[row] = true;
                Compared++;
                Compare(batch, rowIndex, row, id);
            }
        }
    }

    private void Compare(PaymentBatch batch, int rowIndex, int row, string id)
    {
        for (var feature = 0; feature < features.Schema.Names.Count; feature++)
        {
            if (!served.Has(feature))
            {
                continue;
            }

            if (TextOf(batch, rowIndex, feature, out var text))
            {
                if ((text ?? "") != (served.Text(row, feature) ?? ""))
                {
                    _differences.Add(new FeatureDifference(id, row, feature, double.NaN, double.NaN, served.Text(row, feature), text));
                }
            }
            else if (batch.Features.Column(feature)[rowIndex] is var computed && !FeatureDifference.AreSame(served.Number(row, feature), computed))
            {
                _differences.Add(new FeatureDifference(id, row, feature, served.Number(row, feature), computed, null, null)
                {
                    // The estimate of a hot key lies within a bound on this side too.
                    Cause = batch.IsApproximate[rowIndex] && batch.Bounds.Column(feature)[rowIndex] is > 0 and var bound
                        && FeatureDifference.AreSame(served.Number(row, feature), computed, bound) ? DifferenceCause.Approximate : DifferenceCause.History,
                });
            }
        }
    }

    /// <summary>By what the decision says of itself.</summary>
    private void Explain()
    {
        foreach (var difference in _differences)
        {
            var (row, name) = (served[difference.Row], features.Schema.Names[difference.Feature]);
            difference.Cause = row.IsOtherFile ? DifferenceCause.FeatureFile
                : row.IsDuplicate ? DifferenceCause.Duplicate
                : row.Bounds?.TryGetValue(name, out var bound) != true ? difference.Cause
                : double.IsNaN(bound) ? DifferenceCause.Evicted
                : FeatureDifference.AreSame(difference.Served, difference.Computed, bound) ? DifferenceCause.Approximate
                : difference.Cause;
            if (difference.Cause == DifferenceCause.History && features.LooksAtLabels(difference.Feature))
            {
                difference.Cause = DifferenceCause.Labels;
            }
        }
    }

    /// <summary>
    /// What the other order explains, it explains better than that a decision is approximate.
    /// </summary>
    private Action<PaymentBatch> CompareAgain()
    {
        var open = _differences.Where(IsOpen).ToLookup(difference => difference.Row);
        return batch =>
        {
            foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
            {
                if (batch.IsDuplicate[rowIndex] || RowOf(batch, rowIndex, out _) is not (>= 0 and var row))
                {
                    continue;
                }

                foreach (var difference in open[row])
                {
                    var isServed = TextOf(batch, rowIndex, difference.Feature, out var text) ? (text ?? "") == (difference.ServedText ?? "")
                        : FeatureDifference.AreSame(difference.Served, batch.Features.Column(difference.Feature)[rowIndex]);
                    difference.Cause = isServed ? DifferenceCause.Late : difference.Cause;
                }
            }
        };
    }

    /// <summary>Puts the table in the order in which payments were served, those that were not
    /// among them by event time.</summary>
    private void Reorder(IComparer<ServedRow> by)
    {
        // Orders are of the table as it was read, and it may have been put in another one since.
        List<int> decided = [.. Enumerable.Range(0, _rowOf.Length).Where(index => _rowOf[index] >= 0).OrderBy(index => served[_rowOf[index]], by)];
        var (order, others) = (new List<int>(_rowOf.Length), new Queue<int>(Enumerable.Range(0, _rowOf.Length).Where(index => _rowOf[index] < 0)));
        foreach (var index in decided)
        {
            // The table is in event-time order: a payment before this one was there before it.
            while (others.TryPeek(out var other) && other < index)
            {
                order.Add(others.Dequeue());
            }

            order.Add(index);
        }

        order.AddRange(others);
        var places = new int[order.Count];
        for (var place = 0; place < places.Length; place++)
        {
            places[_place[place]] = place;
        }

        table.Reorder([.. order.Select(index => places[index])]);
        order.CopyTo(_place);
    }

    private int RowOf(PaymentBatch batch, int rowIndex, out string id)
    {
        id = Encoding.UTF8.GetString(batch.Text(TextField.PaymentId).Value(batch.Bytes, rowIndex));
        return served.Find(id, batch.EventTimeMs[rowIndex]);
    }

    /// <returns>Whether the feature is a text.</returns>
    private static bool TextOf(PaymentBatch batch, int rowIndex, int feature, out string? text)
    {
        text = batch.Features.TextOf(feature) is { } column ? Encoding.UTF8.GetString(column.Value(batch.Features.TextBytes, rowIndex)) : null;
        return text is not null;
    }
}
