using System.Globalization;
using StreamScoring.Configuration;
using StreamScoring.Contracts;

namespace StreamScoring.Host.Exporting;

/// <summary>
/// Decisions with the features that were served, as tables: a folder for each day of the payments
/// (<c>day=2026-01-31</c>), in it a file for each feature file that was in force.
/// </summary>
internal sealed class ServedFolders : IDisposable
{
    private const long DayMs = 86_400_000;

    /// <summary>
    /// Each file that is open holds rows of some fifty megabytes. A day that comes again after its
    /// file was closed gets another one.
    /// </summary>
    private const int OpenMax = 8;

    private readonly string _folder;
    private readonly string _extension;
    private readonly string? _labelColumn;
    private readonly OrderedDictionary<(long Day, string FeatureFile), ServedPart> _open = [];
    private readonly Dictionary<long, int> _partsOfDay = [];

    /// <param name="folder">Empty, or not there yet.</param>
    /// <param name="extension">Of a table, which says its form.</param>
    /// <param name="labelColumn">A column for the payment's label; null for none.</param>
    /// <exception cref="InvalidInputFileException">It holds something, or cannot be
    /// made; or a field has the label's name.</exception>
    public ServedFolders(string folder, string extension = "parquet", string? labelColumn = null)
    {
        (_folder, _extension, _labelColumn) = (folder, extension, labelColumn);
        if (labelColumn is not null && ServedPart.IsField(labelColumn))
        {
            throw new InvalidInputFileException($"--label-column {labelColumn}: a field of the decision has that name; choose another one");
        }

        try
        {
            if (Directory.CreateDirectory(folder).EnumerateFileSystemInfos().Any())
            {
                throw new InvalidInputFileException($"--output {folder} holds files already; name an empty folder, or one that is not there yet");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException($"{folder}: {e.Message}", e);
        }
    }

    public int Days => _partsOfDay.Count;

    /// <param name="isFraud">Null where nobody knows.</param>
    /// <exception cref="InvalidInputFileException">A feature has the label column's
    /// name.</exception>
    public void Add(DecisionRecord decision, bool? isFraud = null)
    {
        ArgumentNullException.ThrowIfNull(decision);
        var key = ((long)Math.Floor(decision.EventTimeMs / (double)DayMs), decision.FeatureFile);
        if (!_open.TryGetValue(key, out var part) || !part.Takes(decision.Features))
        {
            // A file's columns are numbers or texts from its first row on.
            Close(key);
            if (_open.Count == OpenMax)
            {
                Close(_open.GetAt(0).Key);
            }

            _open.Add(key, part = Open(key.Item1, [.. decision.Features.Select(feature => feature.Value is string)], decision.Features));
        }

        part.Write(decision, isFraud);
    }

    /// <summary>Puts all files in their places.</summary>
    public void Complete()
    {
        while (_open.Count > 0)
        {
            Close(_open.GetAt(0).Key);
        }
    }

    public void Dispose()
    {
        foreach (var part in _open.Values)
        {
            part.Dispose();
        }
    }

    private void Close((long Day, string FeatureFile) key)
    {
        if (_open.Remove(key, out var part))
        {
            using (part)
            {
                part.Complete();
            }
        }
    }

    private ServedPart Open(long day, bool[] isText, IReadOnlyList<KeyValuePair<string, object?>> features)
    {
        if (features.Any(feature => feature.Key == _labelColumn))
        {
            throw new InvalidInputFileException($"--label-column {_labelColumn}: a feature has that name; choose another one");
        }

        var folder = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"day={DateTime.UnixEpoch.AddDays(day):yyyy-MM-dd}"));
        Directory.CreateDirectory(folder);
        var number = _partsOfDay[day] = _partsOfDay.GetValueOrDefault(day) + 1;
        return new ServedPart(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"part-{number}.{_extension}")), features, isText, _labelColumn);
    }
}
