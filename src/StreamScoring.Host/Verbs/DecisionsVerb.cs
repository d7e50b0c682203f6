using System.Buffers;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using StreamScoring.Client;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Regions;

namespace StreamScoring.Host.Verbs;

internal static class DecisionsVerb
{
    public static Command Build()
    {
        var topology = CommonOptions.Topology();
        var set = CommonOptions.Set();
        var from = new Option<string>("--from") { Description = "beginning, end, or a time in ISO 8601", HelpName = "WHERE", DefaultValueFactory = _ => "beginning" };
        var follow = new Option<bool>("--follow") { Description = "Go on with decisions that come later, until Ctrl-C" };
        var json = CommonOptions.Json();
        var command = new Command("decisions",
            """
            Reads decisions, each payment's once, up to the end of the topic as it was found.

            Example:
              scoring decisions --topology topology/handbook/topology.yaml --from end --follow
            """) { topology, set, from, follow, json };
        command.SetAction((parsed, cancel) => Task.FromResult(Run(
            TopologyFile.Load(parsed.GetRequiredValue(topology), parsed.GetValue(set) ?? []), FromOf(parsed.GetRequiredValue(from)), parsed.GetValue(follow), parsed.GetValue(json), cancel)));
        return command;
    }

    private static ReadFrom FromOf(string text) => text switch
    {
        "beginning" => ReadFrom.Beginning,
        "end" => ReadFrom.End,
        _ => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? ReadFrom.Time(time.ToUnixTimeMilliseconds())
            : throw new InvalidInputFileException($"--from is {text}; allowed: beginning, end, or a time such as 2026-01-31T12:00:00Z"),
    };

    private static int Run(Topology topology, ReadFrom from, bool follow, bool json, CancellationToken cancel)
    {
        using var reader = new DecisionReader(new KafkaSettings(topology.Home.Brokers, topology.Home.Security), topology.Home.Decisions, from);
        using var stdout = Console.OpenStandardOutput();
        using var output = new BufferedStream(stdout, 1 << 16);
        var buffer = new ArrayBufferWriter<byte>(4096);
        foreach (var decision in reader.Read(follow, cancel))
        {
            if (json)
            {
                WriteJson(decision, buffer, output);
            }
            else
            {
                output.Write(System.Text.Encoding.UTF8.GetBytes(LineOf(decision)));
            }

            if (follow)
            {
                output.Flush();
            }
        }

        return cancel.IsCancellationRequested ? VerbRunner.Interrupted : VerbRunner.Done;
    }

    private static void WriteJson(in ReadDecision decision, ArrayBufferWriter<byte> buffer, BufferedStream output)
    {
        if (decision.IsJson)
        {
            output.Write(decision.Value.Span);
        }
        else
        {
            buffer.ResetWrittenCount();
            using var writer = new Utf8JsonWriter(buffer);
            DecisionJson.Write(writer, DecisionMessagePack.Read(decision.Value));
            writer.Flush();
            output.Write(buffer.WrittenSpan);
        }

        output.WriteByte((byte)'\n');
    }

    private static string LineOf(in ReadDecision decision)
    {
        if (decision.IsJson)
        {
            using var document = JsonDocument.Parse(decision.Value);
            var root = document.RootElement;
            return Line(root.GetProperty("event_time").GetString()!, root.GetProperty("payment_id").GetString()!, root.GetProperty("action").GetString()!, root.GetProperty("score").GetInt32(), decision.Source);
        }

        var record = DecisionMessagePack.Read(decision.Value);
        return Line(DecisionJson.Iso(record.EventTimeMs), record.PaymentId, record.Action, record.Score, decision.Source);
    }

    private static string Line(string time, string payment, string action, int score, DecisionSource source) =>
        FormattableString.Invariant($"{time}  {action,-9} {score,2}  {payment}  {source}\n");
}
