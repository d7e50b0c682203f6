using System.Text.Json;
using StreamScoring.Configuration;

namespace StreamScoring.Training.Searching;

/// <summary>
/// The trials of a search in a file, a line of JSON each behind a line that says of what they are.
/// A trial is there once its line is whole and on the disk, so a search that was killed goes on
/// behind it.
/// </summary>
internal sealed class SearchLog : IDisposable
{
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly FileStream _stream;

    private SearchLog(FileStream stream, IReadOnlyList<SearchTrial> trials) => (_stream, Trials) = (stream, trials);

    /// <summary>That were there at the start.</summary>
    public IReadOnlyList<SearchTrial> Trials { get; }

    /// <param name="path">Made where it is not there.</param>
    /// <param name="subject">What decides a trial's result, by name.</param>
    /// <exception cref="InvalidInputFileException">It is no log, of another subject, or in use by
    /// another process.</exception>
    public static SearchLog Open(string path, IReadOnlyList<(string Key, string Value)> subject)
    {
        FileStream stream;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputFileException($"{path} cannot be written as the log of the search: {e.Message}", e);
        }

        try
        {
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            // A line that ends in the middle is of a process that was killed while it wrote.
            var whole = Array.LastIndexOf(bytes, (byte)'\n') + 1;
            var lines = System.Text.Encoding.UTF8.GetString(bytes.AsSpan(0, whole)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var trials = Read(path, lines, subject);
            stream.SetLength(whole);
            stream.Position = whole;
            var log = new SearchLog(stream, trials);
            if (lines.Length == 0)
            {
                log.Append(subject.ToDictionary(pair => pair.Key, pair => pair.Value));
            }

            return log;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Adds a trial; it is on the disk when this returns.</summary>
    public void Add(SearchTrial trial) => Append(trial);

    public void Dispose() => _stream.Dispose();

    private static List<SearchTrial> Read(string path, string[] lines, IReadOnlyList<(string Key, string Value)> subject)
    {
        var trials = new List<SearchTrial>();
        for (var i = 0; i < lines.Length; i++)
        {
            try
            {
                if (i > 0)
                {
                    trials.Add(JsonSerializer.Deserialize<SearchTrial>(lines[i], SnakeCase) is { Parameters: not null } trial ? trial : throw new JsonException("it holds no trial"));
                    continue;
                }

                var found = JsonSerializer.Deserialize<Dictionary<string, string>>(lines[0])!;
                if (subject.FirstOrDefault(pair => found.GetValueOrDefault(pair.Key) != pair.Value) is { Key: { } key, Value: { } value })
                {
                    throw new InvalidInputFileException($"{path}:1: the log is of a search whose {key} is {found.GetValueOrDefault(key, "not told")}, and this one's is {value}; name another --search-log, or remove the file");
                }
            }
            catch (JsonException e)
            {
                throw new InvalidInputFileException($"{path}:{i + 1}: this is no line of a search's log: {e.Message}; name another --search-log, or remove the file", e);
            }
        }

        return trials;
    }

    private void Append<T>(T line)
    {
        _stream.Write([.. JsonSerializer.SerializeToUtf8Bytes(line, SnakeCase), (byte)'\n']);
        _stream.Flush(flushToDisk: true);
    }
}
