using System.Globalization;
using StreamScoring.Contracts;
using StreamScoring.Control;

namespace StreamScoring.Simulation;

/// <summary>
/// Publishes changes of the policy: rules, thresholds, entries of lists; some made for a policy
/// that is not in force any more, some that no process can apply, some that are no changes at all.
/// Draws from a source of its own.
/// </summary>
/// <param name="hasRates">Rates are published too. They count by the time of records: where these
/// are stamped ahead, or a region is cut off from the control log, for longer than until rates
/// count, some process folds before it knows them, and states differ then.</param>
internal sealed class PolicyAuthor(SimulatedCluster home, VirtualClock clock, Random random, bool hasRates, Action<FormattableString> trace)
{
    private ControlState _inForce = ControlState.Empty;
    private int _changes;

    /// <summary>Perhaps something is published. Without brokers nothing is.</summary>
    public void Draw()
    {
        if (home.IsAway || random.Next(250) != 0)
        {
            return;
        }

        if (random.Next(2) == 0)
        {
            PublishEntry();
        }
        else
        {
            PublishChange();
        }
    }

    private void PublishEntry()
    {
        var (list, entry) = random.Next(3) == 0 ? ("merchants", $"m-{random.Next(4)}") : ("cards", $"c-{random.Next(6)}");
        var key = ListRecord.KeyOf(list, entry);
        // Every third is a removal, and some entries end soon.
        var value = random.Next(3) == 0 ? [] : ListRecord.ValueOf(random.Next(3) == 0 ? clock.NowMs + random.Next(20_000) : null, null);
        trace($"list {list}: {entry} is {(value.Length == 0 ? "removed" : "put")}");
        Append("lists", random.Next(20) == 0 ? [(byte)'?'] : [.. key, .. value]);
    }

    private void PublishChange()
    {
        if (random.Next(12) == 0)
        {
            Append("control", "no change"u8.ToArray());
            return;
        }

        var kind = hasRates && random.Next(3) == 0 ? ControlPart.Rates : random.Next(3) == 0 ? ControlPart.Settings : ControlPart.Rules;
        var expects = random.Next(6) == 0 ? ControlPart.HashOf("what another author saw") : _inForce.HashOf(kind);
        var change = new ControlChange("author", $"change {++_changes}", [ControlPart.Of(kind, kind switch { ControlPart.Settings => Settings(), ControlPart.Rates => Rates(), _ => Rules() }, expects)]);
        var offset = home.Input(SimulatedPolicy.ControlLog).Records.Count;
        _inForce = _inForce.With(change, offset, clock.NowMs, out var refusal);
        trace($"control offset {offset}: {kind} {(refusal is null ? "are replaced" : "are not what is expected")}");
        Append("control", change.ToJson());
    }

    private string Settings() => string.Create(CultureInfo.InvariantCulture, $"decide.blockFrom={60 + random.Next(40)}\ndecide.reviewFrom={random.Next(60)}\n");

    private string Rates() => random.Next(8) == 0 ? $"no rates {_changes}" : string.Create(CultureInfo.InvariantCulture, $"# change {_changes}\nbase: EUR\nrates: {{JPY: {100 + random.Next(100)}}}");

    /// <summary>A word behind the comment makes each text another.</summary>
    private string Rules() => random.Next(8) == 0 ? $"block wrong when no_such_name > {_changes}" : string.Create(CultureInfo.InvariantCulture,
        $"""
        # change {_changes}
        block listed when card_id in @cards
        allow trusted when merchant_id in @merchants and amount < {random.Next(200)}
        review big when amount >= {random.Next(200)}
        challenge new_attribute when attributes.kind{_changes % 5} == "x"
        """);

    private void Append(string topic, byte[] value) =>
        home.Input(new(home.Region, topic, 0)).Append(new(clock.NowMs, value, default, 0, [], CarriesVector: false));
}
