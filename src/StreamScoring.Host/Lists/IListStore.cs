using StreamScoring.Configuration;
using StreamScoring.Lists;

namespace StreamScoring.Host.Lists;

/// <summary>Where a deployment's lists are changed and looked at.</summary>
internal interface IListStore
{
    /// <summary>Adds entries, or gives those that are there another end.</summary>
    /// <param name="why">Null where nobody said.</param>
    /// <exception cref="InvalidInputFileException">An entry or the name cannot be
    /// taken.</exception>
    ListOutcome Add(string name, IReadOnlyList<ListEntry> entries, string? why, CancellationToken cancel);

    /// <inheritdoc cref="Add"/>
    ListOutcome Remove(string name, IReadOnlyList<string> entries, string? why, CancellationToken cancel);

    /// <summary>All entries of a list.</summary>
    /// <exception cref="InvalidInputFileException">There is no such list.</exception>
    IReadOnlyList<ListEntry> Read(string name, CancellationToken cancel);
}

/// <summary>What a change came to.</summary>
/// <param name="Changed">Entries that came, went or changed; of a log those that were
/// written.</param>
/// <param name="Entries">Entries of the list now; null where that is not looked up.</param>
/// <param name="Text">In words.</param>
internal sealed record ListOutcome(long Changed, int? Entries, string Text);
