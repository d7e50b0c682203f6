using Confluent.Kafka;

namespace StreamScoring.Client;

/// <summary>
/// The records that were handed over between two flushes, and what became of them.
/// </summary>
internal sealed class PublishedBulk
{
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<Error> _reported;

    // One for the bulk itself, until it is closed: it cannot settle while more may be added.
    private long _pending = 1;
    private long _refused;
    private volatile string? _firstReason;

    /// <param name="reported">Called for each record, when its fate is known.</param>
    public PublishedBulk(Action<Error> reported)
    {
        _reported = reported;
        OnReport = Report;
    }

    /// <summary>Handed to the client with every record of this bulk.</summary>
    public Action<DeliveryReport<byte[]?, byte[]>> OnReport { get; }

    /// <summary>Why the first refused record was refused; null while none was.</summary>
    public string? FirstReason => _firstReason;

    public void Add() => Interlocked.Increment(ref _pending);

    /// <summary>Takes back an <see cref="Add"/> whose record the client did not take.</summary>
    public void Remove() => Settle();

    /// <summary>Nothing is added from here on. Ends when each record's fate is known.</summary>
    /// <exception cref="PublishFailedException">Some were refused.</exception>
    public async Task CloseAsync(string brokers, CancellationToken cancel)
    {
        Settle();
        await _settled.Task.WaitAsync(cancel);
        if (Interlocked.Read(ref _refused) is > 0 and var refused)
        {
            throw new PublishFailedException($"the brokers {brokers} did not take {refused} records; the first: {_firstReason}");
        }
    }

    /// <summary>Why a record was refused, and what to do where that is known.</summary>
    internal static string Reason(Error error) => error.Code == ErrorCode.MsgSizeTooLarge
        ? $"{error.Reason}: the topic's max.message.bytes is smaller than the batch it came in, or than the record itself; give PublisherOptions.BatchBytesMax, or raise the topic's limit"
        : error.Reason;

    private void Report(DeliveryReport<byte[]?, byte[]> report)
    {
        if (report.Error.IsError)
        {
            Interlocked.Increment(ref _refused);
            _firstReason ??= $"a record for {report.Topic}: {Reason(report.Error)}";
        }

        _reported(report.Error);
        Settle();
    }

    private void Settle()
    {
        if (Interlocked.Decrement(ref _pending) == 0)
        {
            _settled.TrySetResult();
        }
    }
}
