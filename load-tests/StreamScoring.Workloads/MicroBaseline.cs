namespace StreamScoring.Workloads;

/// <summary>
/// The committed figures of every stage. Bytes are held to; nanoseconds are for reading, as they
/// are the machine's.
/// </summary>
public sealed class MicroBaseline
{
    /// <summary>From the repository's root.</summary>
    public const string File = "load-tests/results/micro.jsonl";

    public const string RenewCommand = "dotnet run -c Release --project load-tests/StreamScoring.MicroBenchmarks -- --results " + File;

    private readonly Dictionary<string, double> _bytesPerRecord;

    private MicroBaseline(Dictionary<string, double> bytesPerRecord) => _bytesPerRecord = bytesPerRecord;

    public static MicroBaseline Load(string root) => new(new ResultFile(Path.Combine(root, File)).Read<MicroResult>()
        .Where(result => result.Stage is not null)
        .ToDictionary(result => result.Stage, result => result.BytesPerRecord, StringComparer.Ordinal));

    /// <returns>Null, or what is wrong with a stage that allocates so much.</returns>
    public string? Complaint(string stage, double bytesPerRecord) =>
        !_bytesPerRecord.TryGetValue(stage, out var baseline) ? $"{stage} is not in {File}; {RenewCommand} adds it"
        : bytesPerRecord <= baseline ? null
        : $"{stage} allocates {bytesPerRecord:0.####} bytes a record; {File} says {baseline:0.####}. If it has to: {RenewCommand}";
}
