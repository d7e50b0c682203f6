using StreamScoring.Expressions;
using StreamScoring.Features;
using StreamScoring.Identity;
using StreamScoring.Lists;

namespace StreamScoring.Rules;

/// <summary>What rules are bound to.</summary>
/// <param name="Schema">Of the feature file.</param>
/// <param name="Attributes">Columns of attributes that batches have anyway; rules may ask for
/// more.</param>
public sealed record RuleWorld(FeatureSchema Schema, IReadOnlyList<string> Attributes)
{
    /// <summary>Names of the lists that there are; null where rules may name any.</summary>
    public IReadOnlyCollection<string>? ListNames { get; init; }

    /// <summary>
    /// By name, those that rules look at; null where these are the batch's, or rules are only
    /// checked and all are empty.
    /// </summary>
    public IReadOnlyDictionary<string, EntryList>? Lists { get; init; }

    /// <summary>By which texts are told apart that are looked up in lists: the lists' own.
    /// </summary>
    public IdentityHash Hashing { get; init; } = EntryList.OfProcess;

    /// <summary>Ids or names of the shadow models, in their order; null where rules are only
    /// checked.</summary>
    public IReadOnlyList<string>? Shadows { get; init; }

    /// <summary>Names of the models that may decide, in their order.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Null: money of another currency than the payment's is missing.</summary>
    public CurrencyRates? Rates { get; init; }

    /// <summary>By its id (<c>NAME@digits</c>) or by its name alone.</summary>
    /// <returns>-1 where there is no such model.</returns>
    internal int IndexOfShadow(string name)
    {
        for (var i = 0; i < Shadows!.Count; i++)
        {
            if (Shadows[i] == name || Shadows[i].StartsWith($"{name}@", StringComparison.Ordinal))
            {
                return i;
            }
        }

        return -1;
    }
}
