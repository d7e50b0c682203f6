using System.Text;
using StreamScoring.Batches;
using StreamScoring.Lists;

namespace StreamScoring.Expressions;

/// <summary>Counts what is found in lists.</summary>
internal static class ListHits
{
    /// <summary>Counts the rows to be decided for which it is true.</summary>
    /// <returns>The truths.</returns>
    public static TruthMask Counted(this ListSlot slot, TruthMask truths, PaymentBatch batch)
    {
        var any = 0UL;
        foreach (var word in truths.True)
        {
            any |= word;
        }

        // Most batches have none.
        if (any != 0)
        {
            foreach (var rowIndex in batch.DecideRows.AsSpan(0, batch.DecideCount))
            {
                slot.Hits += (long)(truths.True[rowIndex / TruthMask.WordBits] >> (rowIndex % TruthMask.WordBits) & 1);
            }
        }

        return truths;
    }
}

/// <summary>Whether a text is in a list, at its record's log timestamp; missing where the text is.
/// </summary>
internal sealed class TextInListNode(TextHashes operand, ListSlot slot) : MaskExpression
{
    public override TruthMask Truths(PaymentBatch batch)
    {
        var hashes = operand.Of(batch);
        var masks = MaskBuffers(batch);
        var list = slot.Current;
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            var hash = hashes[rowIndex];
            masks.Add(hash != UInt128.Zero && list.ContainsHash(hash, batch.LogTimestampMs[rowIndex]), hash == UInt128.Zero);
        }

        return slot.Counted(masks.Finish(), batch);
    }
}

/// <summary>Whether a number is in a list, at its record's log timestamp; missing where the number
/// is.</summary>
internal sealed class NumberInListNode(Expression operand, ListSlot slot) : MaskExpression
{
    public override TruthMask Truths(PaymentBatch batch)
    {
        var numbers = operand.Numbers(batch);
        var masks = MaskBuffers(batch);
        var list = slot.Current;
        for (var rowIndex = 0; rowIndex < numbers.Length; rowIndex++)
        {
            var number = numbers[rowIndex];
            masks.Add(!double.IsNaN(number) && list.ContainsNumber(number, batch.LogTimestampMs[rowIndex]), double.IsNaN(number));
        }

        return slot.Counted(masks.Finish(), batch);
    }
}

/// <summary>
/// Whether an address is in one of a list's networks, at its record's log timestamp; missing where
/// there is no address.
/// </summary>
internal sealed class AddressInListNode(Expression operand, ListSlot slot) : MaskExpression
{
    public override TruthMask Truths(PaymentBatch batch)
    {
        var values = operand.Texts(batch);
        var masks = MaskBuffers(batch);
        var list = slot.Current;
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            var isAddress = NetworkAddressParser.TryParse(values[rowIndex], out var address);
            masks.Add(isAddress && list.ContainsAddress(address, batch.LogTimestampMs[rowIndex]), !isAddress);
        }

        return slot.Counted(masks.Finish(), batch);
    }
}

/// <summary>Whether an address is in a network; missing where there is no address.</summary>
internal sealed class InNetworkNode(Expression operand, UInt128 network, byte length) : MaskExpression
{
    public override TruthMask Truths(PaymentBatch batch)
    {
        var values = operand.Texts(batch);
        var masks = MaskBuffers(batch);
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            var isAddress = NetworkAddressParser.TryParse(values[rowIndex], out var address);
            masks.Add(isAddress && NetworkAddressParser.Masked(address, length) == NetworkAddressParser.Masked(network, length), !isAddress);
        }

        return masks.Finish();
    }
}

/// <summary>
/// Whether a text is one of some; missing where it is missing. For more than a few: one look-up
/// instead of a comparison with each.
/// </summary>
internal sealed class TextChoiceNode : MaskExpression
{
    private const int FilterBits = 4096;

    private readonly TextHashes _operand;
    private readonly HashSet<UInt128> _choices = [];

    /// <summary>
    /// A bit for each choice, by its hash: most rows are none of the choices, and see that here.
    /// </summary>
    private readonly ulong[] _filter = new ulong[FilterBits / 64];

    public TextChoiceNode(TextHashes operand, IReadOnlyList<string> choices)
    {
        _operand = operand;
        foreach (var choice in choices)
        {
            var hash = operand.Hashing.Of(Encoding.UTF8.GetBytes(choice));
            _choices.Add(hash);
            var place = PlaceOf(hash);
            _filter[place / 64] |= 1UL << (place % 64);
        }
    }

    public override TruthMask Truths(PaymentBatch batch)
    {
        var hashes = _operand.Of(batch);
        var masks = MaskBuffers(batch);
        for (var rowIndex = 0; rowIndex < batch.RowCount; rowIndex++)
        {
            var hash = hashes[rowIndex];
            var place = PlaceOf(hash);
            masks.Add((_filter[place / 64] >> (place % 64) & 1) != 0 && _choices.Contains(hash), hash == UInt128.Zero);
        }

        return masks.Finish();
    }

    private static int PlaceOf(UInt128 hash) => (int)((ulong)hash % FilterBits);
}
