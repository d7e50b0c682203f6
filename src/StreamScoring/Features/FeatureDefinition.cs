using StreamScoring.Expressions;

namespace StreamScoring.Features;

/// <summary>One feature of a feature file, checked.</summary>
internal sealed record FeatureDefinition
{
    public required string Name { get; init; }

    /// <summary>What it is in words; null where the file does not say.</summary>
    public string? Text { get; init; }

    public required int Index { get; init; }

    /// <summary>
    /// Set for a feature that is computed from fields and other features; then nothing below is.
    /// </summary>
    public Expression? Expression { get; init; }

    /// <summary>Index of the entity in the feature file's list of entities.</summary>
    public int Entity { get; init; } = -1;

    public Aggregate Aggregate { get; init; }

    public ValueSource Of { get; init; }

    public Window Window { get; init; }

    public long HalfLifeMs { get; init; }

    /// <summary>Index of the filter among the entity's filters; 0 is no filter.</summary>
    public int Filter { get; init; }

    public bool ExcludesCurrent { get; init; }

    /// <summary>
    /// Whether which payments it counts changes with their labels. Of <c>risk</c> it does not.
    /// </summary>
    public bool IsByLabel { get; init; }

    /// <summary>
    /// Of a run of frauds: index of the filter that passes payments known to be genuine.
    /// </summary>
    public int BreakFilter { get; init; }

    /// <summary>
    /// Features of the payment that it looks at: those that its expression, its <c>of</c> or its
    /// <c>where</c> name.
    /// </summary>
    public IReadOnlyList<int> Uses { get; init; } = [];

    /// <summary>
    /// Of an expression: the lowest level of entities that can look at it.
    /// </summary>
    public int Level { get; init; }
}
