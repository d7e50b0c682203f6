namespace StreamScoring.Features;

/// <summary>
/// Each event notes when its value stood before: a value then counts once in a window, where it
/// stands first.
/// </summary>
internal sealed unsafe class DistinctLinks(EntityRows rows)
{
    /// <summary>
    /// Notes when the row's value stood before, and makes the next event with that value point
    /// here.
    /// </summary>
    /// <param name="distinct">Which of the distinct columns these are.</param>
    public void Link(KeySlot* slot, int row, int distinct, in DistinctColumns columns, long hash, bool passes)
    {
        var added = rows.Row(slot, row);
        added[columns.HashColumn] = hash;
        added[columns.PreviousColumn] = EntityState.MissingValue;
        if (hash != 0 && passes)
        {
            var search = rows.Index.Layout.SearchOfDistinct[distinct];
            if (rows.Index.LastWith(slot, search, hash, columns.Filter, slot->Start, row) is >= 0 and var earlier)
            {
                added[columns.PreviousColumn] = rows.Row(slot, earlier)[EntityLayout.TimeColumn];
            }

            PointNext(slot, row, distinct, columns, hash, added[EntityLayout.TimeColumn]);
        }

        rows.Index.Linked(slot, row, distinct);
    }

    /// <summary>
    /// The next event with the row's value points to when that stood before the row.
    /// </summary>
    public void Unlink(KeySlot* slot, int row, int distinct, in DistinctColumns columns)
    {
        var removed = rows.Row(slot, row);
        var hash = removed[columns.HashColumn];
        if (hash != 0 && rows.Passes(removed, columns.Filter))
        {
            PointNext(slot, row, distinct, columns, hash, removed[columns.PreviousColumn]);
        }
    }

    private void PointNext(KeySlot* slot, int row, int distinct, in DistinctColumns columns, long hash, long previousMs)
    {
        if (rows.Index.FirstWith(slot, rows.Index.Layout.SearchOfDistinct[distinct], hash, columns.Filter, row + 1) is >= 0 and var next)
        {
            rows.Row(slot, next)[columns.PreviousColumn] = previousMs;
            rows.Index.Relinked(slot, next, distinct);
        }
    }
}
