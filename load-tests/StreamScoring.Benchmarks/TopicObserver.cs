using System.IO.Hashing;
using Confluent.Kafka;

namespace StreamScoring.Benchmarks;

/// <summary>
/// Judges a run of B1 by what stands in its output topic: how many records, of how many keys, and
/// between which append times of the broker. Start-up is outside of that, for both contestants
/// alike; so is a first part of the records, in which code is still being compiled.
/// </summary>
internal static class TopicObserver
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static int Run(string[] arguments)
    {
        var options = new BenchmarkOptions(arguments);
        var (topic, payments, warmUp) = (options.Required("topic"), options.Integer("payments", 0), options.Number("warm-up", 0.25));
        var (appended, keys, bytes) = Read(options.Required("brokers"), topic, options.Integer("partitions", 4));
        appended.Sort();
        if (appended.Count != payments)
        {
            Console.Error.WriteLine($"{topic} holds {appended.Count} records; {payments} payments were sent");
            return 1;
        }

        var contestant = options.Required("contestant");
        if (contestant == B1Summary.Pipeline && keys != payments)
        {
            Console.Error.WriteLine($"{topic} decides {keys} payments; {payments} were sent");
            return 1;
        }

        var cut = (int)(payments * warmUp);
        var seconds = (appended[^1] - appended[cut]) / 1000.0;
        var cpuSeconds = options.Number("cpu-seconds", double.NaN);
        new ResultFile(options.Text("results")).Append(new B1Run(
            "b1", contestant, options.Integer("run", 0), payments, bytes / payments, warmUp,
            Math.Round((appended[^1] - appended[0]) / 1000.0, 3), seconds, Math.Round((payments - cut) / seconds), cpuSeconds, Math.Round(payments / cpuSeconds)));
        return 0;
    }

    private static (List<long> AppendedMs, int Keys, long Bytes) Read(string brokers, string topic, int partitions)
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = brokers,
            GroupId = "observer",
            EnableAutoCommit = false,
            EnablePartitionEof = true,
        }).Build();
        consumer.Assign(Enumerable.Range(0, partitions).Select(partition => new TopicPartitionOffset(topic, partition, Offset.Beginning)));
        var (appended, keys, bytes, ends) = (new List<long>(), new HashSet<UInt128>(), 0L, 0);
        while (ends < partitions)
        {
            var consumed = consumer.Consume(Patience) ?? throw new InvalidOperationException($"{brokers} gave nothing of {topic} for {Patience.TotalSeconds:0} s");
            if (consumed.IsPartitionEOF)
            {
                ends++;
                continue;
            }

            Invariant.Require(consumed.Message.Timestamp.Type == TimestampType.LogAppendTime);
            appended.Add(consumed.Message.Timestamp.UnixTimestampMs);
            keys.Add(XxHash128.HashToUInt128(consumed.Message.Key));
            bytes += consumed.Message.Value.Length;
        }

        return (appended, keys.Count, bytes);
    }
}
