using System.Buffers.Binary;

namespace StreamScoring.Ingest;

/// <summary>
/// Reads MessagePack tokens from a span without exceptions and without allocation. The library's
/// reader throws on malformed input, which costs some 15 µs a record: a flood of garbage would then
/// starve good payments.
/// </summary>
/// <remarks>
/// Format: the MessagePack specification, https://github.com/msgpack/msgpack/blob/master/spec.md.
/// </remarks>
internal ref struct MessagePackSpanReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;

    /// <summary>Deeper nesting than this is refused; our own form needs 2.</summary>
    private const int DepthMax = 8;

    public readonly int Position => _position;

    public readonly bool IsAtEnd => _position == _bytes.Length;

    public readonly ReadOnlySpan<byte> Slice(int start, int length) => _bytes.Slice(start, length);

    public readonly bool IsMapAt(int position) =>
        position < _bytes.Length && ((_bytes[position] & 0xf0) == 0x80 || _bytes[position] is 0xde or 0xdf);

    public bool TryReadArrayHeader(out int count) => TryReadHeader(0x90, 0xdc, out count);

    public bool TryReadMapHeader(out int count) => TryReadHeader(0x80, 0xde, out count);

    /// <summary>Takes a nil, if one is next.</summary>
    public bool TryReadNil()
    {
        if (_position < _bytes.Length && _bytes[_position] == 0xc0)
        {
            _position++;
            return true;
        }

        return false;
    }

    public bool TryReadBoolean(out bool value)
    {
        value = _position < _bytes.Length && _bytes[_position] == 0xc3;
        if (_position < _bytes.Length && _bytes[_position] is 0xc2 or 0xc3)
        {
            _position++;
            return true;
        }

        return false;
    }

    public bool TryReadInt64(out long value)
    {
        value = 0;
        if (_position >= _bytes.Length)
        {
            return false;
        }

        var code = _bytes[_position];
        if (code <= 0x7f || code >= 0xe0)
        {
            value = (sbyte)code;
            _position++;
            return true;
        }

        var size = code switch { 0xcc or 0xd0 => 1, 0xcd or 0xd1 => 2, 0xce or 0xd2 => 4, 0xcf or 0xd3 => 8, _ => 0 };
        if (size == 0 || _bytes.Length - _position - 1 < size)
        {
            return false;
        }

        var body = _bytes.Slice(_position + 1, size);
        value = code switch
        {
            0xcc => body[0],
            0xd0 => (sbyte)body[0],
            0xcd => BinaryPrimitives.ReadUInt16BigEndian(body),
            0xd1 => BinaryPrimitives.ReadInt16BigEndian(body),
            0xce => BinaryPrimitives.ReadUInt32BigEndian(body),
            0xd2 => BinaryPrimitives.ReadInt32BigEndian(body),
            _ => BinaryPrimitives.ReadInt64BigEndian(body),
        };
        if (code == 0xcf && value < 0)
        {
            // Beyond 63 bits: no field of ours holds that.
            return false;
        }

        _position += 1 + size;
        return true;
    }

    /// <summary>Takes any number, as a double.</summary>
    public bool TryReadNumber(out double value)
    {
        value = double.NaN;
        if (_position >= _bytes.Length)
        {
            return false;
        }

        var rest = _bytes[(_position + 1)..];
        switch (_bytes[_position])
        {
            case 0xca when rest.Length >= 4:
                value = BinaryPrimitives.ReadSingleBigEndian(rest);
                _position += 5;
                return true;
            case 0xcb when rest.Length >= 8:
                value = BinaryPrimitives.ReadDoubleBigEndian(rest);
                _position += 9;
                return true;
            default:
                var isInteger = TryReadInt64(out var integer);
                value = integer;
                return isInteger;
        }
    }

    /// <summary>Takes a string.</summary>
    /// <param name="start">Where its UTF-8 starts in the whole span.</param>
    public bool TryReadText(out int start, out int length)
    {
        (start, length) = (0, 0);
        if (_position >= _bytes.Length)
        {
            return false;
        }

        var code = _bytes[_position];
        var sizeBytes = code switch { 0xd9 => 1, 0xda => 2, 0xdb => 4, _ => 0 };
        if (sizeBytes == 0 && (code & 0xe0) != 0xa0)
        {
            return false;
        }

        if (_bytes.Length - _position - 1 < sizeBytes)
        {
            return false;
        }

        var size = sizeBytes == 0 ? code & 0x1fu : ReadUnsigned(_bytes.Slice(_position + 1, sizeBytes));
        start = _position + 1 + sizeBytes;
        if (size > _bytes.Length - start)
        {
            return false;
        }

        length = (int)size;
        _position = start + length;
        return true;
    }

    /// <summary>Steps over one value of any kind.</summary>
    /// <returns>False when it is truncated, nested too deep, or no MessagePack.</returns>
    public bool TrySkip() => TrySkip(DepthMax);

    private bool TrySkip(int depth)
    {
        if (depth == 0 || _position >= _bytes.Length)
        {
            return false;
        }

        var code = _bytes[_position];
        if ((code & 0xf0) == 0x90 || code is 0xdc or 0xdd)
        {
            return TryReadArrayHeader(out var count) && TrySkipMany(count, depth);
        }

        if ((code & 0xf0) == 0x80 || code is 0xde or 0xdf)
        {
            return TryReadMapHeader(out var count) && TrySkipMany(2L * count, depth);
        }

        if ((code & 0xe0) == 0xa0 || code is 0xd9 or 0xda or 0xdb)
        {
            return TryReadText(out _, out _);
        }

        var size = code switch
        {
            <= 0x7f or >= 0xe0 or 0xc0 or 0xc2 or 0xc3 => 1,
            0xcc or 0xd0 => 2,
            0xcd or 0xd1 => 3,
            0xca or 0xce or 0xd2 => 5,
            0xcb or 0xcf or 0xd3 => 9,
            0xd4 => 3,
            0xd5 => 4,
            0xd6 => 6,
            0xd7 => 10,
            0xd8 => 18,
            0xc4 or 0xc7 => SizeOfSized(1, code == 0xc7 ? 1 : 0),
            0xc5 or 0xc8 => SizeOfSized(2, code == 0xc8 ? 1 : 0),
            0xc6 or 0xc9 => SizeOfSized(4, code == 0xc9 ? 1 : 0),
            _ => 0,
        };
        if (size == 0 || size > _bytes.Length - _position)
        {
            return false;
        }

        _position += (int)size;
        return true;
    }

    private bool TrySkipMany(long count, int depth)
    {
        for (; count > 0; count--)
        {
            if (!TrySkip(depth - 1))
            {
                return false;
            }
        }

        return true;
    }

    private readonly long SizeOfSized(int sizeBytes, int extra) =>
        _bytes.Length - _position - 1 < sizeBytes ? 0 : 1L + sizeBytes + extra + ReadUnsigned(_bytes.Slice(_position + 1, sizeBytes));

    private bool TryReadHeader(byte small, byte large, out int count)
    {
        count = 0;
        if (_position >= _bytes.Length)
        {
            return false;
        }

        var code = _bytes[_position];
        if ((code & 0xf0) == small)
        {
            count = code & 0x0f;
            _position++;
            return true;
        }

        var size = code == large ? 2 : code == large + 1 ? 4 : 0;
        if (size == 0 || _bytes.Length - _position - 1 < size)
        {
            return false;
        }

        var wide = ReadUnsigned(_bytes.Slice(_position + 1, size));
        // An entry takes a byte at least, so a larger count is a lie that would cost a loop.
        if (wide > _bytes.Length - _position)
        {
            return false;
        }

        count = (int)wide;
        _position += 1 + size;
        return true;
    }

    private static uint ReadUnsigned(ReadOnlySpan<byte> body) => body.Length switch
    {
        1 => body[0],
        2 => BinaryPrimitives.ReadUInt16BigEndian(body),
        _ => BinaryPrimitives.ReadUInt32BigEndian(body),
    };
}
