using System.Text;
using Parquet;
using Parquet.Meta;
using Parquet.Schema;
using Encoding = Parquet.Meta.Encoding;
using PhysicalType = Parquet.Meta.Type;
using Type = System.Type;

namespace StreamScoring.Files;

/// <summary>
/// Reads one column of a row group as an array of numbers, texts, flags or times, null where a cell
/// is empty. Whole numbers are read as
/// they are stored and given their meaning here: the library knows fewer encodings for times and
/// decimals than for whole numbers.
/// </summary>
internal static class ParquetColumn
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <returns>[rows] Of string, double?, float?, long?, ulong?, decimal?, bool?, DateTime? or
    /// Guid?.</returns>
    /// <exception cref="NotSupportedException">The type or the encoding is none that is
    /// read.</exception>
    /// <exception cref="NotUtf8Exception">A text is none.</exception>
    public static async Task<Array> ReadAsync(ParquetRowGroupReader group, DataField field, int rowCount)
    {
        var stored = group.GetMetadata(field)?.MetaData ?? throw new InvalidDataException("the file says nothing about it");
        var type = Nullable.GetUnderlyingType(field.ClrType) ?? field.ClrType;
        if (stored.Type is PhysicalType.INT32 or PhysicalType.INT64)
        {
            return Meaning(field, type, await WholeNumbersAsync(group, field, stored, rowCount));
        }

        // The library calls a text a string when it makes a schema and a memory of characters when
        // it reads one.
        return type == typeof(string) || type == typeof(ReadOnlyMemory<char>) || type == typeof(byte[]) || type == typeof(ReadOnlyMemory<byte>)
                ? await TextsAsync(group, field, rowCount)
            : type == typeof(double) ? await ValuesAsync<double>(group, field, rowCount)
            : type == typeof(float) ? await ValuesAsync<float>(group, field, rowCount)
            : type == typeof(bool) ? await FlagsAsync(group, field, stored, rowCount)
            : type == typeof(decimal) ? await ValuesAsync<decimal>(group, field, rowCount)
            : type == typeof(DateTime) ? await ValuesAsync<DateTime>(group, field, rowCount)
            : type == typeof(Guid) ? await ValuesAsync<Guid>(group, field, rowCount)
            : throw new NotSupportedException($"it has the type {type.Name}; expected numbers, texts, flags or times");
    }

    private static async Task<long?[]> WholeNumbersAsync(ParquetRowGroupReader group, DataField field, ColumnMetaData stored, int rowCount) =>
        stored.Type == PhysicalType.INT64
            ? await ValuesAsync<long>(group, As(field, typeof(long)), rowCount)
            : Array.ConvertAll(await ValuesAsync<int>(group, As(field, typeof(int)), rowCount), value => (long?)value);

    private static Array Meaning(DataField field, Type type, long?[] values) => field switch
    {
        DateTimeDataField time => Array.ConvertAll(values, value => value is { } stored ? TimeOf(time, stored) : (DateTime?)null),
        DecimalDataField number => Array.ConvertAll(values, value => value is { } stored ? DecimalOf(stored, number.Scale) : (decimal?)null),
        // Unsigned numbers are stored as signed ones of the same bits.
        _ when type == typeof(ulong) => Array.ConvertAll(values, value => (ulong?)value),
        _ when type == typeof(uint) => Array.ConvertAll(values, value => value is { } stored ? (uint)stored : (long?)null),
        _ => values,
    };

    private static DateTime TimeOf(DateTimeDataField field, long stored) => field.DateTimeFormat == DateTimeFormat.Date
        ? DateTime.UnixEpoch.AddDays(stored)
        : DateTime.UnixEpoch.AddTicks(field.Unit switch
        {
            DateTimeTimeUnit.Millis => checked(stored * TimeSpan.TicksPerMillisecond),
            DateTimeTimeUnit.Micros => checked(stored * TimeSpan.TicksPerMicrosecond),
            _ => (stored - (((stored % TimeSpan.NanosecondsPerTick) + TimeSpan.NanosecondsPerTick) % TimeSpan.NanosecondsPerTick)) / TimeSpan.NanosecondsPerTick,
        });

    /// <summary>The constructor keeps the digits behind the point, also where they are
    /// zeros.</summary>
    private static decimal DecimalOf(long stored, int scale)
    {
        var magnitude = stored < 0 ? unchecked((ulong)-stored) : (ulong)stored;
        return new decimal(unchecked((int)magnitude), (int)(magnitude >> 32), 0, stored < 0, checked((byte)scale));
    }

    private static async Task<string?[]> TextsAsync(ParquetRowGroupReader group, DataField field, int rowCount)
    {
        var stored = As(field, typeof(byte[]));
        var bytes = new ReadOnlyMemory<byte>[rowCount];
        var levels = stored.MaxDefinitionLevel > 0 ? new int[rowCount] : null;
        await group.ReadRawAsync(stored, bytes.AsMemory(), levels?.AsMemory(), null);
        var (texts, next) = (new string?[rowCount], 0);
        for (var row = 0; row < rowCount; row++)
        {
            if (levels is null || levels[row] == stored.MaxDefinitionLevel)
            {
                texts[row] = TextOf(bytes[next++].Span, row);
            }
        }

        return texts;
    }

    private static string TextOf(ReadOnlySpan<byte> bytes, int row)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new NotUtf8Exception(row, e);
        }
    }

    private static async Task<bool?[]> FlagsAsync(ParquetRowGroupReader group, DataField field, ColumnMetaData stored, int rowCount) =>
        // The library knows no run-length encoded flags: it fails, or takes them all for false
        // without a word.
        stored.EncodingStats is { } pages && pages.Exists(page => page.PageType != PageType.DICTIONARY_PAGE && page.Encoding == Encoding.RLE)
            || !stored.Encodings.Contains(Encoding.PLAIN)
            ? throw new NotSupportedException("its flags are run-length encoded; write them with data pages of version 1, or as numbers")
            : await ValuesAsync<bool>(group, field, rowCount);

    /// <summary>The same column, read as another type that is stored the same way.</summary>
    private static DataField As(DataField field, Type type)
    {
        var other = new DataField(field.Name, type, field.IsNullable, isArray: false);
        // A field is read only once it belongs to a schema, which gives it its levels.
        _ = new ParquetSchema(other);
        return other;
    }

    private static async Task<T?[]> ValuesAsync<T>(ParquetRowGroupReader group, DataField field, int rowCount)
        where T : struct
    {
        if (field.IsNullable)
        {
            var values = new T?[rowCount];
            await group.ReadAsync(field, values.AsMemory());
            return values;
        }

        var plain = new T[rowCount];
        await group.ReadAsync(field, plain.AsMemory());
        return Array.ConvertAll(plain, value => (T?)value);
    }
}
