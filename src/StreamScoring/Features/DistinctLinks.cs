namespace StreamScoring.Features;

/// <summary>Each event notes when its value stood before: a value then counts once in a window, where it stands first.</summary>
internal sealed unsafe class DistinctLinks(EntityRows rows)
{
    /// <summary>Whether an event counts for a distinct value.</summary>
    public bool HasValue(KeySlot* slot, int row, in DistinctColumns columns, long hash) =>
        rows.Row(slot, row)[columns.HashColumn] == hash && rows.Passes(rows.Row(slot, row), columns.Filter);

    /// <summary>Notes when the row's value stood before, and makes the next event with that value point here.</summary>
    public void Link(KeySlot* slot, int row, in DistinctColumns columns, long hash, bool passes)
    {
        var added = rows.Row(slot, row);
        added[columns.HashColumn] = hash;
        added[columns.PreviousColumn] = EntityState.MissingValue;
        if (hash == 0 || !passes)
        {
            return;
        }

        for (var earlier = row - 1; earlier >= slot->Start; earlier--)
        {
            if (HasValue(slot, earlier, columns, hash))
            {
                added[columns.PreviousColumn] = rows.Row(slot, earlier)[EntityLayout.TimeColumn];
                break;
            }
        }

        if (NextWithValue(slot, row, columns, hash) is >= 0 and var next)
        {
            rows.Row(slot, next)[columns.PreviousColumn] = added[EntityLayout.TimeColumn];
        }
    }

    /// <summary>The next event with the row's value points to when that stood before the row.</summary>
    public void Unlink(KeySlot* slot, int row, in DistinctColumns columns)
    {
        var removed = rows.Row(slot, row);
        var hash = removed[columns.HashColumn];
        if (hash != 0 && rows.Passes(removed, columns.Filter) && NextWithValue(slot, row, columns, hash) is >= 0 and var next)
        {
            rows.Row(slot, next)[columns.PreviousColumn] = removed[columns.PreviousColumn];
        }
    }

    private int NextWithValue(KeySlot* slot, int row, in DistinctColumns columns, long hash)
    {
        for (var later = row + 1; later < slot->End; later++)
        {
            if (HasValue(slot, later, columns, hash))
            {
                return later;
            }
        }

        return -1;
    }
}
