namespace StreamScoring.Chaos.Oracle;

/// <summary>
/// What decisions say: whose they are, whether the payment came before and with which outcome, and
/// what its customer's windows held.
/// </summary>
/// <param name="all">Also those that no reader sees: a repeat of a payment may carry the outcome of
/// any.</param>
/// <param name="visible">By position.</param>
/// <param name="strayed">Records that were decided under the id of the former topic too.</param>
public sealed class ContentOracle(
    ILookup<Position, GivenDecision> all, IReadOnlyDictionary<Position, GivenDecision> visible, IReadOnlySet<Position> strayed, long windowMs, Violations violations)
{
    /// <summary>Features are sums of integers and one division.</summary>
    private const double RelativeError = 1e-9;

    private int _flagsOpen, _outcomesOpen, _countsOpen;

    public int Duplicates { get; private set; }

    /// <summary>Features that were counted again.</summary>
    public int Recounted { get; private set; }

    /// <summary>What could not be compared, because records are gone.</summary>
    public IEnumerable<string> NotCompared =>
        new (int Count, string What)[]
        {
            (_flagsOpen, "whether a payment is a duplicate"), (_outcomesOpen, "the outcome of a duplicate"), (_countsOpen, "averages, and counts within bounds only,"),
        }.Where(open => open.Count > 0).Select(open => $"{open.What} of {open.Count} decisions");

    public void Check(PaymentLog log)
    {
        var (rule, recount) = (new RepeatRule(log, windowMs, strayed), new CustomerRecount());
        foreach (var entry in log.Entries)
        {
            var repeat = rule.Next(entry);
            Duplicates += repeat.IsOne == true ? 1 : 0;
            if (visible.TryGetValue(entry.Position, out var decision))
            {
                Require(entry, repeat, decision, recount);
            }

            if (repeat.IsOne != true)
            {
                recount.Add(entry, isNew: repeat.IsOne == false);
            }
        }
    }

    private void Require(PaymentLog.Entry entry, Repeat repeat, GivenDecision decision, CustomerRecount recount)
    {
        var isFlagged = decision.Content.Flags.Contains("duplicate");
        if (repeat.IsOne == true && !isFlagged)
        {
            violations.Add("repeated payment without the flag duplicate", $"{entry.Place}, first at {PlacesOf(repeat)}");
        }

        if (repeat.IsOne == false && isFlagged)
        {
            violations.Add("first decision with the flag duplicate", entry.Place);
        }

        _flagsOpen += repeat.IsOne is null ? 1 : 0;
        if (repeat.IsOne ?? isFlagged)
        {
            RequireFirstOutcome(entry, repeat, decision);
        }
        else
        {
            RequireFeatures(entry, decision, recount);
        }
    }

    private void RequireFirstOutcome(PaymentLog.Entry entry, Repeat repeat, GivenDecision decision)
    {
        if (repeat.MayBeDecidedAnew)
        {
            _outcomesOpen++;
            return;
        }

        var outcome = OutcomeOf(decision);
        if (!repeat.Firsts.Any(first => all[first.Position].Any(copy => OutcomeOf(copy) == outcome)))
        {
            violations.Add("repeated payment with another outcome than its first decision", $"{entry.Place}: {outcome}, first at {PlacesOf(repeat)}");
        }
    }

    private void RequireFeatures(PaymentLog.Entry entry, GivenDecision decision, CustomerRecount recount)
    {
        if (decision.Content.PaymentId != entry.Payment.Id || decision.Content.EventTimeMs != entry.Payment.EventTimeMs)
        {
            violations.Add("decision of another payment", $"{entry.Place}: {decision.Content.PaymentId}, published {entry.Payment.Id}");
        }

        var features = decision.Content.Features.ToDictionary(feature => feature.Key, feature => feature.Value as double?);
        var isOpen = false;
        foreach (var (name, least, most) in recount.Of(entry))
        {
            Recounted++;
            isOpen |= least != most;
            var error = RelativeError * Math.Max(1, Math.Abs(most));
            if (features.GetValueOrDefault(name) is not { } actual || actual < least - error || actual > most + error)
            {
                violations.Add(
                    "feature that differs from its recount",
                    $"{entry.Place}: {name} is {features.GetValueOrDefault(name)}, counted {(least == most ? $"{most}" : $"{least} to {most}")}");
            }
        }

        _countsOpen += isOpen ? 1 : 0;
    }

    private static (string, int, string, double?) OutcomeOf(GivenDecision decision) =>
        (decision.Content.Action, decision.Content.Score, decision.Content.Level, decision.Content.Probability);

    private static string PlacesOf(Repeat repeat) => string.Join(", ", repeat.Firsts.Select(first => first.Record.Offset));
}
