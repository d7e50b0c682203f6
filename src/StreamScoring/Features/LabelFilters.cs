namespace StreamScoring.Features;

/// <summary>
/// The filters of an entity that look at labels. Whether a payment passes one is a bit of its flags
/// as for any other filter, and changes with its label.
/// </summary>
internal sealed class LabelFilters
{
    private readonly (LabelClass Label, long Bit, long BaseBit)[] _filters;

    public LabelFilters(IReadOnlyList<FilterDefinition> filters)
    {
        _filters = [.. filters.Index().Where(filter => filter.Item.Label != LabelClass.Any).Select(filter => (filter.Item.Label, 1L << filter.Index, 1L << filter.Item.Base))];
        Bits = _filters.Aggregate(0L, (bits, filter) => bits | filter.Bit);
    }

    /// <summary>Of all of them; 0 where there are none.</summary>
    public long Bits { get; }

    /// <param name="flags">The payment's, with any bits of these filters.</param>
    /// <param name="label">As rows hold it: known-at time * 2 + fraud; 0 for none.</param>
    /// <returns>The flags by that label.</returns>
    public long With(long flags, long label)
    {
        flags &= ~Bits;
        foreach (var (of, bit, baseBit) in _filters)
        {
            var passes = of switch
            {
                LabelClass.Known => label != 0,
                LabelClass.Fraud => (label & 1) != 0,
                LabelClass.Genuine => label != 0 && (label & 1) == 0,
                _ => (label & 1) == 0,
            };
            flags |= passes && (flags & baseBit) != 0 ? bit : 0;
        }

        return flags;
    }
}
