namespace StreamScoring.Onnx.Trees;

/// <summary>What trees compare: an input, and what the graph makes of it before.</summary>
/// <param name="Input">Of the model.</param>
/// <param name="Steps">In order. The first of a model of floats rounds the value.</param>
internal sealed record TreeFeature(int Input, IReadOnlyList<ColumnStep> Steps)
{
    /// <summary>Whether the model takes the input as a float.</summary>
    public bool IsFloatInput => Steps.Count > 0 && Steps[0] == ColumnStep.Round;

    /// <summary>Whether the input is compared as it is, as a float.</summary>
    public bool IsBareFloat => Steps.Count == 1 && IsFloatInput;

    /// <summary>
    /// Whether trees compare floats: what a graph computes in them is rounded last.
    /// </summary>
    public bool IsFloat => Steps.Count > 0 && Steps[^1] == ColumnStep.Round;

    /// <returns>As many inputs in order, each compared as a float.</returns>
    public static IReadOnlyList<TreeFeature> Floats(int count) => [.. Enumerable.Range(0, count).Select(Float)];

    public static TreeFeature Float(int input) => new(input, [ColumnStep.Round]);

    public TreeFeature Then(params ReadOnlySpan<ColumnStep> steps) => this with { Steps = [.. Steps, .. steps] };

    /// <param name="column">[rows] The input's values, which become the feature's.</param>
    public void Apply(Span<double> column)
    {
        for (var i = 0; i < Steps.Count; i++)
        {
            Steps[i].Apply(column);
        }
    }

    /// <returns>About the input at which the feature has a value.</returns>
    public double InputAt(double value) => Steps.Reverse().Aggregate(value, (at, step) => step.Undo(at));
}
