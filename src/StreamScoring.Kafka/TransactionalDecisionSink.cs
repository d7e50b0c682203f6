using System.Collections.Concurrent;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using StreamScoring.Batches;
using StreamScoring.Emit;
using StreamScoring.Takeover;

namespace StreamScoring.Kafka;

/// <summary>
/// Sends decisions and dead letters in transactions that also commit, for the consumer group, the
/// offsets of what they answer. A thread of its own takes all batches that queued up while the
/// transaction before was under way, at most as many as the graph has in flight, and makes them the
/// next one. The group's coordinator takes the offsets only from a current member (KIP-447), so of
/// a partition that went to another process nothing can be committed here any more.
/// </summary>
/// <remarks>
/// A transaction that was aborted, for a broker that failed or a generation of the group that just
/// ended, is written again as long as this process may write: nothing of it was seen by anyone.
/// Where it may not, the sink fails, and with it the graph.
/// <para>
/// What an aborted transaction had sent may still be on its way, and brokers would count it to the
/// next one of the same producer epoch: offsets would be committed without their decisions
/// (KIP-890). So each abort ends the producer, and the next transaction is a new one's, with a
/// higher epoch.
/// </para>
/// </remarks>
public sealed class TransactionalDecisionSink : IDecisionSink
{
    private const int AttemptsMax = 10;

    /// <summary>
    /// What a coordinator mostly takes to write the end of a transaction into the partitions: what
    /// is asked of it before is asked again after 20 ms, and that would be most of a decision's
    /// latency (load-tests/options/run).
    /// </summary>
    private static readonly TimeSpan TransactionPause = TimeSpan.FromMilliseconds(2);

    private static readonly TimeSpan AttemptPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan CallPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan OpenPatience = TimeSpan.FromMinutes(1);

    private readonly KafkaConnection _connection;
    private readonly KafkaLogSource _source;
    private readonly OutgoingRecords _records;
    private readonly Func<IProducer<byte[]?, byte[]>> _newProducer;
    private readonly BatchLimits _limits;
    private readonly ILogger _logger;
    private readonly BlockingCollection<PendingBatch> _waiting = [];
    private readonly List<PendingBatch> _taken = [];
    private readonly TransactionOffsets _offsets;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private readonly TimeSpan _linger;
    private IProducer<byte[]?, byte[]> _producer;

    private TransactionalDecisionSink(
        KafkaConnection connection, KafkaDecisionSinkOptions options, TransactionOptions transactions, KafkaLogSource source, ILogger logger)
    {
        (_connection, _source, _limits, _logger, _linger) = (connection, source, options.Limits, logger, options.Linger);
        _records = new OutgoingRecords(options, source.Logs);
        _offsets = new TransactionOffsets(source.Logs);
        _newProducer = () => new ProducerBuilder<byte[]?, byte[]>(connection.Settings([
                .. options.ProducerSettings,
                ("transactional.id", transactions.Id),
                ("transaction.timeout.ms", $"{(int)transactions.Timeout.TotalMilliseconds}"),
                // A coordinator that is still ending the transaction before sends away what the
                // next one asks for, and that is then asked for again after so long: by default
                // after 100 ms, which would be most of a decision's latency
                // (load-tests/options/run).
                ("retry.backoff.ms", "1"),
                // Nobody asks for them, as a record that fails fails its transaction. But without
                // them, or where a thread of Confluent.Kafka's takes them, each commit sleeps for
                // 10 ms before it sees that all records have arrived.
                ("dotnet.producer.enable.delivery.reports", "true"),
                ("dotnet.producer.delivery.report.fields", "none"),
                ("dotnet.producer.enable.background.poll", "false")]))
            .SetErrorHandler((_, error) => logger.ProducerFails($"{connection}", error.Reason))
            .SetLogHandler((_, _) => { })
            .Build();
        _producer = _newProducer();
        _thread = new Thread(Run) { IsBackground = true, Name = $"transactions {connection.Region}" };
    }

    /// <summary>
    /// Makes the sink and ends whatever a former process of the same transactional id left open.
    /// </summary>
    /// <param name="source">Whose membership in the group it writes by.</param>
    /// <param name="logger">Told what operators should know: an outage, a transaction that had to
    /// be written again.</param>
    /// <exception cref="KafkaFailedException">The brokers do not answer, or do not allow this
    /// process to write in transactions.</exception>
    public static TransactionalDecisionSink Open(
        KafkaConnection connection, KafkaDecisionSinkOptions options, TransactionOptions transactions, KafkaLogSource source, ILogger logger)
    {
        var sink = new TransactionalDecisionSink(connection, options, transactions, source, logger);
        try
        {
            sink._producer.InitTransactions(OpenPatience);
        }
        catch (KafkaException e)
        {
            sink._producer.Dispose();
            throw new KafkaFailedException($"{connection}: transactions of {transactions.Id} cannot be started: {e.Error.Reason}", e);
        }

        sink._thread.Start();
        return sink;
    }

    public Task WriteAsync(PaymentBatch batch)
    {
        if (!batch.Decide.AsSpan(0, batch.RowCount).Contains(true))
        {
            return Task.CompletedTask;
        }

        var pending = new PendingBatch(batch);
        _waiting.Add(pending);
        return Task.WhenAny(pending.Written.Task, _failed.Task).Unwrap();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _thread.Join();
        _producer.Dispose();
        _waiting.Dispose();
        _stopping.Dispose();
    }

    private void Run()
    {
        try
        {
            foreach (var first in _waiting.GetConsumingEnumerable(_stopping.Token))
            {
                _stopping.Token.WaitHandle.WaitOne(_linger + TransactionPause);
                _taken.Clear();
                _taken.Add(first);
                while (_waiting.TryTake(out var more))
                {
                    _taken.Add(more);
                }

                WriteTaken();
                foreach (var pending in _taken)
                {
                    pending.Written.SetResult();
                }
            }
        }
        catch (KafkaException e)
        {
            _failed.TrySetException(new DeliveryFailedException($"{_connection}: decisions cannot be written: {e.Error.Reason}", e));
        }
        catch (Exception e)
        {
            _failed.TrySetException(e);
        }

        AbortOpen();
    }

    private void WriteTaken()
    {
        for (var attempt = 1; ; attempt++)
        {
            string reason;
            var isTooLarge = false;
            try
            {
                _producer.BeginTransaction();
                Produce();
                if (TrySendOffsets())
                {
                    UntilAnswered(_producer.CommitTransaction);
                    _offsets.Committed();
                    return;
                }

                reason = "this process is no member of the group at the moment";
            }
            catch (KafkaException e) when (!e.Error.IsFatal)
            {
                (reason, isTooLarge) = (e.Error.Reason, e.Error.Code == ErrorCode.MsgSizeTooLarge);
            }

            if (isTooLarge)
            {
                // As often as it takes, which the halving bounds.
                RequireSmaller();
                attempt--;
            }
            else if (attempt == AttemptsMax)
            {
                throw new DeliveryFailedException($"{_connection}: a transaction was aborted {AttemptsMax} times: {reason}");
            }

            _logger.TransactionIsRepeated($"{_connection}", reason);
            _stopping.Token.WaitHandle.WaitOne(AttemptPause);
            var aborted = _producer;
            _producer = _newProducer();
            aborted.Dispose();
            // Ends the transaction of the former epoch too.
            UntilAnswered(_producer.InitTransactions);
        }
    }

    /// <summary>
    /// Something of the transaction was refused for its size: the next producer sends smaller
    /// batches.
    /// </summary>
    /// <exception cref="RecordTooLargeException">Records were sent one by one already, as far as
    /// they are large.</exception>
    private void RequireSmaller()
    {
        var before = _limits.BatchBytesMax;
        var largest = _taken.SelectMany(pending => pending.Batch.Encoded.Records.ToArray().Select(record => (pending.Batch, Record: record))).MaxBy(found => found.Record.ValueLength);
        var (batch, record) = largest;
        // Such a record goes alone, whatever the batches' size is.
        var wasAlone = record.ValueLength + record.KeyLength >= before;
        _limits.AskAsync().GetAwaiter().GetResult();
        if (_limits.BatchBytesMax == before && (wasAlone || !_limits.TryHalve()))
        {
            var target = _records.Targets[_records.TargetOf(batch, record)];
            throw _limits.Refusal(new RefusedBatch(
                target.Topic, target.Partition.Value, RecordCount: 1, $"{_source.Logs[batch.LogIndex[record.RowIndex]]}/{batch.Offset[record.RowIndex]}", record.ValueLength + record.KeyLength));
        }
    }

    private void Produce()
    {
        _offsets.Begin();
        foreach (var pending in _taken)
        {
            var batch = pending.Batch;
            _offsets.Note(batch);
            foreach (ref readonly var record in batch.Encoded.Records)
            {
                _producer.Produce(_records.Targets[_records.TargetOf(batch, record)], _records.MessageOf(batch, record));
            }
        }
    }

    /// <returns>False where the group does not know this process at the moment.</returns>
    /// <exception cref="DeliveryFailedException">What is written is another's by now.</exception>
    private bool TrySendOffsets()
    {
        if (_offsets.Claim(() => _source.Membership, _source.MayWrite) is not { } membership)
        {
            return false;
        }

        List<TopicPartitionOffset> offsets = [.. _offsets.Sent.Select(sent => new TopicPartitionOffset(_source.Logs[sent.LogIndex].Topic, _source.Logs[sent.LogIndex].Partition, sent.Next))];
        UntilAnswered(timeout => _producer.SendOffsetsToTransaction(offsets, membership, timeout));
        return true;
    }

    /// <summary>
    /// A call that was not answered goes on in the background, and is asked again for how it ended.
    /// </summary>
    private void UntilAnswered(Action<TimeSpan> call)
    {
        while (true)
        {
            _stopping.Token.ThrowIfCancellationRequested();
            try
            {
                call(CallPatience);
                return;
            }
            catch (KafkaRetriableException)
            {
                _stopping.Token.WaitHandle.WaitOne(AttemptPause);
            }
        }
    }

    /// <summary>So that readers need not wait for the brokers to do it.</summary>
    private void AbortOpen()
    {
        try
        {
            _producer.AbortTransaction(CallPatience);
        }
        catch (KafkaException)
        {
            // None was open, or it is fenced, or the brokers are away: they abort it when its time
            // is over.
        }
    }

    private sealed record PendingBatch(PaymentBatch Batch)
    {
        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
