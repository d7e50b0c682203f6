using System.Text.Json.Nodes;
using StreamScoring.Batches;

namespace StreamScoring.Host.Replaying;

/// <summary>What a replay found, counted.</summary>
internal sealed class ReplaySummary : IReplayObserver
{
    /// <summary>So many payments are remembered that changed most.</summary>
    private const int ChangedMax = 50;

    private readonly PriorityQueue<ChangedPayment, double> _most = new();
    private readonly TextWriter? _changes;

    /// <param name="topic">Of the payments, as <c>region/topic</c>.</param>
    /// <param name="changes">Where a line is written for each payment that differs; null:
    /// nowhere.</param>
    public ReplaySummary(string topic, TextWriter? changes) => (Topic, _changes) = (topic, changes);

    /// <summary>Of the payments, as <c>region/topic</c>.</summary>
    public string Topic { get; }

    /// <summary>Both decisions by what is known in the end; null where nobody asked.</summary>
    public ReplayJudgement? Judgement { get; init; }

    /// <summary>Decisions of the stretch.</summary>
    public long Payments { get; set; }

    public long Missing { get; set; }

    public long Compared { get; private set; }

    /// <summary>Payments that differ in something.</summary>
    public long Changed { get; private set; }

    /// <summary>Of these, payments whose features are approximate by their decision.</summary>
    public long ChangedApproximate { get; private set; }

    /// <summary>Payments that are decided by another policy than the one that their decision
    /// names.</summary>
    public long OtherPolicy { get; private set; }

    /// <summary>[features, score, action, rules] Payments that differ in it.</summary>
    public long[] Differences { get; } = new long[4];

    /// <summary>[actions, actions] As recorded, and now.</summary>
    public long[,] Actions { get; } = new long[4, 4];

    /// <summary>[0–99] Payments of a score, as recorded.</summary>
    public long[] RecordedScores { get; } = new long[100];

    /// <summary>[0–99] Payments of a score, now.</summary>
    public long[] ReplayedScores { get; } = new long[100];

    /// <summary>By rule, payments for which it fired: as recorded, and now.</summary>
    public SortedDictionary<string, (long Recorded, long Replayed)> Rules { get; } = new(StringComparer.Ordinal);

    /// <summary>By feature, payments whose value differs.</summary>
    public SortedDictionary<string, long> Features { get; } = new(StringComparer.Ordinal);

    public bool HasDifferences => Changed > 0;

    /// <summary>Those that changed most, the greatest change first.</summary>
    public IReadOnlyList<ChangedPayment> Most => [.. _most.UnorderedItems.OrderByDescending(item => item.Priority).ThenBy(item => item.Element.Recorded.PaymentId, StringComparer.Ordinal).Select(item => item.Element)];

    /// <inheritdoc/>
    public void Add(in ComparedPayment payment)
    {
        var (recorded, replayed) = (payment.Recorded, payment.Replayed);
        Compared++;
        OtherPolicy += recorded.Policy is not null && recorded.Policy != payment.Policy ? 1 : 0;
        Actions[(int)recorded.Action, (int)replayed.Action]++;
        RecordedScores[Math.Clamp(recorded.Score, 0, 99)]++;
        ReplayedScores[replayed.Score]++;
        Judgement?.Add(payment);
        foreach (var rule in recorded.Rules)
        {
            var (before, now) = Rules.GetValueOrDefault(rule);
            Rules[rule] = (before + 1, now);
        }

        foreach (var rule in payment.Rules)
        {
            var (before, now) = Rules.GetValueOrDefault(rule);
            Rules[rule] = (before, now + 1);
        }

        if (payment.Changed is { } changed)
        {
            Count(changed);
        }
    }

    /// <summary>As scripts read it.</summary>
    public JsonObject ToJson() => new()
    {
        ["payments"] = Payments,
        ["compared"] = Compared,
        ["missing"] = Missing,
        ["differences"] = new JsonObject
        {
            ["features"] = Differences[0],
            ["score"] = Differences[1],
            ["action"] = Differences[2],
            ["rules"] = Differences[3],
        },
        ["recorded"] = ByAction((recorded, _) => recorded),
        ["replayed"] = ByAction((_, replayed) => replayed),
    };

    private JsonObject ByAction(Func<int, int, int> of)
    {
        var counts = new long[4];
        for (var recorded = 0; recorded < 4; recorded++)
        {
            for (var replayed = 0; replayed < 4; replayed++)
            {
                counts[of(recorded, replayed)] += Actions[recorded, replayed];
            }
        }

        return new JsonObject(Enum.GetValues<DecisionAction>().Select(action => KeyValuePair.Create(NameOf(action), (JsonNode?)counts[(int)action])));
    }

    /// <summary>As decisions write it.</summary>
    public static string NameOf(DecisionAction action) => action.ToString().ToLowerInvariant();

    private void Count(ChangedPayment changed)
    {
        Changed++;
        ChangedApproximate += changed.Recorded.Flags.HasFlag(VerdictFlags.Approximate) ? 1 : 0;
        for (var i = 0; i < Differences.Length; i++)
        {
            Differences[i] += (int)changed.Differences >> i & 1;
        }

        foreach (var (name, _, _) in changed.Features)
        {
            Features[name] = Features.GetValueOrDefault(name) + 1;
        }

        var (before, now) = (changed.Recorded.Probability, changed.Replayed.Probability);
        // A changed action counts more than any score.
        var change = (changed.Differences.HasFlag(ReplayDifference.Action) ? 1 : 0) + (double.IsNaN(before) || double.IsNaN(now) ? 0 : Math.Abs(now - before));
        if (_most.Count < ChangedMax)
        {
            _most.Enqueue(changed, change);
        }
        else
        {
            _most.EnqueueDequeue(changed, change);
        }

        _changes?.WriteLine(ChangedJson.Of(changed, Topic).ToJsonString());
    }
}
