using System.Globalization;

namespace StreamScoring.Contracts;

/// <summary>The position of a payment: its log and its offset there.</summary>
public readonly record struct DecisionSource(string Region, string Topic, int Partition, long Offset)
{
    /// <summary>
    /// <c>eu/payments/3/991</c>: the decision's id, a function of the position alone.
    /// </summary>
    public override string ToString() => $"{Region}/{Topic}/{Partition}/{Offset}";

    /// <summary>
    /// Reads what <see cref="ToString"/> writes. Neither regions nor topics hold a slash.
    /// </summary>
    public static bool TryParse(string? text, out DecisionSource source)
    {
        source = default;
        if (text?.Split('/') is not [{ Length: > 0 } region, { Length: > 0 } topic, var partition, var offset]
            || !int.TryParse(partition, NumberStyles.None, CultureInfo.InvariantCulture, out var partitionNumber)
            || !long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var offsetNumber))
        {
            return false;
        }

        source = new DecisionSource(region, topic, partitionNumber, offsetNumber);
        return true;
    }
}
