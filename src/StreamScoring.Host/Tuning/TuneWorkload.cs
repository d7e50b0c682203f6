using System.Buffers;
using MessagePack;
using StreamScoring.Client;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Files;
using StreamScoring.Generator;

namespace StreamScoring.Host.Tuning;

/// <summary>The payments, and labels where a table has them, that every trial decides.</summary>
internal sealed class TuneWorkload
{
    private readonly List<(Payment? Payment, Label? Label)> _events;

    private TuneWorkload(List<(Payment?, Label?)> events, string text) => (_events, PaymentCount, Text) = (events, events.Count(one => one.Item1 is not null), text);

    public int PaymentCount { get; }

    /// <summary>What it is, for people.</summary>
    public string Text { get; }

    /// <summary>The world of <c>scoring generate</c>.</summary>
    public static TuneWorkload Generated(int payments) =>
        new([.. new World(new WorldOptions()).Payments().Take(payments).Select(generated => ((Payment?)generated.Payment, (Label?)null))], $"{payments:N0} generated payments");

    /// <exception cref="InvalidInputFileException">A table is wrong, or has too few
    /// payments.</exception>
    public static TuneWorkload Read(IReadOnlyList<string> files, string? columns, int payments, Topology topology, CancellationToken cancel)
    {
        var features = FeatureFiles.Load(topology.FeatureFile);
        var table = PaymentTable.Read(files, [], columns, EventOrder.EventTime, attributeUses: features.AttributeUses, cancel: cancel);
        var refusals = PublishCheck.Require(table, features, topology.Limits);
        if (table.PaymentCount - refusals.Count < payments)
        {
            throw new InvalidInputFileException($"--payments {string.Join(' ', files)}: {table.PaymentCount - refusals.Count:N0} payments, and a trial takes {payments:N0}; give more tables, or --events {table.PaymentCount - refusals.Count}");
        }

        var (events, left) = (new List<(Payment?, Label?)>(), payments);
        var (paymentIndex, labelIndex) = (0L, 0L);
        foreach (var (isLabel, _, value) in table.InOrder())
        {
            if (refusals.IsLeftOut(isLabel, isLabel ? labelIndex++ : paymentIndex++))
            {
                continue;
            }

            if (!isLabel && left-- == 0)
            {
                break;
            }

            events.Add(isLabel ? (null, PaymentMessagePack.ReadLabel(value)) : (PaymentMessagePack.ReadPayment(value), null));
        }

        return new TuneWorkload(events, $"{payments:N0} payments of {string.Join(", ", files.Select(Path.GetFileName))}");
    }

    /// <summary>Bytes of all payments as they are published.</summary>
    public long Bytes()
    {
        var (buffer, bytes) = (new ArrayBufferWriter<byte>(4096), 0L);
        foreach (var payment in _events.Select(one => one.Payment).OfType<Payment>())
        {
            buffer.ResetWrittenCount();
            var writer = new MessagePackWriter(buffer);
            PaymentMessagePack.Write(ref writer, payment);
            writer.Flush();
            bytes += buffer.WrittenCount;
        }

        return bytes;
    }

    /// <summary>
    /// Publishes all of it. At a rate each record bears the time at which it was to be sent, so
    /// that a publisher that falls behind shows as latency.
    /// </summary>
    /// <param name="rate">Records a second; 0: as many as the brokers take.</param>
    public async Task PublishAsync(ScoringRegion region, double rate, CancellationToken cancel)
    {
        await using var publisher = new PaymentPublisher(
            region, new PublisherOptions
            {
                Linger = TimeSpan.FromMilliseconds(rate > 0 ? 1 : 5),
                InFlightMax = 100_000,
                // They were looked at when they were read.
                CardNumberFieldsIgnored = CardNumberFields.Names.ToHashSet(StringComparer.Ordinal),
            });
        var clock = TimeProvider.System;
        var (started, startedAt) = (clock.GetTimestamp(), clock.GetUtcNow());
        for (var sent = 0; sent < _events.Count; sent++)
        {
            cancel.ThrowIfCancellationRequested();
            var due = rate > 0 ? TimeSpan.FromSeconds(sent / rate) : TimeSpan.Zero;
            if (due - clock.GetElapsedTime(started) is { Ticks: > 0 } early)
            {
                await Task.Delay(early, cancel);
            }

            long? timestampMs = rate > 0 ? (startedAt + due).ToUnixTimeMilliseconds() : null;
            var (payment, label) = _events[sent];
            await (payment is not null ? publisher.EnqueueAsync(payment, timestampMs, cancel) : publisher.EnqueueAsync(label!, timestampMs, cancel));
        }

        await publisher.FlushAsync(cancel);
    }
}
