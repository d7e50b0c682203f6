using StreamScoring.Drift;

namespace StreamScoring.Quality;

/// <summary>
/// How long after their payments labels became known lately: frauds and genuine payments apart, as
/// a dispute takes longer than a label that all payments get.
/// </summary>
internal sealed class LabelDelays
{
    /// <summary>Of fewer labels no delay is told.</summary>
    public const int LabelsMin = 30;

    /// <summary>Days of event time whose labels count: those that came within them.</summary>
    public const int Days = 30;

    /// <summary>A cell is 2.2 % wide. The last one begins at four years.</summary>
    private const int CellsPerOctave = 32, Octaves = 27, CellCount = 1 + (CellsPerOctave * Octaves);

    private const double MsPerSecond = 1000;

    /// <summary>First the cells of genuine payments, then those of frauds, then how many labels
    /// each has.</summary>
    private readonly RollingCounts _counts = new((2 * CellCount) + 2, Days);

    public void Add(long delayMs, bool isFraud)
    {
        _counts.Add((isFraud ? CellCount : 0) + CellOf(delayMs), 1);
        _counts.Add((2 * CellCount) + (isFraud ? 1 : 0), 1);
    }

    public void Turn(long days) => _counts.Turn(days);

    public long LabelsOf(bool isFraud) => _counts.Totals[(2 * CellCount) + (isFraud ? 1 : 0)];

    /// <summary>By when so many of the labels were known.</summary>
    /// <returns>The upper end of a cell; null where there are too few labels.</returns>
    public TimeSpan? Quantile(bool isFraud, double share)
    {
        var labels = LabelsOf(isFraud);
        if (labels < LabelsMin)
        {
            return null;
        }

        var (cell, sum) = (0, 0L);
        for (var cells = CellsOf(isFraud); cell < CellCount - 1; cell++)
        {
            sum += cells[cell];
            if (sum >= share * labels)
            {
                break;
            }
        }

        return TimeSpan.FromSeconds(Math.Pow(2, (double)cell / CellsPerOctave));
    }

    /// <summary>The share of labels that were known within so long.</summary>
    /// <returns>Cells that were not over by then do not count; null where there are too few
    /// labels.</returns>
    public double? ShareWithin(bool isFraud, TimeSpan time)
    {
        var labels = LabelsOf(isFraud);
        if (labels < LabelsMin)
        {
            return null;
        }

        var sum = 0L;
        var cells = CellsOf(isFraud);
        for (var cell = 0; cell < CellCount && Math.Pow(2, (double)cell / CellsPerOctave) <= time.TotalSeconds; cell++)
        {
            sum += cells[cell];
        }

        return (double)sum / labels;
    }

    public void Write(BinaryWriter writer) => _counts.Write(writer);

    public void Read(BinaryReader reader) => _counts.Read(reader);

    private ReadOnlySpan<long> CellsOf(bool isFraud) => _counts.Totals.Slice(isFraud ? CellCount : 0, CellCount);

    /// <summary>
    /// Cell i ends at 2^(i / 32) seconds; the first one holds all up to a second.
    /// </summary>
    private static int CellOf(long delayMs) =>
        delayMs <= MsPerSecond ? 0 : Math.Min(CellCount - 1, (int)Math.Ceiling(Math.Log2(delayMs / MsPerSecond) * CellsPerOctave));
}
