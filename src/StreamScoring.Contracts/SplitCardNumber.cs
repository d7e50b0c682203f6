namespace StreamScoring.Contracts;

/// <summary>
/// Looks for a card number that was taken apart into neighbouring values: an array of groups, one
/// field for each four digits. Every value costs the same, however many came before it.
/// </summary>
public sealed class SplitCardNumber
{
    private const int GroupDigitsMax = 7, Room = 96, Kept = 48;

    private readonly byte[] _joined = new byte[Room];
    private int _length;

    public void Clear() => _length = 0;

    /// <summary>Takes the next value.</summary>
    /// <returns>True where it completes a card number with those before it.</returns>
    public bool Add(ReadOnlySpan<byte> value)
    {
        if (value.Length is 0 or > GroupDigitsMax || value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0)
        {
            _length = 0;
            return false;
        }

        if (_length + value.Length >= Room)
        {
            _joined.AsSpan(_length - Kept, Kept).CopyTo(_joined);
            _length = Kept;
        }

        value.CopyTo(_joined.AsSpan(_length));
        _length += value.Length;
        _joined[_length++] = (byte)',';
        return CardNumber.IsIn(_joined.AsSpan(0, _length - 1));
    }
}
