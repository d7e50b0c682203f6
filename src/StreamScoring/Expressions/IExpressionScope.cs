using StreamScoring.Identity;
using StreamScoring.Lists;

namespace StreamScoring.Expressions;

/// <summary>The names that an expression may use.</summary>
internal interface IExpressionScope
{
    /// <param name="name">As written, dots included.</param>
    /// <param name="wantsText">What the context expects of a name whose type follows from its use:
    /// an attribute.</param>
    /// <returns>Null where there is no such name.</returns>
    Expression? Resolve(string name, bool wantsText);

    /// <summary>Whether a name whose type follows from its use elsewhere, an attribute, is
    /// missing.</summary>
    /// <returns>Null where the name is none of these.</returns>
    Expression? ResolveMissing(string name);

    /// <summary>Why a name of the language is none here; null where it is none at all.</summary>
    string? WhyNot(string name) => null;

    /// <summary>All names, for suggestions.</summary>
    IEnumerable<string> Names { get; }

    /// <summary>Rates by which money is converted; null: there are none.</summary>
    CurrencyRates? Rates => null;

    /// <summary>
    /// The names of lists, for suggestions; null where expressions may name none.
    /// </summary>
    IEnumerable<string>? ListNames => null;

    /// <param name="use">What is looked for in it.</param>
    /// <returns>Null where there is no such list.</returns>
    ListSlot? List(string name, ListUse use) => null;

    /// <summary>By which texts are told apart that are looked up in lists.</summary>
    IdentityHash Hashing => EntryList.OfProcess;

    /// <summary>The names of shadow models, for suggestions; null where expressions may name none.
    /// </summary>
    IEnumerable<string>? ShadowNames => null;

    /// <returns>The probability that a shadow model gave; null where there is no such model.
    /// </returns>
    Expression? Shadow(string name) => null;
}
