using System.CommandLine;
using System.Text.Json;
using StreamScoring.Client;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Files;
using StreamScoring.Host.Serving;

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
        command.Runs(async (parsed, cancel) =>
        {
            var file = TopologyFile.Load(parsed.GetRequiredValue(topology), parsed.GetValue(set) ?? []);
            if (parsed.GetValue(rate) < 0)
            {
                throw new InvalidInputFileException($"--rate is {parsed.GetValue(rate)}; give a number of records a second above 0");
            }

            using var progress = new ProgressLine();
            var features = FeatureFiles.Load(file.FeatureFile);
            var (asJson, stampsEventTime) = (parsed.GetValue(format) == "json", parsed.GetValue(timestamps) == "event");
            var table = PaymentTable.Read(
                parsed.GetRequiredValue(payments), parsed.GetValue(labels) ?? [], parsed.GetValue(columns), CommonOptions.OrderOf(parsed.GetValue(order)),
                progress: rows => progress.Show($"{rows:N0} payments read"), attributeUses: features.AttributeUses, cancel: cancel);
            progress.Say(table.Notices);
            var refusals = PublishCheck.Require(table, features, file.Limits, asJson, stampsEventTime);
            progress.Say(refusals.Notices);
            string[] topics = table.LabelCount > 0 ? [file.Home.Payments, file.Home.Labels] : [file.Home.Payments];
            KafkaPorts.RequireTopics(file, topics);
            if (stampsEventTime && table.Span is var (firstMs, lastMs))
            {
                progress.Say(await KafkaPorts.RequireEventTimesAsync(file, topics, firstMs, lastMs));
            }

            await using var publisher = new PaymentPublisher(
                ClientRegion.Of(file),
                new PublisherOptions
                {
                    Form = asJson ? WireForm.Json : WireForm.MessagePack,
                    Linger = TimeSpan.FromMilliseconds(5),
                    InFlightMax = 100_000,
                    CardNumberFieldsIgnored = file.Limits.CardNumberFieldsIgnored,
                });
            var (paymentCount, labelCount) = await PublishAsync(table, refusals, publisher, parsed.GetValue(rate), stampsEventTime, progress, cancel);
            progress.Clear();
            await Console.Error.WriteLineAsync($"{paymentCount:N0} payments and {labelCount:N0} labels are acknowledged");
            if (parsed.GetValue(json))
            {
                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new { payments = paymentCount, labels = labelCount }));
            }

            return cancel.IsCancellationRequested ? VerbRunner.Interrupted : VerbRunner.Done;
        });
        return command;
    }

    /// <summary>
    /// Interrupted, it hands over no further record and waits for those that were.
    /// </summary>
    /// <returns>Payments and labels that are acknowledged.</returns>
    private static async Task<(long Payments, long Labels)> PublishAsync(
        PaymentTable table, TableRefusals refusals, PaymentPublisher publisher, double rate, bool stampsEventTime, ProgressLine progress, CancellationToken cancel)
    {
        var clock = TimeProvider.System;
        var started = clock.GetTimestamp();
        var (sent, labelsSent, lastMs) = (0L, 0L, 0L);
        var (payments, labels) = (0L, 0L);
        foreach (var (isLabel, orderMs, value) in table.InOrder())
        {
            if (cancel.IsCancellationRequested)
            {
                break;
            }

            if (refusals.IsLeftOut(isLabel, isLabel ? labels++ : payments++))
            {
                continue;
            }

            if ((sent & 0xff) == 0)
            {
                progress.Show($"{sent:N0} of {table.PaymentCount + table.LabelCount:N0} records");
            }

            if (rate > 0 && TimeSpan.FromSeconds(sent / rate) - clock.GetElapsedTime(started) is { Ticks: > 0 } early)
            {
                await Task.Delay(early, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (cancel.IsCancellationRequested)
                {
                    break;
                }
            }

            // A clock that is set back must not put a label behind the payments that follow it.
            lastMs = Math.Max(lastMs, clock.GetUtcNow().ToUnixTimeMilliseconds());
            var timestampMs = stampsEventTime ? orderMs : lastMs;
            await (isLabel
                ? publisher.EnqueueAsync(PaymentMessagePack.ReadLabel(value), timestampMs, CancellationToken.None)
                : publisher.EnqueueAsync(PaymentMessagePack.ReadPayment(value), timestampMs, CancellationToken.None));
            sent++;
            labelsSent += isLabel ? 1 : 0;
        }

        await publisher.FlushAsync(CancellationToken.None);
        return (sent - labelsSent, labelsSent);
    }
}
