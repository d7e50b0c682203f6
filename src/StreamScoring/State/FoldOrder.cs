using StreamScoring.Batches;

namespace StreamScoring.State;

/// <summary>
/// In which order a batch's rows are folded: each log's in the order of its offsets; between logs
/// by time, then by event time, then by log. A row's time is the least timestamp of its own and of
/// the rows of its log behind it in the batch, so that one stamped ahead holds none back; its event
/// time that of the latest payment of its log before it that has the same time. Labels come before
/// payments of their time. It follows from the batch's records alone, however they were taken
/// (docs/decisions/0009-ties-by-event-time.md).
/// </summary>
internal sealed class FoldOrder(int logCount)
{
    private readonly long[] _leastMs = new long[logCount];
    private readonly long[] _latestMs = new long[logCount];
    private Place[] _places = [];

    /// <summary>
    /// Where a row stands. Rows of one log never stand in another order than in the batch.
    /// </summary>
    private readonly record struct Place(long TimeMs, long EventTimeMs, int LogIndex, int RowIndex) : IComparable<Place>
    {
        public int CompareTo(Place other) =>
            TimeMs != other.TimeMs ? TimeMs.CompareTo(other.TimeMs)
            : EventTimeMs != other.EventTimeMs ? EventTimeMs.CompareTo(other.EventTimeMs)
            : LogIndex != other.LogIndex ? LogIndex.CompareTo(other.LogIndex)
            : RowIndex.CompareTo(other.RowIndex);
    }

    /// <summary>
    /// Fills <see cref="PaymentBatch.FoldOrder"/>. Allocates nothing once it has seen a batch of
    /// that size.
    /// </summary>
    public void Fill(PaymentBatch batch)
    {
        if (_places.Length < batch.RowCount)
        {
            _places = new Place[batch.RowsMax];
        }

        var places = _places.AsSpan(0, batch.RowCount);
        _leastMs.AsSpan().Fill(long.MaxValue);
        for (var rowIndex = places.Length - 1; rowIndex >= 0; rowIndex--)
        {
            ref var leastMs = ref _leastMs[batch.LogIndex[rowIndex]];
            leastMs = Math.Min(leastMs, batch.LogTimestampMs[rowIndex]);
            places[rowIndex] = new Place(leastMs, long.MinValue, batch.LogIndex[rowIndex], rowIndex);
        }

        // From here on: the time of the log's row before.
        _leastMs.AsSpan().Fill(long.MinValue);
        var isInOrder = true;
        for (var rowIndex = 0; rowIndex < places.Length; rowIndex++)
        {
            ref var place = ref places[rowIndex];
            ref var latestMs = ref _latestMs[place.LogIndex];
            latestMs = _leastMs[place.LogIndex] == place.TimeMs ? latestMs : long.MinValue;
            _leastMs[place.LogIndex] = place.TimeMs;
            latestMs = batch.Kind[rowIndex] == RowKind.Payment ? Math.Max(latestMs, batch.EventTimeMs[rowIndex]) : latestMs;
            place = place with { EventTimeMs = latestMs };
            isInOrder = isInOrder && (rowIndex == 0 || places[rowIndex - 1].CompareTo(place) < 0);
        }

        if (!isInOrder)
        {
            places.Sort();
        }

        for (var i = 0; i < places.Length; i++)
        {
            batch.FoldOrder[i] = places[i].RowIndex;
        }
    }
}
