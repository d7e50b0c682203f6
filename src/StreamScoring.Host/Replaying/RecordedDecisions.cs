using System.Globalization;
using StreamScoring.Batches;
using StreamScoring.Client;
using StreamScoring.Deployment;
using StreamScoring.Host.Serving;
using StreamScoring.Kafka;
using StreamScoring.Logs;

namespace StreamScoring.Host.Replaying;

/// <summary>
/// The decisions of a stretch, as readers see them, by the batches in which they were made. They
/// lie in files aside, so that memory does not grow with them: of each partition a file, in which
/// each batch has a block.
/// </summary>
internal sealed class RecordedDecisions : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("scoring-replay-");
    private readonly SortedDictionary<int, PartWriter> _writers = [];
    private readonly HashSet<UInt128> _repeated = [];

    private RecordedDecisions()
    {
    }

    /// <summary>Decisions of the stretch, those that are missing among them.</summary>
    public long Count { get; private set; }

    public Interned Texts { get; } = new();

    /// <summary>Records of the topic that are no decisions.</summary>
    public long Poison { get; private set; }

    /// <summary>Whether a decision repeats that of a payment with this id.</summary>
    public bool IsRepeated(string paymentId) => _repeated.Contains(HashOf(paymentId));

    /// <summary>Reads the topic up to what is there now.</summary>
    /// <param name="range">Where the logs begin and end now.</param>
    /// <param name="fromMs">By the time of the payments' records, ms since the Unix epoch.</param>
    /// <param name="untilMs">The first moment that is left out.</param>
    /// <param name="featureFile">Whose features are derived; null: of any decision.</param>
    /// <param name="missing">Told of decisions that cannot be derived.</param>
    /// <param name="progress">Told how many were read.</param>
    public static async Task<RecordedDecisions> ReadAsync(
        Topology topology, LogTable logs, LogRange range, long fromMs, long untilMs, string? featureFile, MissingPayments missing, Action<long> progress, CancellationToken cancel)
    {
        var read = new RecordedDecisions();
        try
        {
            await using var reader = await DecisionReader.OpenAsync(ClientRegion.Of(topology), new DecisionReaderOptions { Follow = false, FetchWaitMax = ClientRegion.FetchWaitMax });
            await foreach (var decision in reader.ReadAsync(cancel))
            {
                var record = decision.Record;
                if (record.LogTimestampMs < fromMs || record.LogTimestampMs >= untilMs)
                {
                    continue;
                }

                progress(++read.Count);
                if (WhyNot(decision, logs, range, featureFile) is { } why)
                {
                    missing.Add(why);
                    continue;
                }

                read.Add(decision, logs, missing);
            }

            read.Poison = reader.Poison;
            foreach (var writer in read._writers.Values)
            {
                writer.Complete();
            }

            return read;
        }
        catch
        {
            read.Dispose();
            throw;
        }
    }

    /// <summary>Partitions that have decisions.</summary>
    public IReadOnlyCollection<int> Partitions => _writers.Keys;

    /// <summary>Opens a partition's blocks, from any thread.</summary>
    public DecisionBlocks Open(int partition) => new(PathOf(partition), Texts);

    /// <summary>A file aside for whoever orders the batches.</summary>
    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    public void Dispose()
    {
        foreach (var writer in _writers.Values)
        {
            writer.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    private static UInt128 HashOf(string paymentId) => Identity.IdentityHash.Development.Of(System.Text.Encoding.UTF8.GetBytes(paymentId));

    private static string? WhyNot(ReadDecision decision, LogTable logs, LogRange range, string? featureFile)
    {
        var log = new LogId(decision.Source.Region, decision.Source.Topic, decision.Source.Partition);
        var logIndex = logs.IndexOf(log);
        return logIndex < 0 || logs.OwnedWith(logIndex) < 0 ? $"the topology's region does not decide {log.TopicName}"
            : logs.TopicIdOf(logIndex) is { } id && decision.SourceTopicId.Length > 0 && decision.SourceTopicId != id ? $"{log.TopicName} was made anew since"
            : decision.Source.Offset < range.Start[logIndex] ? $"the payment's record is gone from {log.TopicName} (retention)"
            : decision.Vector.IsEmpty ? "the first decision of its batch, which says what the batch was made of, is gone from the decisions (retention)"
            : !Enum.TryParse<DecisionAction>(decision.Record.Action, ignoreCase: true, out _) ? $"the action {decision.Record.Action} is not known to this release"
            : featureFile is not null && decision.Record.FeatureFile != featureFile ? $"its features are those of {decision.Record.FeatureFile}, and the topology's feature file is another (--features names one)"
            : null;
    }

    private void Add(ReadDecision decision, LogTable logs, MissingPayments missing)
    {
        var batch = ReplayedBatch.Read(decision.Vector, logs, out var unread);
        if (unread is { } log)
        {
            missing.Add($"{log} was read when it was decided, and the topology does not read it");
            return;
        }

        if (batch.RowCount > PaymentBatch.RowsCeiling)
        {
            missing.Add(string.Create(CultureInfo.InvariantCulture, $"its batch has more than {PaymentBatch.RowsCeiling} records"));
            return;
        }

        var verdict = RecordedVerdict.Of(decision.Record);
        if (verdict.IsRepeat)
        {
            _repeated.Add(HashOf(verdict.PaymentId));
        }

        if (!_writers.TryGetValue(verdict.Partition, out var writer))
        {
            _writers.Add(verdict.Partition, writer = new PartWriter(PathOf(verdict.Partition)));
        }

        writer.Add(decision.Vector, verdict, Texts);
    }

    private string PathOf(int partition) => PathOf(string.Create(CultureInfo.InvariantCulture, $"decisions-{partition}"));

    /// <summary>Writes a partition's blocks.</summary>
    private sealed class PartWriter(string path) : IDisposable
    {
        private readonly BinaryWriter _file = new(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16));
        private readonly MemoryStream _block = new();
        private ReadOnlyMemory<byte> _vector;
        private int _count;

        public void Add(ReadOnlyMemory<byte> vector, RecordedVerdict verdict, Interned texts)
        {
            // A second batch may have the same vector: one owner decided what another had.
            if (_count > 0 && !_vector.Span.SequenceEqual(vector.Span))
            {
                EndBlock();
            }

            (_vector, _count) = (vector, _count + 1);
            using var writer = new BinaryWriter(_block, System.Text.Encoding.UTF8, leaveOpen: true);
            verdict.Write(writer, texts);
        }

        public void Complete()
        {
            EndBlock();
            _file.Dispose();
        }

        public void Dispose() => _file.Dispose();

        private void EndBlock()
        {
            _file.Write(_vector.Length);
            _file.Write(_vector.Span);
            _file.Write(_count);
            _file.Write((int)_block.Length);
            _file.Write(_block.GetBuffer(), 0, (int)_block.Length);
            _block.SetLength(0);
            _count = 0;
        }
    }
}
