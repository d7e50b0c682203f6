using System.CommandLine;
using System.Text.Json;
using StreamScoring.Client;
using StreamScoring.Configuration;
using StreamScoring.Contracts;
using StreamScoring.Deployment;
using StreamScoring.Host.Serving;
using StreamScoring.Ingest;
using StreamScoring.Kafka;

namespace StreamScoring.Host.Verbs;

/// <summary>
/// The second half of <c>deadletters</c>: what was refused is published again, once what made it
/// refused is mended.
/// </summary>
internal static class RepublishVerb
{
    private static readonly TimeSpan IdPatience = TimeSpan.FromSeconds(5);

    public static Command Build()
    {
        var topology = CommonOptions.Topology();
        var set = CommonOptions.Set();
        var from = CommonOptions.From();
        var reason = DeadLettersVerb.Reason();
        var offsets = new Option<string[]>("--offsets")
        {
            Description = "Only the records at these positions",
            HelpName = "REGION/TOPIC/PARTITION/OFFSET",
            AllowMultipleArgumentsPerToken = true,
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would be done, and publish nothing" };
        var json = CommonOptions.Json();
        var command = new Command("republish",
            """
            Publishes refused records again: each original, read from its position, to the same partition with its key, and with the header
            republication_of. What this topology would refuse again, card numbers above all, is not written again, nor what was decided (conflicting_id). Ends
            with 1 where a record could not be.

            Example:
              scoring deadletters republish --topology topology/handbook/topology.yaml --reason text_too_long --dry-run
            """) { topology, set, from, reason, offsets, dryRun, json };
        command.SetAction((parsed, cancel) => RunAsync(
            TopologyFile.Load(parsed.GetRequiredValue(topology), parsed.GetValue(set) ?? []), CommonOptions.FromOf(parsed.GetRequiredValue(from)),
            DeadLettersVerb.ReasonOf(parsed.GetValue(reason)), OffsetsOf(parsed.GetValue(offsets) ?? []), parsed.GetValue(dryRun), parsed.GetValue(json), cancel));
        return command;
    }

    private static List<DecisionSource> OffsetsOf(string[] texts) => [.. texts.Select(text => DecisionSource.TryParse(text, out var source) ? source
        : throw new InvalidInputFileException($"--offsets names {text}; expected region/topic/partition/offset, such as eu/payments/3/991"))];

    private static async Task<int> RunAsync(
        Topology topology, ReadFrom from, string? reason, List<DecisionSource> offsets, bool isDryRun, bool json, CancellationToken cancel)
    {
        var region = ClientRegion.Of(topology);
        if (reason == DeadLetter.ConflictingId)
        {
            throw new InvalidInputFileException($"--reason is {reason}: these payments are decided, and publishing them again would decide nothing else");
        }

        var report = new Report(isDryRun, json);
        var (positions, decided) = await PositionsAsync(region, from, reason, await TopicIdsAsync(topology), report, cancel);
        if (offsets.Count > 0)
        {
            foreach (var position in offsets.Where(position => !positions.Contains(position)))
            {
                await report.CouldNotAsync(position, decided.Contains(position) ? "it is decided; its dead letter says that its id was another payment's" : "no dead letter answers that position");
            }

            positions.IntersectWith(offsets);
        }

        var check = new RefusalCheck(topology);
        await using var republisher = new RecordRepublisher(region, ClientRegion.FetchWaitMax);
        await foreach (var original in republisher.FindAsync(positions, cancel))
        {
            if ((original.Missing ?? RefusalOf(check, topology, original)) is { } problem)
            {
                await report.CouldNotAsync(original.Source, problem);
            }
            else
            {
                await report.RepublishedAsync(original.Source, isDryRun ? null : await republisher.RepublishAsync(original, cancel));
            }
        }

        return await report.EndAsync();
    }

    /// <returns>By <c>region/topic</c>; empty for brokers that tell none.</returns>
    /// <exception cref="KafkaFailedException">They do not tell now: a letter of a former topic
    /// would bring a record of the new one with it.</exception>
    private static async Task<IReadOnlyDictionary<string, string>> TopicIdsAsync(Topology topology)
    {
        using var admin = KafkaPorts.AdminOf(topology);
        return (await admin.LookAtTopicsAsync(IdPatience)).Ids;
    }

    /// <returns>What was refused, and what was decided in spite of its dead letter.</returns>
    private static async Task<(HashSet<DecisionSource> Refused, HashSet<DecisionSource> Decided)> PositionsAsync(
        ScoringRegion region, ReadFrom from, string? reason, IReadOnlyDictionary<string, string> topicIds, Report report, CancellationToken cancel)
    {
        await using var reader = await DeadLetterReader.OpenAsync(region, from, follows: false, ClientRegion.FetchWaitMax);
        var (refused, decided) = (new HashSet<DecisionSource>(), new HashSet<DecisionSource>());
        await foreach (var (letter, _) in reader.ReadAsync(cancel))
        {
            if (letter.IsRefusal && reason is not null && letter.Reason != reason)
            {
                continue;
            }

            if (letter.SourceTopicId is { } id && topicIds.TryGetValue($"{letter.Source.Region}/{letter.Source.Topic}", out var idNow) && id != idNow)
            {
                await report.CouldNotAsync(letter.Source, "its topic was made anew since, and another record stands there now, or none");
                continue;
            }

            (letter.IsRefusal ? refused : decided).Add(letter.Source);
        }

        return (refused, decided);
    }

    private static string? RefusalOf(RefusalCheck check, Topology topology, OriginalRecord original)
    {
        // The key is the partitioning entity's id, so it is exempt where that is.
        if (original.FindCardNumber(isKeyExempt: topology.Limits.CardNumberFieldsIgnored.Contains(topology.PartitionBy)) is { } place)
        {
            return $"{place} holds a card number; send a token";
        }

        var rejection = check.Of(original.Source, original.Value.Span);
        return rejection.IsNone ? null : $"it would be refused again: {RejectionText.CodeOf(rejection.Reason)}, {RejectionText.Sentence(rejection)}";
    }

    /// <summary>A line for each record on stdout, and the sums on stderr.</summary>
    private sealed class Report(bool isDryRun, bool json)
    {
        private int _republished;
        private int _couldNot;

        public Task RepublishedAsync(DecisionSource source, DecisionSource? copy)
        {
            _republished++;
            return Console.Out.WriteLineAsync(json ? JsonSerializer.Serialize(new { source = $"{source}", republished_as = copy?.ToString(), problem = (string?)null })
                : TerminalText.Escape(isDryRun ? $"would republish {source}" : $"republished {source} as {copy}"));
        }

        public Task CouldNotAsync(DecisionSource source, string problem)
        {
            _couldNot++;
            return Console.Out.WriteLineAsync(json
                ? JsonSerializer.Serialize(new { source = $"{source}", republished_as = (string?)null, problem })
                : TerminalText.Escape($"cannot republish {source}: {problem}"));
        }

        public async Task<int> EndAsync()
        {
            await Console.Error.WriteLineAsync($"{_republished:N0} {(isDryRun ? "would be republished" : "republished")}, {_couldNot:N0} could not be");
            return _couldNot == 0 ? VerbRunner.Done : VerbRunner.Failed;
        }
    }
}
