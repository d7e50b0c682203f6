using System.Collections.Immutable;
using StreamScoring.Contracts;
using StreamScoring.Expressions;

namespace StreamScoring.Control;

/// <summary>
/// What the control log says up to some offset: the parts of the policy that are in force. A pure
/// function of the log; it never changes.
/// </summary>
public sealed class ControlState
{
    /// <summary>
    /// So many rates are remembered: for records that are stamped before the newest.
    /// </summary>
    private const int RatesMax = 16;

    private readonly ImmutableSortedDictionary<string, PartInForce> _parts;

    private ControlState(ImmutableSortedDictionary<string, PartInForce> parts, ImmutableList<PublishedRates> rates) => (_parts, Rates) = (parts, rates);

    /// <summary>Nothing was published yet.</summary>
    public static ControlState Empty { get; } = new(ImmutableSortedDictionary.Create<string, PartInForce>(StringComparer.Ordinal), []);

    /// <summary>By kind; those that were ever published.</summary>
    public IReadOnlyDictionary<string, PartInForce> Parts => _parts;

    /// <summary>The rates that were published last, oldest first.</summary>
    public IReadOnlyList<PublishedRates> Rates { get; }

    /// <summary>By which rates features take amounts.</summary>
    /// <param name="first">Rates that hold before any are published; null: none.</param>
    /// <param name="read">Null for a text that is no rates.</param>
    public RateSchedule ScheduleOf(CurrencyRates? first, Func<string, CurrencyRates?> read) => Rates.Aggregate(
        RateSchedule.Of(first), (schedule, published) => read(published.Text) is { } rates ? schedule.With(published.AtMs, rates) : schedule);

    /// <summary>The text of a part; null where none was published.</summary>
    public string? TextOf(string kind) => _parts.TryGetValue(kind, out var part) ? part.Text : null;

    /// <summary>The hash of a part; null where none was published.</summary>
    public string? HashOf(string kind) => _parts.TryGetValue(kind, out var part) ? part.Hash : null;

    /// <summary>Takes the log's next change.</summary>
    /// <param name="refusal">Why it does not count: it was made for another policy than the one in
    /// force. Null where it counts.</param>
    public ControlState With(ControlChange change, long offset, long atMs, out string? refusal)
    {
        ArgumentNullException.ThrowIfNull(change);
        refusal = change.Parts.Where(part => part.Expects != HashOf(part.Kind)).Select(part =>
            $"it is to replace {part.Kind} {part.Expects ?? "that nobody published"}, and {part.Kind} {HashOf(part.Kind) ?? "that nobody published"} are in force").FirstOrDefault();
        if (refusal is not null)
        {
            return this;
        }

        var rates = (ImmutableList<PublishedRates>)Rates;
        if (change.Parts.FirstOrDefault(part => part.Kind == ControlPart.Rates) is { } published)
        {
            rates = rates.Add(new PublishedRates(atMs, published.Text));
            rates = rates.Count > RatesMax ? rates.RemoveAt(0) : rates;
        }

        return new ControlState(
            _parts.SetItems(change.Parts.Select(part => KeyValuePair.Create(part.Kind, new PartInForce(part.Kind, part.Hash, part.Text, change.By, change.Why, atMs, offset)))), rates);
    }

    /// <summary>The same with some parts as they are in another state.</summary>
    /// <param name="kinds">Those that are in it.</param>
    public ControlState Taking(ControlState other, IEnumerable<string> kinds)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new ControlState(_parts.SetItems(kinds.Select(kind => KeyValuePair.Create(kind, other._parts[kind]))), (ImmutableList<PublishedRates>)other.Rates);
    }

    /// <summary>What a snapshot held.</summary>
    /// <param name="rates">Null: of a release that kept only those in force.</param>
    internal static ControlState Of(IReadOnlyCollection<PartInForce> parts, IEnumerable<PublishedRates>? rates) => new(
        Empty._parts.SetItems(parts.Select(part => KeyValuePair.Create(part.Kind, part))),
        [.. rates ?? parts.Where(part => part.Kind == ControlPart.Rates).Select(part => new PublishedRates(part.AtMs, part.Text))]);
}
