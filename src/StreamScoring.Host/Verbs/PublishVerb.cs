using System.Buffers;
using System.CommandLine;
using System.Text;
using System.Text.Json;
using StreamScoring.Client;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Files;
using StreamScoring.Regions;

namespace StreamScoring.Host.Verbs;

internal static class PublishVerb
{
    public static Command Build()
    {
        var topology = CommonOptions.Topology();
        var set = CommonOptions.Set();
        var payments = CommonOptions.Payments();
        var labels = CommonOptions.Labels();
        var columns = CommonOptions.Columns();
        var order = CommonOptions.Order();
        var rate = new Option<double>("--rate") { Description = "Records a second (default: as fast as the brokers take them)", HelpName = "R" };
        var timestamps = new Option<string>("--timestamps") { Description = "now: records carry the current time; event: the event time", DefaultValueFactory = _ => "now" };
        timestamps.AcceptOnlyFromAmong("now", "event");
        var format = new Option<string>("--format") { Description = "json or messagepack (docs/wire-format.md)", DefaultValueFactory = _ => "messagepack" };
        format.AcceptOnlyFromAmong("json", "messagepack");
        var json = CommonOptions.Json();
        var command = new Command("publish",
            """
            Publishes the rows of tables as payments and labels, in event-time order. A columns file with a label and a label_delay makes it
            publish each label so much later, in its place among the payments.

            Example:
              scoring publish --topology topology/handbook/topology.yaml --columns topology/handbook/columns.yaml \
                --payments transactions-2018-08.csv.gz --rate 5000
            """) { topology, set, payments, labels, columns, order, rate, timestamps, format, json };
        command.SetAction(async (parsed, cancel) =>
        {
            var file = TopologyFile.Load(parsed.GetRequiredValue(topology), parsed.GetValue(set) ?? []);
            if (parsed.GetValue(rate) < 0)
            {
                throw new InvalidInputFileException($"--rate is {parsed.GetValue(rate)}; give a number of records a second above 0");
            }

            using var progress = new ProgressLine();
            var table = PaymentTable.Read(
                parsed.GetRequiredValue(payments), parsed.GetValue(labels) ?? [], parsed.GetValue(columns), CommonOptions.OrderOf(parsed.GetValue(order)),
                progress: rows => progress.Show($"{rows:N0} payments read"), cancel: cancel);
            using var publisher = new PaymentPublisher(new KafkaSettings(file.Home.Brokers, file.Home.Security));
            await PublishAsync(table, publisher, file, parsed.GetValue(rate), parsed.GetValue(timestamps) == "event", parsed.GetValue(format) == "json", progress, cancel);
            progress.Clear();
            await Console.Error.WriteLineAsync($"{table.PaymentCount:N0} payments and {table.LabelCount:N0} labels are acknowledged");
            if (parsed.GetValue(json))
            {
                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new { payments = table.PaymentCount, labels = table.LabelCount }));
            }

            return VerbRunner.Done;
        });
        return command;
    }

    private static async Task PublishAsync(
        PaymentTable table, PaymentPublisher publisher, Topology topology, double rate, bool stampsEventTime, bool asJson, ProgressLine progress, CancellationToken cancel)
    {
        var encoder = new RecordEncoder(topology.PartitionBy, asJson);
        var clock = TimeProvider.System;
        var started = clock.GetTimestamp();
        var (sent, lastMs) = (0L, 0L);
        foreach (var (isLabel, orderMs, value) in table.InOrder())
        {
            if ((sent & 0xff) == 0)
            {
                cancel.ThrowIfCancellationRequested();
                progress.Show($"{sent:N0} of {table.PaymentCount + table.LabelCount:N0} records");
            }

            if (rate > 0 && TimeSpan.FromSeconds(sent / rate) - clock.GetElapsedTime(started) is { Ticks: > 0 } early)
            {
                await Task.Delay(early, cancel);
            }

            // A clock that is set back must not put a label behind the payments that follow it.
            lastMs = Math.Max(lastMs, clock.GetUtcNow().ToUnixTimeMilliseconds());
            var (key, bytes) = encoder.Encode(isLabel, value);
            await publisher.PublishAsync(isLabel ? topology.Home.Labels : topology.Home.Payments, key, bytes, stampsEventTime ? orderMs : lastMs, cancel);
            sent++;
        }

        publisher.Flush(cancel);
    }

    /// <summary>The key and the published form of a record that is held in the compact form.</summary>
    private sealed class RecordEncoder(string partitionBy, bool asJson)
    {
        private readonly ArrayBufferWriter<byte> _buffer = new(1024);

        public (byte[]? Key, byte[] Value) Encode(bool isLabel, ReadOnlyMemory<byte> value)
        {
            var (payment, label) = isLabel ? (null, PaymentMessagePack.ReadLabel(value)) : (PaymentMessagePack.ReadPayment(value), (Label?)null);
            var key = partitionBy switch
            {
                "card_id" => payment?.CardId ?? label?.CardId,
                "customer_id" => payment?.CustomerId ?? label?.CustomerId,
                "merchant_id" => payment?.MerchantId ?? label?.MerchantId,
                "terminal_id" => payment?.TerminalId ?? label?.TerminalId,
                "ip" => payment?.Ip ?? label?.Ip,
                "device_id" => payment?.DeviceId ?? label?.DeviceId,
                _ => payment?.EmailHash ?? label?.EmailHash,
            };
            return (key is null ? null : Encoding.UTF8.GetBytes(key), asJson ? Json(payment, label) : value.ToArray());
        }

        private byte[] Json(Payment? payment, Label? label)
        {
            _buffer.ResetWrittenCount();
            using var writer = new Utf8JsonWriter(_buffer);
            if (payment is not null)
            {
                PaymentJson.Write(writer, payment);
            }
            else
            {
                PaymentJson.Write(writer, label!);
            }

            writer.Flush();
            return _buffer.WrittenSpan.ToArray();
        }
    }
}
