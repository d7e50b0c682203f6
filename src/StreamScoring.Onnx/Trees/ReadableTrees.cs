namespace StreamScoring.Onnx.Trees;

/// <summary>The trees of a model, or why they cannot be read.</summary>
/// <param name="Ensemble">Null where they cannot.</param>
/// <param name="Inputs">[features] For each feature of the trees, the model's input.</param>
/// <param name="OutputColumn">Which of the trees' outputs is the model's.</param>
/// <param name="Reason">Empty where they can be read.</param>
internal sealed record ReadableTrees(TreeEnsemble? Ensemble, IReadOnlyList<int> Inputs, int OutputColumn, string Reason)
{
    /// <param name="shape">How the model takes its rows, and which output is read.</param>
    /// <param name="inputCount">Inputs of a row.</param>
    public static ReadableTrees Of(OnnxGraph graph, OnnxShape shape, int inputCount)
    {
        try
        {
            var (ensemble, inputs, column) = TreeGraph.Read(graph.Model.Graph, shape, inputCount);
            return new ReadableTrees(ensemble, inputs, column, "");
        }
        catch (TreesNotCoveredException e)
        {
            return new ReadableTrees(null, [], 0, e.Message);
        }
    }
}
