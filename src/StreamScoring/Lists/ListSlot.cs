namespace StreamScoring.Lists;

/// <summary>
/// A list as rules that are bound to it see it: its entries may be other ones with each batch.
/// </summary>
internal sealed class ListSlot(string name, EntryList current)
{
    public string Name => name;

    public EntryList Current { get; set; } = current;

    /// <summary>Rows found in it, of those that were to be decided, since it was last asked for.
    /// </summary>
    public long Hits { get; set; }
}
