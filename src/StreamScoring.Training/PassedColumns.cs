using System.Globalization;
using System.Text;
using StreamScoring.Batches;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Features;
using StreamScoring.Files;

namespace StreamScoring.Training;

/// <summary>Fields of the payment that a table has beside its features, as somebody asked.
/// </summary>
public sealed class PassedColumns
{
    private const string EventTime = "event_time", AmountMinor = "amount_minor";

    private readonly IReadOnlyList<(string Name, TextField? Field)> _fields;

    private PassedColumns(IReadOnlyList<(string, TextField?)> fields) => _fields = fields;

    public static PassedColumns None { get; } = new([]);

    /// <summary>Names that can be asked for.</summary>
    public static IReadOnlyList<string> Allowed { get; } = [EventTime, AmountMinor, .. TextFields.AllNames.Where(name => name != TextFields.NameOf(TextField.PaymentId))];

    /// <summary>Each with whether it is a text.</summary>
    public IEnumerable<(string Name, bool IsText)> Columns => _fields.Select(passed => (passed.Name, passed.Name != AmountMinor));

    /// <exception cref="InvalidInputFileException">One is no such field, or the table would have
    /// two columns of its name.</exception>
    public static PassedColumns Of(IEnumerable<string> names, FeatureSchema schema, string? labelColumn)
    {
        ArgumentNullException.ThrowIfNull(schema);
        List<string> asked = [.. names.Distinct(StringComparer.Ordinal)];
        foreach (var name in asked)
        {
            if (!Allowed.Contains(name))
            {
                throw new InvalidInputFileException($"--with {name} is no field of a payment; allowed: {string.Join(", ", Allowed)}");
            }

            if (schema.IndexOf(name) >= 0 || name == labelColumn)
            {
                throw new InvalidInputFileException($"--with {name}: the table has a column of that name already, which is a feature or the label");
            }
        }

        return new PassedColumns([.. asked.Select(name => (name, TextFields.TryParse(name, out var field) ? field : (TextField?)null))]);
    }

    internal void Write(TableWriter writer, PaymentBatch batch, int rowIndex)
    {
        foreach (var (name, field) in _fields)
        {
            if (field is { } text)
            {
                writer.Text(batch.Text(text).Value(batch.Bytes, rowIndex));
            }
            else if (name == AmountMinor)
            {
                writer.Number(batch.AmountMinor[rowIndex]);
            }
            else
            {
                writer.Text(Encoding.ASCII.GetBytes(DateTimeOffset.FromUnixTimeMilliseconds(batch.EventTimeMs[rowIndex]).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)));
            }
        }
    }
}
