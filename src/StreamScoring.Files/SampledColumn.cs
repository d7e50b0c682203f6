using System.Text;
using StreamScoring.Contracts;
using StreamScoring.Mapping;

namespace StreamScoring.Files;

/// <summary>What the cells of one column of a sample have in common.</summary>
/// <param name="name">Its name.</param>
internal sealed class SampledColumn(string name)
{
    private const int DistinctMax = 100_000;

    private readonly HashSet<string> _distinct = new(StringComparer.Ordinal);
    private int _negatives, _numbers, _commaNumbers, _wholes, _times, _cards, _currencies, _labels, _points;
    private readonly int[] _patterns = new int[Patterns.Length];

    /// <summary>Forms of times that are looked for. Of two that fit the first is taken.</summary>
    public static string[] Patterns { get; } =
    [
        "yyyy/MM/dd HH:mm:ss", "yyyy/MM/dd HH:mm", "yyyy/MM/dd", "yyyyMMdd", "yyyyMMddHHmmss", "M/d/yyyy H:mm:ss", "M/d/yyyy H:mm", "M/d/yyyy", "d/M/yyyy H:mm:ss", "d/M/yyyy H:mm", "d/M/yyyy",
        "d.M.yyyy H:mm:ss", "d.M.yyyy H:mm", "d.M.yyyy", "dd-MMM-yyyy HH:mm:ss", "dd-MMM-yyyy", "M/d/yyyy h:mm:ss tt", "M/d/yyyy h:mm tt", "MMM d, yyyy",
    ];

    private static readonly TimeReading[] Readings = [.. Patterns.Select(pattern => TimeReading.ByPattern(pattern))];

    public string Name { get; } = name;

    /// <summary>Small letters and digits of the name.</summary>
    public string Key { get; } = string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    /// <summary>Cells that are not empty.</summary>
    public int Count { get; private set; }

    public int EmptyCount { get; private set; }

    public decimal Min { get; private set; } = decimal.MaxValue;

    public decimal Max { get; private set; } = decimal.MinValue;

    public int DecimalsMax { get; private set; }

    public bool IsDistinct => Count > 0 && EmptyCount == 0 && _distinct.Count == Count;

    public IEnumerable<string> Values => _distinct;

    public int DistinctCount => _distinct.Count;

    public bool IsNumber => Mostly(_numbers);

    /// <summary>Numbers with a decimal comma fit better than those with a point.</summary>
    public bool IsCommaNumber => Mostly(_commaNumbers) && _points == 0 && _commaNumbers > _numbers;

    public bool IsWhole => Mostly(_wholes);

    public bool IsTime => Mostly(_times) && !IsNumber;

    public bool IsCurrency => Mostly(_currencies);

    public bool IsLabel => Mostly(_labels) && _distinct.Count is 1 or 2;

    /// <summary>The share of cells that look like a card number.</summary>
    public double CardShare => Count == 0 ? 0 : (double)_cards / Count;

    public double NegativeShare => Count == 0 ? 0 : (double)_negatives / Count;

    /// <summary>A pattern that reads the column's times; null where none does.</summary>
    public string? Pattern => Array.FindIndex(_patterns, Mostly) is >= 0 and var at ? Patterns[at] : null;

    public void Add(string? text)
    {
        if (text is null)
        {
            EmptyCount++;
            return;
        }

        Count++;
        if (_distinct.Count < DistinctMax)
        {
            _distinct.Add(text);
        }

        var utf8 = Encoding.UTF8.GetBytes(text);
        if (AmountReading.Number(utf8, isCommaDecimal: false, -1, out var number) == MapReason.None)
        {
            _numbers++;
            _negatives += number < 0 ? 1 : 0;
            (Min, Max) = (Math.Min(Min, number), Math.Max(Max, number));
            _points += text.Contains('.', StringComparison.Ordinal) ? 1 : 0;
            DecimalsMax = Math.Max(DecimalsMax, text.IndexOf('.', StringComparison.Ordinal) is >= 0 and var point ? text[(point + 1)..].TrimEnd('0').Count(char.IsAsciiDigit) : 0);
        }

        _commaNumbers += AmountReading.Number(utf8, isCommaDecimal: true, -1, out _) == MapReason.None ? 1 : 0;
        _wholes += CellText.TryWhole(CellText.WholeOf(utf8), out _) ? 1 : 0;
        _times += TimeReading.Iso.TryRead(utf8, out _) ? 1 : 0;
        _cards += CardNumber.IsIn(text) ? 1 : 0;
        _currencies += CurrencyTable.TryFindWritten(utf8, out _) ? 1 : 0;
        _labels += LabelWords.FraudOf(CellText.WholeOf(CellText.Trim(utf8))) is not null ? 1 : 0;
        for (var i = 0; i < Readings.Length; i++)
        {
            _patterns[i] += text.Length >= 6 && Readings[i].TryRead(utf8, out _) ? 1 : 0;
        }
    }

    private bool Mostly(int count) => Count > 0 && count >= 0.98 * Count;
}
